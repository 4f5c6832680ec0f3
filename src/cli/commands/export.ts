import { Option } from 'commander';
import { feedsOf } from '../../boot/feeds.ts';
import { csvLine, type LeftOut } from '../../core/exports/csv-line.ts';
import {
  GROUP_HEADER,
  groupObject,
  groupRow,
  MEMBERSHIP_HEADER,
  membershipObject,
  membershipRow,
} from '../../core/exports/group-line.ts';
import { createPersonCells, personObject } from '../../core/exports/person-line.ts';
import { statedColumns } from '../../core/feeds/formats.ts';
import { defaultFeedSettings } from '../../core/feeds/settings.ts';
import type { Settings } from '../../config.ts';
import type { Tx } from '../../store/database.ts';
import { readGroups, readMemberships } from '../../store/exports/groups.ts';
import { readPeople } from '../../store/exports/people.ts';
import { withCommonOptions, type Program } from '../command.ts';
import { exit } from '../exit.ts';
import { visit, type CommonOptions } from '../visit.ts';
import { writingTo } from '../written-file.ts';

interface ExportOptions extends CommonOptions {
  readonly format: 'csv' | 'ndjson';
  readonly out?: string;
}

/** What there is to export: the header, and pages of what it has, each with its row of a file and its line of NDJSON. */
interface Exported {
  readonly header: readonly string[];
  readonly pages: (tx: Tx) => AsyncGenerator<readonly Line[]>;
}

interface Line {
  readonly row: readonly string[] | LeftOut;
  readonly object: Record<string, unknown>;
}

const PAGE = 1_000;

/** `muster export users|groups|memberships` */
export function addExportCommands(program: Program): void {
  const parent = program.root
    .command('export')
    .description('the directory as files that a feed reads, or with everything as NDJSON');
  add(program, parent, { name: 'users', what: 'people, with the attributes that users.csv has', of: users });
  add(program, parent, { name: 'groups', what: 'groups with roles and flags', of: () => groups });
  add(program, parent, {
    name: 'memberships',
    what: 'who is listed in what, directly',
    of: () => memberships,
  });
}

interface Subject {
  readonly name: string;
  readonly what: string;
  readonly of: (settings: Settings) => Exported;
}

function add({ io, run }: Program, parent: Program['root'], { name, what, of }: Subject): void {
  withCommonOptions(parent.command(name).description(what))
    .addOption(
      new Option('--format <format>', 'csv as a feed reads it, or ndjson with all there is')
        .choices(['csv', 'ndjson'])
        .default('csv'),
    )
    .option('--out <file>', 'write to a file, which has its name once it is whole')
    .action(
      run((options: ExportOptions) =>
        visit(io, { command: `export ${name}`, options }, async ({ settings, directory: { database } }) => {
          const form = options.json === true ? 'ndjson' : options.format;
          const left: Counts = { automatic: 0, stub: 0, unsayable: 0 };
          const { header, pages } = of(settings);
          await writingTo(io, options.out, (sink) =>
            database.transaction(
              async (tx) => {
                if (form === 'csv') await sink.write(csvLine(header));
                for await (const page of pages(tx)) {
                  await sink.write(page.map((line) => textOf(line, form, left)).join(''));
                }
              },
              { isolation: 'repeatable read', readOnly: true },
            ),
          );
          for (const why of REASONS) if (left[why] > 0) io.err.write(`${left[why]} ${LEFT_OUT[why]}\n`);
          return left.unsayable > 0 ? exit.rowsRefused : exit.done;
        }),
      ),
    );
}

type Counts = Record<LeftOut, number>;

function textOf({ row, object }: Line, form: ExportOptions['format'], left: Counts): string {
  if (form === 'ndjson') return `${JSON.stringify(object)}\n`;
  if (typeof row !== 'string') return csvLine(row);
  left[row] += 1;
  return '';
}

const REASONS = ['automatic', 'stub', 'unsayable'] as const;
const LEFT_OUT: Readonly<Record<LeftOut, string>> = {
  automatic: 'of automatic groups were left out: they follow from facts, and no file makes them.',
  stub: 'stubs were left out: they come back with the memberships that name them.',
  unsayable: 'were left out, because no row of a file can say their names; --format ndjson has them.',
};

function users(settings: Settings): Exported {
  const columns = statedColumns(feedsOf(settings).get('csv') ?? defaultFeedSettings('csv'));
  const cells = createPersonCells(columns);
  return {
    header: cells.header,
    pages: (tx) =>
      paged(0, async (after) =>
        (await readPeople(tx, after, PAGE)).map((person) => ({
          n: person.n,
          line: { row: cells.rowOf(person), object: personObject(person, columns) },
        })),
      ),
  };
}

const groups: Exported = {
  header: GROUP_HEADER,
  pages: (tx) =>
    paged(0, async (after) =>
      (await readGroups(tx, after, PAGE)).map(({ n, ...group }) => ({
        n,
        line: { row: groupRow(group), object: groupObject(group) },
      })),
    ),
};

const memberships: Exported = {
  header: MEMBERSHIP_HEADER,
  pages: (tx) =>
    paged({ group: 0, member: 0 }, async (after) =>
      (await readMemberships(tx, after, PAGE)).map(({ n, membership }) => ({
        n,
        line:
          membership === null
            ? null
            : { row: membershipRow(membership), object: membershipObject(membership) },
      })),
    ),
};

/** Pages one behind the other, until one is not full. */
async function* paged<Place>(
  start: Place,
  read: (after: Place) => Promise<readonly { readonly n: Place; readonly line: Line | null }[]>,
): AsyncGenerator<readonly Line[]> {
  for (let after = start; ;) {
    const page = await read(after);
    yield page.flatMap(({ line }) => line ?? []);
    const last = page.at(-1);
    if (last === undefined || page.length < PAGE) return;
    after = last.n;
  }
}
