import { Refusal } from '../../core/refusal.ts';
import { eraseUser } from '../../directory/erasure.ts';
import { perform } from '../../directory/work.ts';
import type { Connection } from '../../store/database.ts';
import { targetsHolding } from '../../store/privacy/erasure.ts';
import { findPeopleCalled, patternOf, type PersonRef, wordsOfPerson } from '../../store/privacy/person.ts';
import { readPersonRecord } from '../../store/privacy/record.ts';
import { findRemains, type Remains } from '../../store/privacy/remains.ts';
import { isMeant } from '../confirmation.ts';
import { withCommonOptions, type Program } from '../command.ts';
import { exit } from '../exit.ts';
import { writeJson, type CommandIo } from '../terminal.ts';
import { visit, type CommonOptions } from '../visit.ts';

/** One moment for all of it. */
const SNAPSHOT = { isolation: 'repeatable read', readOnly: true } as const;

/** `muster privacy export|erase` */
export function addPrivacyCommands(program: Program): void {
  const privacy = program.root.command('privacy').description('what is kept of a person, and taking it away');
  addExport(program, privacy);
  addErase(program, privacy);
}

function addExport({ io, run }: Program, parent: Program['root']): void {
  withCommonOptions(
    parent
      .command('export <user>')
      .description('all that is kept of a person, as one JSON document; a deleted one by id or userName'),
  ).action(
    run((text: string, options: CommonOptions) =>
      visit(io, { command: 'privacy export', options }, async ({ directory: { database } }) => {
        const person = await requirePerson(database, text);
        const record = await database.transaction(
          async (tx) =>
            readPersonRecord(tx, person.n, patternOf((await wordsOfPerson(tx, person.n)).keys, person.id)),
          SNAPSHOT,
        );
        writeJson(io.out, record);
        return exit.done;
      }),
    ),
  );
}

function addErase({ io, run }: Program, parent: Program['root']): void {
  withCommonOptions(
    parent
      .command('erase <user>')
      .description('delete a user and all that says who it was; the log keeps its meaning by ids'),
  )
    .option('--yes', 'do it without asking')
    .action(
      run((text: string, options: CommonOptions & { readonly yes?: boolean }) =>
        visit(io, { command: 'privacy erase', options }, async ({ directory, by }) => {
          const { database } = directory;
          const person = await requirePerson(database, text);
          const what = `${person.name} (${person.id}) would be deleted, and all that says who it was erased for good.`;
          if (!(await isMeant(io, options, what))) return exit.usage;
          const { result } = await perform(directory, by, (work) => eraseUser(work, person));
          const { pattern, isFirst } = result;
          const stillHeldBy = await targetsHolding(database, person.n);
          const found =
            pattern === null ? [] : await database.transaction((tx) => findRemains(tx, pattern), SNAPSHOT);
          // What names an account at a target that holds it is told as that.
          const remains = found.filter(({ table }) => table !== 'target_object' || stillHeldBy.length === 0);
          if (options.json === true) writeJson(io.out, { erased: person.id, isFirst, stillHeldBy, remains });
          else tell(io, person, { stillHeldBy, remains });
          return exit.done;
        }),
      ),
    );
}

function tell(
  io: CommandIo,
  { id }: PersonRef,
  { stillHeldBy, remains }: { readonly stillHeldBy: readonly string[]; readonly remains: readonly Remains[] },
): void {
  io.out.write(`${id} is erased.\n`);
  if (stillHeldBy.length > 0) {
    io.err.write(
      `Accounts at ${stillHeldBy.join(', ')} go with the next deliveries, and what names them there then.\n`,
    );
  }
  for (const { table, column, rows } of remains) {
    io.err.write(
      `A name or key of the person still stands in ${table}.${column} (${rows} rows), in what others wrote.\n`,
    );
  }
  io.err.write(
    'Files in done/, rejected/ and held/, exports, backups and files of targets are not known to Muster: look there too.\n',
  );
}

/** Refuses `user.not_found`, and `identity.ambiguous` for what several are called. */
async function requirePerson(connection: Connection, text: string): Promise<PersonRef> {
  const [person, another] = await findPeopleCalled(connection, text);
  if (person === undefined) throw new Refusal('user.not_found', { user: text });
  if (another !== undefined) throw new Refusal('identity.ambiguous', { cell: text, matches: 2 });
  return person;
}
