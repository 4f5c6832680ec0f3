import { randomBytes } from 'node:crypto';
import { beginInstallation } from '../../boot/first-start.ts';
import { SECRET_BYTES } from '../../core/session.ts';
import { releaseKey } from '../../directory/identity-providers.ts';
import { makeSignInLink } from '../../directory/sessions.ts';
import { perform } from '../../directory/work.ts';
import { withCommonOptions, type Program } from '../command.ts';
import { exit } from '../exit.ts';
import { requireUser } from '../named.ts';
import { signInUrl } from '../sign-in-url.ts';
import { type CommandIo, writeJson } from '../terminal.ts';
import { visit, type CommonOptions, type Visit } from '../visit.ts';

interface LinkOptions extends CommonOptions {
  readonly user?: string;
}

/** `muster admin link|release` */
export function addAdminCommands(program: Program): void {
  const { root, io, run } = program;
  const admin = root.command('admin').description('for whoever runs this installation, on its host');
  addRelease(program, admin);
  withCommonOptions(
    admin.command('link').description('print a link that signs somebody in: one use, 15 minutes'),
  )
    .option('--user <user>', 'whom it signs in; the administrator when left out')
    .action(
      run(async (options: LinkOptions) => {
        const link = await visit(io, { command: 'admin link', options }, (open) =>
          makeLink(open, options.user),
        );
        tellLink(io, options, link);
        return exit.done;
      }),
    );
}

function addRelease({ io, run }: Program, admin: Program['root']): void {
  withCommonOptions(
    admin
      .command('release <key>')
      .description('let a name be signed in by that belonged to somebody else (D-08)'),
  ).action(
    run(async (key: string, options: CommonOptions) => {
      await visit(io, { command: 'admin release', options }, ({ directory, by }) =>
        perform(directory, by, (work) => releaseKey(work, key)),
      );
      if (options.json === true) writeJson(io.out, { released: key });
      else io.err.write('It may be signed in by again.\n');
      return exit.done;
    }),
  );
}

const TOKEN_MS = 365 * 86_400_000;

/** `muster init` */
export function addInitCommand({ root, io, run }: Program): void {
  withCommonOptions(
    root.command('init').description('set an installation up without serving, and print a sign-in link'),
  ).action(
    run(async (options: CommonOptions) => {
      const made = await visit(io, { command: 'init', options }, async (open) => {
        const first = await beginInstallation(open.directory, {
          chosen: open.settings.bootstrapToken,
          random: randomBytes,
          expiresAt: new Date(Date.now() + TOKEN_MS),
        });
        if (first === null) return { token: null, link: await makeLink(open, undefined) };
        return { token: first.token, link: signInUrl(open.settings.baseUrl, first.link) };
      });
      if (options.json === true) writeJson(io.out, { signIn: made.link, token: made.token });
      else {
        tellLink(io, options, made.link);
        if (made.token !== null) {
          io.out.write(`${made.token}\n`);
          io.err.write('The first token, with every scope, shown this once.\n');
        }
      }
      return exit.done;
    }),
  );
}

async function makeLink({ directory, by, settings }: Visit, user: string | undefined): Promise<string> {
  const secret = randomBytes(SECRET_BYTES).toString('base64url');
  const owner = user === undefined ? 'administrator' : (await requireUser(directory.database, user)).n;
  await perform(directory, by, (work) => makeSignInLink(work, owner, secret));
  return signInUrl(settings.baseUrl, secret);
}

function tellLink(io: CommandIo, { json }: CommonOptions, link: string): void {
  if (json === true) {
    writeJson(io.out, { signIn: link });
    return;
  }
  io.out.write(`${link}\n`);
  io.err.write('It signs in once, within 15 minutes.\n');
}
