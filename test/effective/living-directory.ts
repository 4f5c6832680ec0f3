import { randomUUID } from 'node:crypto';
import type { GroupId, UserId } from '../../src/core/ids.ts';
import { Refusal } from '../../src/core/refusal.ts';
import { Engine } from '../../src/effective/engine.ts';
import { readFeed } from '../../src/effective/feed/reader.ts';
import { deleteGroup } from '../../src/directory/groups.ts';
import { addMember, removeMember } from '../../src/directory/memberships.ts';
import { changeUser, deleteUser } from '../../src/directory/users.ts';
import type { Database } from '../../src/store/database.ts';
import type { FeedRow } from '../../src/store/effective/feed-pages.ts';
import { eventually } from '../support/eventually.ts';
import type { TestDirectory } from '../support/directory.ts';
import { naiveFixpoint } from './naive-fixpoint.ts';

export const hashKey = Uint32Array.of(1, 2, 3, 4);

/** An engine on a test's database; faults fail the test that closes it. */
export interface TestEngine {
  readonly engine: Engine;
  readonly faults: unknown[];
}

export async function startEngine(
  database: Database,
  onCut: () => void = () => undefined,
  pollMs?: number,
): Promise<TestEngine> {
  const faults: unknown[] = [];
  const engine = new Engine({
    database,
    hashKey,
    file: null,
    holder: randomUUID(),
    now: () => performance.now(),
    ...(pollMs === undefined ? {} : { pollMs }),
    onCut,
    onFault: (what, error) => faults.push(error ?? what),
  });
  await engine.start();
  return { engine, faults };
}

export interface Choice {
  readonly verb:
    'add' | 'remove' | 'nest' | 'unnest' | 'deactivate' | 'activate' | 'deleteUser' | 'deleteGroup';
  readonly group: number;
  readonly other: number;
  readonly source: 'console' | 'csv';
}

export interface People {
  readonly users: readonly { readonly id: UserId; readonly n: number }[];
  readonly groups: readonly { readonly id: GroupId; readonly n: number }[];
}

/** Carries a choice out through the directory's own verbs. A refusal is an outcome, too. */
export async function carryOut(test: TestDirectory, people: People, choice: Choice): Promise<void> {
  const group = people.groups[choice.group % people.groups.length];
  const inner = people.groups[choice.other % people.groups.length];
  const user = people.users[choice.other % people.users.length];
  if (group === undefined || inner === undefined || user === undefined) throw new Error('An empty cast.');
  try {
    await test.as(choice.source, async (work): Promise<unknown> => {
      switch (choice.verb) {
        case 'add':
          return addMember(work, { group: group.id, member: user.id });
        case 'remove':
          return removeMember(work, { group: group.id, member: user.id });
        case 'nest':
          return addMember(work, { group: group.id, member: inner.id });
        case 'unnest':
          return removeMember(work, { group: group.id, member: inner.id });
        case 'activate':
        case 'deactivate':
          return changeUser(work, {
            user: user.id,
            ifMatch: null,
            edit: (state) => ({ ...state, active: choice.verb === 'activate' }),
          });
        case 'deleteUser':
          return deleteUser(work, { user: user.id, ifMatch: null });
        case 'deleteGroup':
          return deleteGroup(work, { group: group.id, ifMatch: null });
      }
    });
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
  }
}

export type Sets = Readonly<Record<number, readonly number[]>>;

/** What D-12 asks for, from the plain rows of the directory. */
export async function naiveSets(database: Database): Promise<Sets> {
  const pairs = await database.rows<{ group_n: number; member_n: number; kind: string }>({
    text: `select distinct group_n, member_n, member_kind as kind from assertion where not suppressed`,
  });
  const groups = await database.rows<{ n: number }>({
    text: 'select n from groups where deleted_at is null',
  });
  const active = await database.rows<{ n: number }>({
    text: 'select n from users where active and deleted_at is null',
  });
  const of = (kind: string): [number, number][] =>
    pairs.filter((pair) => pair.kind === kind).map(({ group_n, member_n }) => [group_n, member_n]);
  return withMembers(
    naiveFixpoint({
      direct: of('u'),
      nestings: of('g'),
      groups: groups.map(({ n }) => n),
      active: new Set(active.map(({ n }) => n)),
    }),
  );
}

/** Effective members of every group that has some, read through the closure. */
export async function closureSets(database: Database): Promise<Sets> {
  const rows = await database.rows<{ group_n: number; members: number[] }>({
    text: `select c.ancestor as group_n, array_agg(distinct a.member_n order by a.member_n) as members
           from closure c join assertion a on a.group_n = c.descendant and a.member_kind = 'u' and not a.suppressed
           join users u on u.n = a.member_n and u.active and u.deleted_at is null
           group by c.ancestor`,
  });
  return Object.fromEntries(rows.map(({ group_n, members }) => [group_n, members]));
}

export function indexSets({ engine }: TestEngine): Sets {
  const { index } = engine;
  if (index === null) throw new Error('The engine is not started.');
  return withMembers(new Map([...index.groups()].map((n) => [n, index.effectivePage(n, 0, 10_000)])));
}

/** Follows the feed from its beginning as a reader does, page by page. */
export class FeedReplay {
  readonly rows: FeedRow[] = [];
  readonly faults: string[] = [];
  readonly #database: Database;
  readonly #members = new Map<string, Set<number>>();
  #after: Parameters<typeof readFeed>[1]['after'] = 'oldest';

  constructor(database: Database) {
    this.#database = database;
  }

  /** Reads on until nothing is left. `limit`: rows to a page. */
  async read(limit: number): Promise<void> {
    for (let isMore = true; isMore;) {
      const page = await readFeed(this.#database, {
        after: this.#after,
        limit,
        filter: { types: null, group: null },
      });
      page.rows.forEach((row) => this.#take(row));
      this.#after = page.end;
      ({ isMore } = page);
    }
  }

  async sets(): Promise<Sets> {
    const groups = await this.#database.rows<{ n: number; id: string }>({ text: 'select n, id from groups' });
    return withMembers(
      new Map(groups.map(({ n, id }) => [n, [...(this.#members.get(id) ?? [])].sort((a, b) => a - b)])),
    );
  }

  #take(row: FeedRow): void {
    this.rows.push(row);
    if (row.type !== 'membership.effective') return;
    const members = this.#members.get(row.group_id ?? '') ?? new Set();
    this.#members.set(row.group_id ?? '', members);
    for (const user of row.added ?? []) {
      if (members.has(user)) this.faults.push(`${user} joined ${row.group_name ?? ''} twice`);
      members.add(user);
    }
    for (const user of row.removed ?? []) {
      if (!members.delete(user)) this.faults.push(`${user} left ${row.group_name ?? ''} without being in it`);
    }
  }
}

/** Waits until the engine's worker has cut everything that is committed now. */
export async function untilCut(database: Database): Promise<void> {
  await eventually(async () => {
    const rows = await database.rows({
      text: `select 1 from change where batch is null and not pg_visible_in_snapshot(xid,
               (select snapshot from feed_batch order by n desc limit 1))`,
    });
    if (rows.length > 0) throw new Error(`${rows.length} rows of the log are not cut yet.`);
  });
}

function withMembers(sets: ReadonlyMap<number, readonly number[]>): Sets {
  return Object.fromEntries([...sets].filter(([, members]) => members.length > 0));
}
