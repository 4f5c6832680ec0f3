/**
 * Ledgers: which members an owner (0 is the change feed, else a target's number) has been given, per group. A
 * set of up to 4,096 members is one row, part -1. A larger one has a row per roaring container of 65,536
 * numbers, keyed by the numbers' upper half, so that one change rewrites 8 KB and not the whole set.
 *
 * Whoever moves a ledger holds the lease of its owner's work and checks the token in the same transaction
 * (store/leases): two writers of one ledger are never at it together.
 */
import { RoaringBitmap32 } from 'roaring-wasm';
import type { GroupN } from '../core/ids.ts';
import { type Connection, named, type Tx } from './database.ts';

/** The change feed as an owner of a ledger. */
export const FEED_OWNER = 0;

/** What the feed has told of entitlements; their numbers stand where groups' do. */
export const ENTITLEMENTS_OWNER = -1;

/** Largest set that is kept whole. */
const WHOLE_SET = 4_096;
const WHOLE_PART = -1;
const CONTAINER = 65_536;
/** Rows to a statement, so that one message stays within some tens of megabytes. */
const ROWS_PER_WRITE = 2_000;

/** How the set of one group moved. `after` is what it holds then; the bitmaps stay the caller's. */
export interface LedgerMove {
  readonly group: GroupN;
  readonly after: RoaringBitmap32;
  readonly plus: RoaringBitmap32;
  readonly minus: RoaringBitmap32;
}

interface LedgerRow {
  readonly group_n: GroupN;
  readonly part: number;
  readonly members: Buffer;
}

const read = named(
  'ledger_read',
  'select group_n, part, members from ledger where owner = $1 and group_n = any($2::int[]) order by group_n',
);

const readRange = named(
  'ledger_read_range',
  `select group_n, part, members from ledger
   where owner = $1 and group_n > $2 and group_n <= (
     select max(next.group_n) from (
       select distinct group_n from ledger where owner = $1 and group_n > $2 order by group_n limit $3) next)
   order by group_n`,
);

const write = named(
  'ledger_write',
  `insert into ledger (owner, group_n, part, members)
   select $1, * from unnest($2::int[], $3::int[], $4::bytea[])
   on conflict (owner, group_n, part) do update set members = excluded.members`,
);

const drop = named(
  'ledger_drop',
  `delete from ledger l using unnest($2::int[], $3::int[]) as d(group_n, part)
   where l.owner = $1 and l.group_n = d.group_n and l.part = d.part`,
);

const keys = named('ledger_keys', 'select distinct group_n from ledger where owner = $1');

const dropOwner = named('ledger_drop_owner', 'delete from ledger where owner = $1');

/** What the owner has been given of those groups; a group with nothing is left out. The bitmaps are the caller's to dispose of. */
export async function readLedger(
  connection: Connection,
  owner: number,
  groups: readonly GroupN[],
): Promise<Map<GroupN, RoaringBitmap32>> {
  if (groups.length === 0) return new Map();
  return assemble(await connection.rows<LedgerRow>(read, [owner, groups]));
}

/** The same for the next `limit` groups with a number above `after`, for reading a ledger whole. */
export async function readLedgerPage(
  connection: Connection,
  owner: number,
  { after, limit }: { readonly after: number; readonly limit: number },
): Promise<Map<GroupN, RoaringBitmap32>> {
  return assemble(await connection.rows<LedgerRow>(readRange, [owner, after, limit]));
}

/** Moves sets of an owner; what does not change is not written. The owner's lease must be checked in `tx`. */
export async function moveLedger(tx: Tx, owner: number, moves: readonly LedgerMove[]): Promise<void> {
  const writes: LedgerRow[] = [];
  const drops: { readonly group_n: GroupN; readonly part: number }[] = [];
  for (const move of moves) {
    const isWhole = move.after.size <= WHOLE_SET;
    const wasWhole = move.after.size - move.plus.size + move.minus.size <= WHOLE_SET;
    if (isWhole !== wasWhole) {
      for (const part of wasWhole ? [WHOLE_PART] : partsOf(move.after, move.minus)) {
        drops.push({ group_n: move.group, part });
      }
    }
    const parts = isWhole ? [WHOLE_PART] : wasWhole ? partsOf(move.after) : partsOf(move.plus, move.minus);
    for (const part of parts) {
      const members = isWhole ? move.after.serialize('portable') : containerOf(move.after, part);
      if (members === null || move.after.isEmpty) drops.push({ group_n: move.group, part });
      else writes.push({ group_n: move.group, part, members: Buffer.from(members) });
    }
  }
  if (drops.length > 0) {
    await tx.rows(drop, [owner, drops.map(({ group_n }) => group_n), drops.map(({ part }) => part)]);
  }
  for (let from = 0; from < writes.length; from += ROWS_PER_WRITE) {
    const rows = writes.slice(from, from + ROWS_PER_WRITE);
    await tx.rows(write, [
      owner,
      rows.map(({ group_n }) => group_n),
      rows.map(({ part }) => part),
      rows.map(({ members }) => members),
    ]);
  }
}

/** Groups of which the owner has been given anything. */
export async function ledgerGroups(connection: Connection, owner: number): Promise<GroupN[]> {
  return (await connection.rows<{ group_n: GroupN }>(keys, [owner])).map(({ group_n }) => group_n);
}

/** Forgets all that an owner has been given. */
export async function dropLedger(tx: Tx, owner: number): Promise<void> {
  await tx.rows(dropOwner, [owner]);
}

function assemble(rows: readonly LedgerRow[]): Map<GroupN, RoaringBitmap32> {
  const sets = new Map<GroupN, RoaringBitmap32>();
  for (const { group_n, members } of rows) {
    const part = RoaringBitmap32.deserialize('portable', members);
    const known = sets.get(group_n);
    if (known === undefined) sets.set(group_n, part);
    else {
      known.orInPlace(part);
      part.dispose();
    }
  }
  return sets;
}

/** Upper halves of the numbers in the sets: the keys of their containers. */
function partsOf(...sets: readonly RoaringBitmap32[]): number[] {
  const parts = new Set<number>();
  for (const set of sets) {
    for (let rank = 0, end = set.size; rank < end;) {
      const part = Math.floor(set.select(rank) / CONTAINER);
      parts.add(part);
      rank = set.rank((part + 1) * CONTAINER - 1);
    }
  }
  return [...parts];
}

function containerOf(set: RoaringBitmap32, part: number): Uint8Array | null {
  const range = RoaringBitmap32.fromRange(part * CONTAINER, (part + 1) * CONTAINER);
  range.andInPlace(set);
  const bytes = range.isEmpty ? null : range.serialize('portable');
  range.dispose();
  return bytes;
}
