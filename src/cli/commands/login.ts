import { InvalidArgumentError } from 'commander';
import { bindLoginKey, type GivenLoginKey, releaseLoginKey } from '../../directory/login-keys.ts';
import { perform, type Work } from '../../directory/work.ts';
import { requireProvider } from '../../sources/saml/admin.ts';
import { listLoginKeys } from '../../store/login-keys.ts';
import { withCommonOptions, type Program } from '../command.ts';
import { exit } from '../exit.ts';
import { requireUser } from '../named.ts';
import { writeJson, writeTable } from '../terminal.ts';
import { visit, type CommonOptions } from '../visit.ts';

type Command = Program['root'];

type Key = Pick<GivenLoginKey, 'kind' | 'value'>;

interface Verb {
  readonly name: 'bind' | 'release';
  readonly summary: string;
  readonly said: string;
  readonly verb: (work: Work, key: GivenLoginKey) => Promise<void>;
}

/** `muster login list|bind|release`: what identity providers know people by (D-10). Proposals are conflicts of the kind `login`. */
export function addLoginCommands(program: Program): void {
  const login = program.root
    .command('login')
    .description(
      'what identity providers know people by (proposals of files: muster conflicts --kind login)',
    );
  addList(program, login);
  addVerb(program, login, {
    name: 'bind',
    summary: 'let whom a provider says this of be signed in as the user',
    said: 'It signs in as',
    verb: bindLoginKey,
  });
  addVerb(program, login, {
    name: 'release',
    summary: 'take a key from a user; its sessions by that provider end',
    said: 'It signs in no longer as',
    verb: releaseLoginKey,
  });
}

function addList({ io, run }: Program, parent: Command): void {
  withCommonOptions(parent.command('list <user>').description('by what a user is known')).action(
    run(async (user: string, options: CommonOptions) => {
      const rows = await visit(io, { command: 'login list', options }, async ({ directory: { database } }) =>
        listLoginKeys(database, (await requireUser(database, user)).n),
      );
      if (options.json === true) writeJson(io.out, rows);
      else {
        writeTable(
          io,
          ['KIND', 'PROVIDER', 'VALUE', 'SINCE', 'BY'],
          rows.map(({ kind, issuer, value, since, source }) => [kind, issuer, value, since, source]),
        );
      }
      return exit.done;
    }),
  );
}

function addVerb({ io, run }: Program, parent: Command, { name, summary, said, verb }: Verb): void {
  withCommonOptions(
    parent
      .command(name)
      .description(summary)
      .argument('<user>')
      .argument('<provider>')
      .argument('<key>', 'targetedId=VALUE or eppn=VALUE', readKey),
  ).action(
    run(async (user: string, provider: string, { kind, value }: Key, options: CommonOptions) => {
      await visit(io, { command: `login ${name}`, options }, async ({ directory, by }) => {
        const { database } = directory;
        const { entity_id: issuer } = await requireProvider(database, provider);
        const { id } = await requireUser(database, user);
        await perform(directory, by, (work) => verb(work, { user: id, kind, issuer, value }));
      });
      if (options.json === true) writeJson(io.out, { user, provider, kind, value });
      else io.err.write(`${said} ${user}.\n`);
      return exit.done;
    }),
  );
}

/** targetedId stands for pairwise-id, subject-id, eduPersonTargetedID and a persistent NameID. */
function readKey(text: string): Key {
  const at = text.indexOf('=');
  const kind = text.slice(0, Math.max(at, 0));
  if (kind === 'targetedId' || kind === 'eppn') return { kind, value: text.slice(at + 1) };
  throw new InvalidArgumentError('say targetedId=VALUE or eppn=VALUE');
}
