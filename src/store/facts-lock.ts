/**
 * The facts lock: what derives memberships from a user's facts takes it shared, in an earlier statement than it reads
 * which groups there are; what makes, changes or ends an automatic group takes it alone, before it reads the users.
 * Without it, a user's change and a rule's edit at the same time would each judge by the other's past, and leave a
 * membership that neither would have made. Edits of rules, which read all users, take it last (rule-edits.ts).
 */
import { named, type Tx } from './database.ts';

/** Key of the facts lock among PostgreSQL's advisory locks. */
export const FACTS_LOCK = 7_205_183;

const shared = named('facts_lock_shared', `select pg_advisory_xact_lock_shared(${FACTS_LOCK})`);
const exclusive = named('facts_lock_exclusive', `select pg_advisory_xact_lock(${FACTS_LOCK})`);

/** Waits until no automatic group is being changed: before reading which there are, in its own statement. */
export async function lockFacts(tx: Tx): Promise<void> {
  await tx.rows(shared);
}

/** Waits until no user's facts are being changed: before filling an automatic group, in its own statement. */
export async function lockFactsAlone(tx: Tx): Promise<void> {
  await tx.rows(exclusive);
}
