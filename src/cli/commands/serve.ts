import type { FirstSecrets } from '../../boot/first-start.ts';
import { openStorage } from '../../boot/storage.ts';
import type { Daemon } from '../../compose.ts';
import { type LoadedSettings, loadSettings, type Settings } from '../../config.ts';
import type { Logger } from 'pino';
import { createLog } from '../../observe/log.ts';
import { exit } from '../exit.ts';
import { withCommonOptions, type Program } from '../command.ts';
import { signInUrl } from '../sign-in-url.ts';
import type { CommonOptions } from '../visit.ts';

interface ServeOptions extends CommonOptions {
  readonly port?: string;
  readonly host?: string;
}

/** `muster serve` */
export function addServeCommand({ root, io, run }: Program): void {
  withCommonOptions(
    root.command('serve').description('run the daemon until it is asked to end (what npm start does)'),
  )
    .option('--port <port>', 'port to listen on')
    .option('--host <address>', 'address to listen on')
    .action(
      run(async ({ config, port, host }: ServeOptions) => {
        const loaded = loadSettings({
          environment: io.environment,
          folder: io.folder,
          file: config,
          flags: { port, host },
          isTerminal: io.err.isTTY === true,
        });
        const { settings } = loaded;
        const asked = untilAsked();
        const log = createLog({ level: settings.logLevel, format: settings.logFormat });
        const daemon = await Promise.race([start(loaded, log), asked]);
        if (typeof daemon === 'string') process.exit(exit.done);
        io.out.write(greeting(settings, daemon));
        const signal = await asked;
        log.info({ signal }, 'Finishing what is in hand.');
        await daemon.stop();
        log.info('Stopped.');
        return exit.done;
      }),
    );
}

/** The database starts while the rest of the program is loaded. */
async function start(loaded: LoadedSettings, log: Logger): Promise<Daemon> {
  const opening = openStorage(loaded.settings, 'daemon', log);
  // Its failure is told when the daemon waits for it.
  opening.catch(() => undefined);
  const { startDaemon } = await import('../../compose.ts');
  return startDaemon(loaded, log, opening);
}

/** One Ctrl-C often arrives twice: from the terminal, and handed on by npm. */
const SAME_WISH_MS = 1_000;

/**
 * Resolves at the first SIGINT or SIGTERM. A second wish to end, later, ends the process at once; the embedded
 * database then notices by itself that nobody holds it.
 */
function untilAsked(): Promise<NodeJS.Signals> {
  return new Promise((resolve) => {
    let askedAt: number | null = null;
    const ask = (signal: NodeJS.Signals): void => {
      if (askedAt !== null && performance.now() - askedAt > SAME_WISH_MS) process.exit(exit.unexpected);
      askedAt ??= performance.now();
      resolve(signal);
    };
    process.on('SIGINT', ask).on('SIGTERM', ask);
  });
}

function greeting(
  { baseUrl, watchDir, databaseUrl, dataDir }: Settings,
  { address, firstSecrets }: Daemon,
): string {
  const lines = [
    ['Muster runs at', sameAddress(baseUrl, address) ? baseUrl : `${baseUrl} (listening on ${address})`],
    ['SCIM base URL', `${baseUrl}/scim/v2`],
    ['Watched folder', watchDir],
    ['Database', databaseUrl === null ? `embedded, in ${dataDir}` : 'DATABASE_URL'],
    ...(firstSecrets === null ? [] : linesOf(firstSecrets, baseUrl)),
  ];
  const text = lines.map(([name = '', value = '']) => `  ${name.padEnd(15)} ${value}\n`).join('');
  const once = firstSecrets === null ? '' : `\n${ONCE}`;
  return `\n${text}${once}\n`;
}

const ONCE = `  These are shown this once. The link signs the administrator in, for 15 minutes and one use; \`npx muster admin link\`
  makes another, \`npx muster token create\` another token.
`;

function linesOf({ token, link }: FirstSecrets, baseUrl: string): string[][] {
  return [['Sign in', signInUrl(baseUrl, link)], ...(token === null ? [] : [['First token', token]])];
}

function sameAddress(baseUrl: string, address: string): boolean {
  return baseUrl.replace('//localhost', '//127.0.0.1') === address;
}
