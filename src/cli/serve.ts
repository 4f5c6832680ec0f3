import { startDaemon, type Daemon } from '../compose.ts';
import type { Settings } from '../config.ts';
import { createLog } from '../observe/log.ts';

/** Runs a daemon until it is asked to end; answers the exit code. */
export async function serve(settings: Settings): Promise<number> {
  const log = createLog({ level: settings.logLevel, format: settings.logFormat });
  const asked = untilAsked();
  const daemon = await startDaemon(settings, log);
  process.stdout.write(greeting(settings, daemon));
  const signal = await asked;
  log.info({ signal }, 'Finishing what is in hand.');
  await daemon.stop();
  log.info('Stopped.');
  return 0;
}

/**
 * Resolves at the first SIGINT or SIGTERM. A second one ends the process at once; the embedded database then
 * notices by itself that nobody holds it.
 */
function untilAsked(): Promise<NodeJS.Signals> {
  return new Promise((resolve) => {
    let isAsked = false;
    const ask = (signal: NodeJS.Signals): void => {
      if (isAsked) process.exit(1);
      isAsked = true;
      resolve(signal);
    };
    process.on('SIGINT', ask).on('SIGTERM', ask);
  });
}

function greeting(
  { baseUrl, watchDir, databaseUrl, dataDir }: Settings,
  { address, firstToken }: Daemon,
): string {
  const lines = [
    ['Muster runs at', baseUrl === address ? baseUrl : `${baseUrl} (listening on ${address})`],
    ['SCIM base URL', `${baseUrl}/scim/v2`],
    ['Watched folder', watchDir],
    ['Database', databaseUrl === null ? `embedded, in ${dataDir}` : 'DATABASE_URL'],
    ...(firstToken === null ? [] : [['First token', firstToken]]),
  ];
  const text = lines.map(([name = '', value = '']) => `  ${name.padEnd(15)} ${value}\n`).join('');
  const once =
    firstToken === null
      ? ''
      : '\n  The token is shown this once. Keep it; `npx muster token create` makes another.\n';
  return `\n${text}${once}\n`;
}
