/**
 * Sets of members per target and group, as roaring bitmaps. A set of up to 4,096 members is one row; of a larger
 * one there is a row per container of 65,536 numbers, so that one change rewrites 8 KB at most.
 */
import { RoaringBitmap32 } from 'roaring-wasm';
import type { GroupN, UserN } from '../../core/ids.ts';
import { type Connection, named, type Tx } from '../database.ts';

/** `a` applied, `+` to add, `-` to remove, `w` waiting for the user to be there, `b` blocked. */
export type Aspect = 'a' | '+' | '-' | 'w' | 'b';

export interface MemberSetKey {
  readonly target: number;
  readonly group: GroupN;
  readonly aspect: Aspect;
}

const WHOLE = -1;
const LARGEST_WHOLE = 4_096;
const LOWEST = -2_147_483_648;

const readParts = named(
  'target_members_read',
  `select part, members from target_members
   where target_n = $1 and group_n = $2 and aspect = $3 and ($4::int[] is null or part = any($4)) order by part`,
);

const firstPart = named(
  'target_members_first',
  `select part, members from target_members where target_n = $1 and group_n = $2 and aspect = $3
   order by part limit 1`,
);

const write = named(
  'target_members_write',
  `with gone as (
     delete from target_members
     where target_n = $1 and group_n = $2 and aspect = $3 and part = any($4::int[]))
   insert into target_members (target_n, group_n, aspect, part, members)
   select $1, $2, $3, w.part, w.members from unnest($5::int[], $6::bytea[]) as w(part, members)
   on conflict (target_n, group_n, aspect, part) do update set members = excluded.members`,
);

const readAll = named(
  'target_members_read_all',
  'select group_n, aspect, part, members from target_members where target_n = $1 and group_n = any($2::int[])',
);

const holders = named(
  'target_groups_holding',
  `select group_n, part, members from target_members
   where target_n = $1 and aspect = 'a' and part = any($2::int[]) and (group_n, part) > ($3, $4)
   order by group_n, part limit 5000`,
);

const refusing = named(
  'target_groups_refusing',
  `select s.group_n, s.members from target_object o
   join target_members s on s.target_n = o.target_n and s.group_n = o.n and s.aspect = 'b' and s.part = any($2::int[])
   where o.target_n = $1 and o.kind = 'm' and o.blocked_count > 0 order by s.group_n`,
);

const refusedParts = named(
  'target_members_refused',
  `select group_n, part, members from target_members
   where target_n = $1 and aspect = 'b' and group_n = any($2::int[]) order by group_n, part`,
);

interface PartRow {
  readonly part: number;
  readonly members: Buffer;
}

/** All members of a set, ascending. */
export async function readMemberSet(connection: Connection, key: MemberSetKey): Promise<UserN[]> {
  const rows = await connection.rows<PartRow>(readParts, [...keyValues(key), null]);
  return rows.flatMap((row) => withSet(row, (set) => set.toArray())).map(asUser);
}

/** Up to `limit` members of a set, the lowest numbers first; empty only when the set is. */
export async function firstMembers(
  connection: Connection,
  key: MemberSetKey,
  limit: number,
): Promise<UserN[]> {
  const [row] = await connection.rows<PartRow>(firstPart, keyValues(key));
  return row === undefined ? [] : withSet(row, (set) => set.sliceArray(0, limit)).map(asUser);
}

/** Up to `limit` members of a set with numbers above `after`, ascending. */
export async function pageOfMembers(
  connection: Connection,
  key: MemberSetKey,
  { after, limit }: { readonly after: number; readonly limit: number },
): Promise<UserN[]> {
  const page: number[] = [];
  for (const row of await connection.rows<PartRow>(readParts, [...keyValues(key), null])) {
    if (row.part !== WHOLE && row.part < after >>> 16) continue;
    page.push(
      ...withSet(row, (set) => {
        const start = set.rank(after);
        return set.sliceArray(start, start + limit - page.length);
      }),
    );
    if (page.length >= limit) break;
  }
  return page.map(asUser);
}

/** Those of `users` that are in the set. */
export async function membersAmong(
  connection: Connection,
  key: MemberSetKey,
  users: readonly UserN[],
): Promise<Set<UserN>> {
  if (users.length === 0) return new Set();
  const rows = await connection.rows<PartRow>(readParts, [
    ...keyValues(key),
    [WHOLE, ...containersOf(users)],
  ]);
  const found = rows.flatMap((row) => withSet(row, (set) => users.filter((user) => set.has(user))));
  return new Set(found);
}

/** A move of members. `size` is what the set is known to hold before, where that is known. */
interface MemberMove {
  readonly add: readonly UserN[];
  readonly remove: readonly UserN[];
  readonly size?: number;
}

/**
 * Puts members into a set and takes others out; answers by how much it grew. The member list's row of
 * target_object must be locked.
 */
export async function moveMembers(
  tx: Tx,
  key: MemberSetKey,
  { add, remove, size }: MemberMove,
): Promise<number> {
  if (add.length + (size === 0 ? 0 : remove.length) === 0) return 0;
  const touched = containersOf([...add, ...remove]);
  const rows = size === 0 ? [] : await tx.rows<PartRow>(readParts, [...keyValues(key), [WHOLE, ...touched]]);
  const isEmpty = size === 0 || rows.length === 0;
  const isWhole = rows.some(({ part }) => part === WHOLE) || (isEmpty && !(await hasParts(tx, key, size)));
  const set = new RoaringBitmap32();
  try {
    for (const row of rows) withSet(row, (part) => set.orInPlace(part));
    const before = set.size;
    set.removeMany(remove);
    set.addMany(add);
    const kept = partsToKeep(set, isWhole ? null : touched);
    const gone = rows.map(({ part }) => part).filter((part) => !kept.includes(part));
    await tx.rows(write, [...keyValues(key), gone, kept, kept.map((part) => partBytes(set, part))]);
    return set.size - before;
  } finally {
    set.dispose();
  }
}

/**
 * What groups hold at a target by the ledger; `pending` for one of which something is to be done yet, and a group
 * that holds nothing is left out. The bitmaps are the caller's to dispose of.
 */
export async function readAppliedSets(
  connection: Connection,
  target: number,
  groups: readonly GroupN[],
): Promise<Map<GroupN, RoaringBitmap32 | 'pending'>> {
  const sets = new Map<GroupN, RoaringBitmap32 | 'pending'>();
  const rows = await connection.rows<PartRow & { group_n: GroupN; aspect: Aspect }>(readAll, [
    target,
    groups,
  ]);
  for (const { group_n: group, aspect, members } of rows) {
    const known = sets.get(group);
    if (known === 'pending') continue;
    if (aspect !== 'a') {
      known?.dispose();
      sets.set(group, 'pending');
      continue;
    }
    const part = RoaringBitmap32.deserialize(members, 'portable');
    if (known === undefined) sets.set(group, part);
    else {
      known.orInPlace(part);
      part.dispose();
    }
  }
  return sets;
}

/** Empties a set; answers its size. */
export async function clearMemberSet(tx: Tx, key: MemberSetKey): Promise<number> {
  const rows = await tx.rows<PartRow>(readParts, [...keyValues(key), null]);
  const size = rows.reduce((sum, row) => sum + withSet(row, (set) => set.size), 0);
  await tx.rows(write, [...keyValues(key), rows.map(({ part }) => part), [], []]);
  return size;
}

/** Groups whose applied set holds any of `users`, with those that it holds. */
export async function groupsHolding(
  connection: Connection,
  target: number,
  users: readonly UserN[],
): Promise<{ readonly group: GroupN; readonly users: readonly UserN[] }[]> {
  const parts = [WHOLE, ...containersOf(users)];
  const found: { group: GroupN; users: UserN[] }[] = [];
  // Groups of roles have numbers below zero.
  let after: readonly [number, number] = [LOWEST, WHOLE];
  for (;;) {
    const rows = await connection.rows<PartRow & { group_n: GroupN }>(holders, [target, parts, ...after]);
    for (const row of rows) {
      const held = withSet(row, (set) => users.filter((user) => set.has(user)));
      if (held.length > 0) found.push({ group: row.group_n, users: held });
    }
    const last = rows.at(-1);
    if (last === undefined || rows.length < 5_000) return found;
    after = [last.group_n, last.part];
  }
}

/** Groups of whose lists the target refused any of `users`, with those that it refused to take in or to let go. */
export async function groupsRefusing(
  connection: Connection,
  target: number,
  users: readonly UserN[],
): Promise<{ readonly group: GroupN; readonly users: readonly UserN[] }[]> {
  if (users.length === 0) return [];
  const parts = [WHOLE, ...containersOf(users)];
  const rows = await connection.rows<PartRow & { group_n: GroupN }>(refusing, [target, parts]);
  return rows.map((row) => ({
    group: row.group_n,
    users: withSet(row, (set) => users.filter((user) => set.has(user))),
  }));
}

/** Up to `limit` refused members of these groups behind a place, by group and user. */
export async function pageOfRefused(
  connection: Connection,
  target: number,
  {
    groups,
    after,
    limit,
  }: {
    readonly groups: readonly GroupN[];
    readonly after: { readonly group: number; readonly user: number };
    readonly limit: number;
  },
): Promise<{ readonly group: GroupN; readonly user: UserN }[]> {
  const page: { group: GroupN; user: UserN }[] = [];
  const rows = await connection.rows<PartRow & { group_n: GroupN }>(refusedParts, [target, groups]);
  for (const row of rows) {
    const { group_n: group } = row;
    const users = withSet(row, (set) => {
      const start = group === after.group ? set.rank(after.user) : 0;
      return set.sliceArray(start, start + limit - page.length);
    });
    page.push(...users.map((user) => ({ group, user: asUser(user) })));
    if (page.length >= limit) break;
  }
  return page;
}

/** A set without any of the touched rows is either empty or large and kept in other containers. */
async function hasParts(tx: Tx, key: MemberSetKey, size: number | undefined): Promise<boolean> {
  return size !== 0 && (await tx.rows(firstPart, keyValues(key))).length > 0;
}

/** Rows that the set needs; of one that is kept in containers only the `touched` ones are at hand. */
function partsToKeep(set: RoaringBitmap32, touched: readonly number[] | null): number[] {
  if (touched !== null) {
    return touched.filter((part) => set.intersectsWithRange(part * 65_536, (part + 1) * 65_536));
  }
  if (set.isEmpty) return [];
  return set.size <= LARGEST_WHOLE ? [WHOLE] : containersOf(set);
}

function containersOf(users: Iterable<number>): number[] {
  const parts = new Set<number>();
  for (const user of users) parts.add(user >>> 16);
  return [...parts];
}

function partBytes(set: RoaringBitmap32, part: number): Buffer {
  if (part === WHOLE) return bytesOf(set);
  const container = RoaringBitmap32.fromRange(part * 65_536, (part + 1) * 65_536);
  try {
    container.andInPlace(set);
    return bytesOf(container);
  } finally {
    container.dispose();
  }
}

function bytesOf(set: RoaringBitmap32): Buffer {
  set.runOptimize();
  return Buffer.from(set.serialize('portable'));
}

function withSet<T>({ members }: PartRow, use: (set: RoaringBitmap32) => T): T {
  const set = RoaringBitmap32.deserialize(members, 'portable');
  try {
    return use(set);
  } finally {
    set.dispose();
  }
}

function keyValues({ target, group, aspect }: MemberSetKey): readonly unknown[] {
  return [target, group, aspect];
}

/** Members of these sets were put in as numbers of users. */
function asUser(n: number): UserN {
  return n as UserN;
}
