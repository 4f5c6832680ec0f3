/** Holding the index against the database, and the feed's ledger against the index (`muster doctor --verify`). */
import { setTimeout as pause } from 'node:timers/promises';
import type { Database } from '../store/database.ts';
import { readLastBatch, readPosition } from '../store/effective/log-tail.ts';
import { countMembers, directMembersPage, effectiveMembersPage } from '../store/effective/membership.ts';
import { type SampleRow, sampleGroups } from '../store/effective/verification.ts';
import { giveUpLease, seizeLease } from '../store/leases.ts';
import { type IndexReads, type MemberList, readsOfFollower } from './asks.ts';
import { FEED_LEASE } from './engine.ts';
import { cutSweep } from './feed/cutter.ts';
import { Follower } from './follow/follower.ts';

export interface IndexFaults {
  /** Groups that were compared; 0 while the index is not there. */
  readonly groups: number;
  /** Names of those whose members differ. */
  readonly differing: readonly string[];
}

/** Groups whose members are compared, besides the ten with the most below them. */
export const SAMPLES = 200;

const PAGE = { after: 0, limit: 1_000 };
/** Writes between the two reads make them differ; a fault differs every time. */
const TRIES = 5;
const BETWEEN_TRIES_MS = 100;
/** A sweep of the largest directory takes less. */
const SWEEP_SECONDS = 300;

/** Compares members of sample groups, direct and effective, as the index and as the closure gives them. */
export async function verifyIndex(
  database: Database,
  index: IndexReads,
  samples: number,
): Promise<IndexFaults> {
  const differing: string[] = [];
  let groups = 0;
  for (const group of await sampleGroups(database, samples)) {
    const verdict = await compareGroup(database, index, group);
    if (verdict === 'unknown') continue;
    groups += 1;
    if (verdict === 'different') differing.push(group.name);
  }
  return { groups, differing };
}

async function compareGroup(
  database: Database,
  index: IndexReads,
  { n: group }: SampleRow,
): Promise<'same' | 'different' | 'unknown'> {
  let verdict: 'different' | 'unknown' = 'unknown';
  for (let attempt = 0; attempt < TRIES; attempt += 1) {
    if (attempt > 0) await pause(BETWEEN_TRIES_MS);
    const lists: readonly MemberList[] = ['effective', 'direct'];
    const verdicts = [];
    for (const list of lists) {
      const at = await readPosition(database);
      const page = await index.page({ group, list, ...PAGE }, at);
      if (page === null) continue;
      const read = list === 'effective' ? effectiveMembersPage : directMembersPage;
      const rows = await read(database, group, PAGE);
      const total = await countMembers(database, group, list);
      const isSame = total === page.total && rows.every(({ n }, place) => n === page.members[place]?.n);
      verdicts.push(isSame);
    }
    if (verdicts.length === lists.length && verdicts.every((isSame) => isSame)) return 'same';
    if (verdicts.includes(false)) verdict = 'different';
  }
  return verdict;
}

/** Reads of an index filled now, for one who has no index that follows. Dispose of it. */
export async function freshIndex(
  database: Database,
): Promise<{ readonly reads: IndexReads; dispose(): void }> {
  const follower = await Follower.open(database, new Uint32Array(4));
  return { reads: readsOfFollower(follower), dispose: () => follower.dispose() };
}

/**
 * Compares the feed's whole ledger with an index filled now, and tells readers the difference; answers the entries
 * that no change explains, 0 where all was told. Takes the feed from whoever tells it, who finds that at its next
 * cut, and lets it take it back.
 */
export async function verifyFeed(database: Database, holder: string): Promise<number> {
  const lease = await seizeLease(database, { name: FEED_LEASE, holder, seconds: SWEEP_SECONDS });
  const last = await readLastBatch(database);
  const follower = await Follower.open(database, new Uint32Array(4));
  try {
    const cut = await cutSweep(database, {
      tenure: { lease, last },
      held: follower,
      to: follower.position,
    });
    if (cut === null) throw new Error('The feed was taken away while its ledger was compared.');
    return cut.unexplained;
  } finally {
    follower.dispose();
    await giveUpLease(database, lease);
  }
}
