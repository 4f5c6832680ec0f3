/**
 * All effective memberships as the feed has delivered them: the feed's ledger, read in one REPEATABLE READ
 * transaction, with the cut that it stands at. Going on from there nobody joins twice (P-03).
 */
import type { Tx } from '../../store/database.ts';
import { readFeedHead } from '../../store/effective/feed-pages.ts';
import { groupRefs } from '../../store/effective/sub-graph.ts';
import { idsOfMembers } from '../../store/effective/membership.ts';
import { FEED_OWNER, readLedgerPage } from '../../store/ledger.ts';

export type SnapshotLine =
  | { readonly kind: 'start'; readonly batch: number }
  | {
      readonly kind: 'group';
      readonly id: string;
      readonly name: string;
      readonly members: readonly string[];
      readonly part: number;
      readonly parts: number;
    }
  | { readonly kind: 'end'; readonly batch: number; readonly groups: number; readonly memberships: number };

const GROUPS_AT_ONCE = 200;
const IDS_PER_LINE = 1_000;

/** Lines from start to end; who reads no end line was cut off. `tx` must be REPEATABLE READ and stay open meanwhile. */
export async function* readSnapshot(tx: Tx): AsyncGenerator<SnapshotLine> {
  const batch = await readFeedHead(tx);
  yield { kind: 'start', batch };
  let groups = 0;
  let memberships = 0;
  for (let after = 0, isMore = true; isMore;) {
    const sets = await readLedgerPage(tx, FEED_OWNER, { after, limit: GROUPS_AT_ONCE });
    const names = await groupRefs(tx, [...sets.keys()]);
    for (const [group, set] of sets) {
      yield* groupLines(tx, names.get(group) ?? { id: '', name: '' }, set.toUint32Array());
      groups += 1;
      memberships += set.size;
      set.dispose();
      after = Math.max(after, group);
    }
    isMore = sets.size === GROUPS_AT_ONCE;
  }
  yield { kind: 'end', batch, groups, memberships };
}

async function* groupLines(
  tx: Tx,
  { id, name }: { readonly id: string; readonly name: string },
  members: Uint32Array,
): AsyncGenerator<SnapshotLine> {
  const parts = Math.ceil(members.length / IDS_PER_LINE);
  for (let part = 1; part <= parts; part += 1) {
    const numbers = [...members.subarray((part - 1) * IDS_PER_LINE, part * IDS_PER_LINE)];
    const ids = await idsOfMembers(tx, numbers);
    yield {
      kind: 'group',
      id,
      name,
      members: numbers.flatMap((n) => ids.get(n)?.id ?? []),
      part,
      parts,
    };
  }
}
