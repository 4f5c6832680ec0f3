/** Filling an index from the database, all in one snapshot. */
import type { Tx } from '../../store/database.ts';
import { readPairs } from '../../store/effective/pairs.ts';
import { MembershipIndex } from '../index/membership-index.ts';
import type { SetHash } from '../index/set-hash.ts';

/** Users to a call of the index: rows of one group come together, because they were written together. */
const BUFFERED = 8_192;

/** A new index that equals what the transaction, which must be REPEATABLE READ, sees. */
export async function loadIndex(tx: Tx, hashKey: SetHash): Promise<MembershipIndex> {
  const index = new MembershipIndex(hashKey);
  const gone = new Set<number>();
  await readPairs(tx, 'gone groups', (group) => gone.add(group));
  await readPairs(tx, 'nestings', (group, member) => index.addNesting(group, member));

  const buffer = new Uint32Array(BUFFERED);
  let filled = 0;
  const active = (): void => {
    index.addActive(buffer.subarray(0, filled));
    filled = 0;
  };
  await readPairs(tx, 'active', (user) => {
    buffer[filled++] = user;
    if (filled === BUFFERED) active();
  });
  active();

  let current = 0;
  const edges = (): void => {
    if (filled > 0 && !gone.has(current)) index.addDirect(current, buffer.subarray(0, filled));
    filled = 0;
  };
  await readPairs(tx, 'edges', (group, user) => {
    if (group !== current || filled === BUFFERED) edges();
    current = group;
    buffer[filled++] = user;
  });
  edges();
  index.settle();
  return index;
}
