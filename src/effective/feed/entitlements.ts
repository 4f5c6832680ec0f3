/**
 * Who gained or lost which role or permission, as the feed tells it (D-41): the difference between what is held by
 * the index and what the feed has told before, net over all groups that confer it.
 */
import { RoaringBitmap32 } from 'roaring-wasm';
import type { Tx } from '../../store/database.ts';
import type { EntitlementEntry } from '../../store/effective/feed-cuts.ts';
import type { MarkRow } from '../../store/effective/log-tail.ts';
import { ENTITLEMENTS_OWNER, type LedgerMove, readLedger } from '../../store/ledger.ts';
import type { GroupN } from '../../core/ids.ts';
import { deltaBetween, disposeDelta, isEmptyDelta } from '../index/bitmaps.ts';
import type { Conferrals } from '../index/conferrals.ts';
import type { MembershipIndex } from '../index/membership-index.ts';
import { type Caused, inOrder } from './causes.ts';
import { slicesOf } from './entries.ts';

/** Entitlements that may have moved, each with the holders that began or ceased to confer it. */
export type Touched = ReadonlyMap<number, ReadonlySet<number>>;

export interface EntitlementMoves {
  readonly entries: readonly EntitlementEntry[];
  /** Of the ledger; dispose of them. */
  readonly moves: readonly LedgerMove[];
}

export interface Held {
  readonly index: MembershipIndex;
  readonly conferrals: Conferrals;
}

/** Compares the touched entitlements with what was told of them. The feed's lease must be checked in `tx`. */
export async function moveEntitlements(
  tx: Tx,
  { index, conferrals }: Held,
  {
    touched,
    caused,
    marks,
  }: { readonly touched: Touched; readonly caused: readonly Caused[]; readonly marks: readonly MarkRow[] },
): Promise<EntitlementMoves> {
  const told = await readLedger(tx, ENTITLEMENTS_OWNER, [...touched.keys()] as GroupN[]);
  const entries: EntitlementEntry[] = [];
  const moves: LedgerMove[] = [];
  for (const [entitlement, holders] of touched) {
    const before = told.get(entitlement as GroupN) ?? new RoaringBitmap32();
    const after = conferrals.setOf(entitlement, index);
    const delta = deltaBetween(before, after);
    before.dispose();
    if (isEmptyDelta(delta)) {
      disposeDelta(delta);
      after.dispose();
      continue;
    }
    moves.push({ group: entitlement as GroupN, after, ...delta });
    const name = conferrals.nameOf(entitlement) ?? { kind: 'role', name: String(entitlement) };
    const confers = (group: number): boolean =>
      holders.has(group) || conferrals.isConferredBy(entitlement, group);
    const groups = byCauses({
      gained: delta.plus.toUint32Array(),
      lost: delta.minus.toUint32Array(),
      common: marks.filter((mark) => isOfHolder(mark, holders)),
      ofUsers: causesOfUsers(caused.filter(({ group }) => confers(group))),
    });
    const parts = groups.flatMap(({ joined, left, causes }) =>
      slicesOf({ joined, left }).map((ids) => ({ ...ids, causes })),
    );
    entries.push(
      ...parts.map(({ joined, left, causes }, place) => ({
        ...name,
        ...{ gained: joined, lost: left, part: place + 1, parts: parts.length },
        causes: causes.slice(0, 20).map(({ xid, seq }) => [xid, seq] as const),
        causesTotal: causes.length,
      })),
    );
  }
  return { entries, moves };
}

/** Frees what {@link moveEntitlements} made. */
export function disposeMoves({ moves }: EntitlementMoves): void {
  for (const { after, plus, minus } of moves) [after, plus, minus].forEach((bitmap) => bitmap.dispose());
}

/** A change of the group or user itself, which may have begun or ceased to confer. */
function isOfHolder({ type, group_n: group, user_n: user }: MarkRow, holders: ReadonlySet<number>): boolean {
  if (type.startsWith('group.')) return group !== null && holders.has(group);
  return type.startsWith('user.') && user !== null && holders.has(user);
}

function causesOfUsers(caused: readonly Caused[]): ReadonlyMap<number, readonly MarkRow[]> {
  const byUser = new Map<number, readonly MarkRow[]>();
  for (const { joined, left, causes } of caused) {
    for (const user of [...joined, ...left]) {
      const known = byUser.get(user);
      byUser.set(user, known === undefined || known === causes ? causes : [...known, ...causes]);
    }
  }
  return byUser;
}

interface Attributed {
  readonly joined: number[];
  readonly left: number[];
  readonly causes: readonly MarkRow[];
}

function byCauses({
  gained,
  lost,
  common,
  ofUsers,
}: {
  readonly gained: Iterable<number>;
  readonly lost: Iterable<number>;
  readonly common: readonly MarkRow[];
  readonly ofUsers: ReadonlyMap<number, readonly MarkRow[]>;
}): readonly Attributed[] {
  const shared = inOrder(common);
  const groups = new Map<string, Attributed>();
  const put = (user: number, side: 'joined' | 'left'): void => {
    const own = ofUsers.get(user);
    const causes = own === undefined ? shared : inOrder([...shared, ...own]);
    const key = causes.map(({ seq }) => seq).join(' ');
    let group = groups.get(key);
    if (group === undefined) groups.set(key, (group = { joined: [], left: [], causes }));
    group[side].push(user);
  };
  for (const user of gained) put(user, 'joined');
  for (const user of lost) put(user, 'left');
  return [...groups.values()];
}
