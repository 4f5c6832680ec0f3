/**
 * The feed's worker: appends effective joins and leaves to the log and moves the feed's ledger, in one
 * transaction with the cut that they belong to. One instance does it at a time: it holds the lease `feed` and
 * checks its token in that transaction; and the cut's number is one above the last, so that of two that believe
 * to be the one, one fails.
 *
 * It is level-triggered: what it delivers is the difference between the index and the ledger. While one instance
 * goes on cutting, that difference is what each step of the index moved. When it takes the work over, and now and
 * then, it compares the whole ledger, so that nothing depends on having seen every step.
 */
import type { Alert } from '../../core/alert.ts';
import type { Position } from '../../core/position.ts';
import { raiseAlert } from '../../store/alerts.ts';
import type { Database, Tx } from '../../store/database.ts';
import { appendEffective, appendEntitlements, cutLog } from '../../store/effective/feed-cuts.ts';
import { type BatchRow, countTail, readTail } from '../../store/effective/log-tail.ts';
import { readGroupsAmong } from '../../store/effective/facts.ts';
import { holdsLease, type Lease } from '../../store/leases.ts';
import {
  ENTITLEMENTS_OWNER,
  FEED_OWNER,
  ledgerGroups,
  moveLedger,
  readLedgerPage,
} from '../../store/ledger.ts';
import { type Delta, deltaBetween, disposeDelta } from '../index/bitmaps.ts';
import type { MembershipIndex } from '../index/membership-index.ts';
import type { Conferrals } from '../index/conferrals.ts';
import { membersOf } from '../follow/look-again.ts';
import type { Step } from '../follow/follower.ts';
import { attribute, type Marked } from './causes.ts';
import { disposeMoves, type Held, moveEntitlements, type Touched } from './entitlements.ts';
import { entriesOf } from './entries.ts';
import { RoaringBitmap32 } from 'roaring-wasm';
import type { GroupN } from '../../core/ids.ts';

/** What a cut delivered. */
export interface Cut {
  readonly n: number;
  /** Entries whose difference no mark accounts for: a fault somewhere, mended. It raises an alert. */
  readonly unexplained: number;
}

/** Ledger rows of so many groups are compared at a time. */
const GROUPS_AT_ONCE = 1_000;
/** More marks than this are not searched for causes after a takeover; what they caused is told without. */
const MAX_MARKS = 20_000;

/** The last cut and the lease under which the next is made. */
export interface Tenure {
  readonly lease: Lease;
  readonly last: BatchRow;
}

/** Delivers what a step moved. Answers null when the lease is lost; the ledger is then somebody else's. */
export async function cutStep(
  database: Database,
  { tenure, held, step }: { readonly tenure: Tenure; readonly held: Held; readonly step: Step },
): Promise<Cut | null> {
  const { to, marks, deltas, touched } = step;
  return deliver(database, {
    tenure,
    held,
    to,
    marked: step,
    marks: marks.length,
    deltas: deltas ?? new Map(),
    touched,
  });
}

/**
 * Compares the whole ledger with the index, which stands at `to`, and delivers the difference, with causes from
 * the marks since the last cut. The lease must have been taken before the index moved to `to`.
 */
export async function cutSweep(
  database: Database,
  { tenure, held, to }: { readonly tenure: Tenure; readonly held: Held; readonly to: Position },
): Promise<Cut | null> {
  const marked = await marksBetween(database, tenure.last.position, to);
  const deltas = await differences(database, held.index);
  const touched = await everyEntitlement(database, held.conferrals);
  try {
    return await deliver(database, { tenure, held, to, marked, marks: marked.count, deltas, touched });
  } finally {
    deltas.forEach(disposeDelta);
  }
}

interface Delivery {
  readonly tenure: Tenure;
  readonly held: Held;
  readonly to: Position;
  readonly marked: Marked;
  /** Rows of the log in the batch besides the feed's own. */
  readonly marks: number;
  readonly deltas: ReadonlyMap<number, Delta>;
  readonly touched: Touched;
}

async function deliver(
  database: Database,
  { tenure, held, to, marked, marks, deltas, touched }: Delivery,
): Promise<Cut | null> {
  const caused = [...attribute(deltas, marked, (group) => held.index.parentsOf(group))];
  const entries = entriesOf(caused);
  const n = tenure.last.n + 1;
  // What more marks than are searched led to is told without causes, and so is all that stood before the first cut.
  const areMarksWhole = marked.marks.length >= marks && tenure.last.n > 0;
  const unexplained = areMarksWhole ? entries.filter(({ causesTotal }) => causesTotal === 0).length : 0;
  return database.transaction(async (tx) => {
    if (!(await holdsLease(tx, tenure.lease))) return null;
    const entitled = await moveEntitlements(tx, held, { touched, caused, marks: marked.marks });
    try {
      const count = marks + entries.length + entitled.entries.length;
      if (count === 0) return { n: tenure.last.n, unexplained: 0 };
      await cutLog(tx, { n, position: to, entries: count });
      await appendEffective(tx, n, entries);
      await appendEntitlements(tx, n, entitled.entries);
      await moveFeedLedger(tx, held.index, deltas);
      await moveLedger(tx, ENTITLEMENTS_OWNER, entitled.moves);
      if (unexplained > 0) await raiseAlert(tx, mendedAlert(unexplained));
      return { n, unexplained };
    } finally {
      disposeMoves(entitled);
    }
  });
}

/** A person is to know of it, though nothing is left to do (engine: a difference without a mark). */
function mendedAlert(entries: number): Alert {
  return { kind: 'changes.mended', subject: 'membership.effective', details: { entries } };
}

/** All entitlements that somebody confers or that the feed has told of. */
async function everyEntitlement(database: Database, conferrals: Conferrals): Promise<Touched> {
  const told = await ledgerGroups(database, ENTITLEMENTS_OWNER);
  return new Map([...conferrals.entitlements(), ...told].map((entitlement) => [entitlement, new Set()]));
}

async function moveFeedLedger(
  tx: Tx,
  index: MembershipIndex,
  deltas: ReadonlyMap<number, Delta>,
): Promise<void> {
  const groups = [...deltas];
  for (let from = 0; from < groups.length; from += GROUPS_AT_ONCE) {
    const moves = groups.slice(from, from + GROUPS_AT_ONCE).map(([group, { plus, minus }]) => ({
      group: group as GroupN,
      after: index.effective(group),
      plus,
      minus,
    }));
    await moveLedger(tx, FEED_OWNER, moves);
    for (const { after } of moves) after.dispose();
  }
}

/**
 * Where the index and the feed's ledger differ. Only the lease's holder moves the ledger, so pages of it fit together;
 * the next one is fetched while one is compared.
 */
async function differences(database: Database, index: MembershipIndex): Promise<Map<number, Delta>> {
  const deltas = new Map<number, Delta>();
  const delivered = new Set<number>();
  const compare = (group: number, before: RoaringBitmap32): void => {
    if (index.isEffectively(group, before)) return;
    const after = index.effective(group);
    deltas.set(group, deltaBetween(before, after));
    after.dispose();
  };
  const read = (after: number): Promise<Map<GroupN, RoaringBitmap32>> =>
    readLedgerPage(database, FEED_OWNER, { after, limit: GROUPS_AT_ONCE });
  for (let page = await read(0); page.size > 0;) {
    const [last] = [...page.keys()].slice(-1);
    const next =
      page.size < GROUPS_AT_ONCE ? Promise.resolve(new Map<GroupN, RoaringBitmap32>()) : read(last ?? 0);
    for (const [group, before] of page) {
      compare(group, before);
      before.dispose();
      delivered.add(group);
    }
    page = await next;
  }
  const nothing = new RoaringBitmap32();
  for (const group of index.groups()) if (!delivered.has(group)) compare(group, nothing);
  nothing.dispose();
  return deltas;
}

async function marksBetween(
  database: Database,
  since: Position,
  to: Position,
): Promise<Marked & { readonly count: number }> {
  return database.transaction(async (tx) => {
    const count = await countTail(tx, since, to);
    const marks = await readTail(tx, { since, to, limit: MAX_MARKS });
    const nested = await readGroupsAmong(tx, [...new Set(marks.flatMap(membersOf))]);
    return { count, marks, nested, formerParents: new Map<number, readonly number[]>() };
  });
}
