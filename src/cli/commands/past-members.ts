/** `muster members GROUP --at TIME [--until TIME]`: who was in it then, or who came and went meanwhile (D-23). */
import { type Moment, readMoment, requireInOrder } from '../../core/moment.ts';
import { Refusal } from '../../core/refusal.ts';
import type { Tx } from '../../store/database.ts';
import {
  findPastGroup,
  movedBetween,
  type PastList,
  type PastMembers,
  pastMembersPage,
  readKeptHistory,
} from '../../store/effective/as-of.ts';
import type { Page } from '../../store/effective/membership.ts';
import { nameGroups, nameUsers } from '../../store/lookup.ts';
import { exit, type ExitCode } from '../exit.ts';
import { pastGroup } from '../named.ts';
import { type CommandIo, writeJson, writeTable } from '../terminal.ts';
import { visit, type CommonOptions } from '../visit.ts';

export interface PastOptions extends CommonOptions {
  readonly direct?: boolean;
  readonly at: string;
  readonly until?: string;
}

const PAGE = 1_000;

/** Shows the members of a past moment, or with `until` the difference between the two. */
export async function showPast(io: CommandIo, text: string, options: PastOptions): Promise<ExitCode> {
  const list: PastList = options.direct === true ? 'direct' : 'effective';
  const { group, at, until, rows } = await visit(
    io,
    { command: 'members', options },
    ({ settings, directory: { database } }) =>
      database.transaction(
        async (tx) => {
          const kept = await readKeptHistory(tx, settings.history);
          const moment = readMoment(options.at, kept);
          const later = options.until === undefined ? null : readMoment(options.until, kept);
          if (later !== null) requireInOrder(moment, later);
          const { id } = await pastGroup(tx, text);
          const found = await findPastGroup(tx, id, moment);
          if (found === null) throw new Refusal('group.not_found', { group: text });
          const past = { group: found.n, list, at: moment };
          return {
            ...{ group: { id, name: found.name }, at: moment, until: later },
            rows: later === null ? await members(tx, past) : await moves(tx, past, later),
          };
        },
        { isolation: 'repeatable read', readOnly: true },
      ),
  );
  if (options.json === true) {
    const of = { group, effective: list === 'effective', at, ...(until === null ? {} : { until }) };
    writeJson(io.out, until === null ? { ...of, total: rows.length, members: rows } : { ...of, items: rows });
  } else {
    const [column, cellOf] =
      until === null
        ? ['DIRECT', (row: Shown) => (row.direct === true ? 'yes' : 'no')]
        : ['CHANGE', (row: Shown) => row.change];
    writeTable(
      io,
      ['NAME', 'TYPE', column, 'ID'],
      rows.map((row) => [row.name, row.type, cellOf(row), row.id]),
    );
  }
  return exit.done;
}

interface Shown {
  readonly type: 'user' | 'group';
  readonly id: string;
  readonly name: string;
  readonly direct?: boolean;
  readonly change?: 'joined' | 'left';
}

interface Row {
  readonly n: number;
  readonly id: string;
  readonly kind: 'u' | 'g';
}

function members(tx: Tx, past: PastMembers): Promise<Shown[]> {
  return shown(
    tx,
    (page) => pastMembersPage(tx, past, page),
    ({ direct }) => ({ direct }),
  );
}

function moves(tx: Tx, past: PastMembers, until: Moment): Promise<Shown[]> {
  return shown(
    tx,
    (page) => movedBetween(tx, { ...past, until }, page),
    ({ joined }) => ({ change: joined ? 'joined' : 'left' }),
  );
}

/** All pages, with names. */
async function shown<R extends Row>(
  tx: Tx,
  read: (page: Page) => Promise<R[]>,
  tell: (row: R) => Pick<Shown, 'direct' | 'change'>,
): Promise<Shown[]> {
  const all: Shown[] = [];
  for (let after = 0; ;) {
    const rows = await read({ after, limit: PAGE });
    const numbers = (kind: 'u' | 'g'): number[] => rows.filter((row) => row.kind === kind).map(({ n }) => n);
    const [users, groups] = [await nameUsers(tx, numbers('u')), await nameGroups(tx, numbers('g'))];
    for (const row of rows) {
      const name = (row.kind === 'u' ? users.get(row.n) : groups.get(row.n))?.name ?? row.id;
      all.push({ type: row.kind === 'u' ? 'user' : 'group', id: row.id, name, ...tell(row) });
    }
    if (rows.length < PAGE) return all.sort((a, b) => a.name.localeCompare(b.name, 'en'));
    after = rows.at(-1)?.n ?? after;
  }
}
