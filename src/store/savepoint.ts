/** A part of a transaction that may be taken back while the rest goes on. */
import type { Tx } from './database.ts';

/** Marks where {@link takeBackTo} leads to. The name is ours, never a user's. */
export async function markPlace(tx: Tx, name: 'plan'): Promise<void> {
  await tx.rows({ text: `savepoint ${name}` });
}

/** Takes back all that was written since the mark. */
export async function takeBackTo(tx: Tx, name: 'plan'): Promise<void> {
  await tx.rows({ text: `rollback to savepoint ${name}` });
}
