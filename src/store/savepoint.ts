/** A part of a transaction that may be taken back while the rest goes on. */
import type { Tx } from './database.ts';

/** Names of places: ours, never a user's. */
type Place = 'plan' | 'facts';

/** Marks where {@link takeBackTo} leads to. */
export async function markPlace(tx: Tx, name: Place): Promise<void> {
  await tx.rows({ text: `savepoint ${name}` });
}

/** Takes back all that was written since the mark. */
export async function takeBackTo(tx: Tx, name: Place): Promise<void> {
  await tx.rows({ text: `rollback to savepoint ${name}` });
}
