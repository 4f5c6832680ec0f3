/**
 * Attempts: committed before anything is sent, ended with what came of it. One that is not settled tells that it
 * is not known what the target holds of its object.
 */
import { storableJson, storableText } from '../../core/targets/foreign-text.ts';
import type { OutcomeKind } from '../../core/targets/outcome.ts';
import type { UserN } from '../../core/ids.ts';
import { type Connection, named, onlyRow, type Tx } from '../database.ts';
import type { ObjectKind } from './objects.ts';

export interface NewAttempt {
  readonly target: number;
  readonly kind: ObjectKind;
  readonly n: number;
  readonly operation: string;
  readonly members: readonly UserN[] | null;
  readonly leaseToken: number;
}

export interface EndedAttempt {
  readonly outcome: OutcomeKind;
  readonly why: string | null;
  readonly operation: string;
  /** What went over the wire last, redacted; kept of what failed. */
  readonly exchange: unknown;
}

export interface AttemptRow {
  readonly n: number;
  readonly kind: ObjectKind;
  readonly object_n: number;
  readonly operation: string;
  readonly members: readonly UserN[] | null;
  readonly started_at: Date;
}

const insert = named(
  'target_attempt_insert',
  `insert into target_attempt (target_n, kind, object_n, operation, members, lease_token)
   values ($1, $2, $3, $4, $5, $6) returning n`,
);

const end = named(
  'target_attempt_end',
  `update target_attempt set ended_at = clock_timestamp(), outcome = $2, why = $3, settled = $4, operation = $5,
     exchange = $6
   where n = $1`,
);

const settle = named(
  'target_attempt_settle',
  `update target_attempt set settled = true, outcome = coalesce(outcome, 'ambiguous'), ended_at = coalesce(ended_at, clock_timestamp())
   where target_n = $1 and kind = $2 and object_n = $3 and not settled`,
);

const open = named(
  'target_attempt_open_of',
  `select n, kind, object_n, operation, members, started_at from target_attempt
   where target_n = $1 and kind = $2 and object_n = $3 and not settled order by n`,
);

const lost = named(
  'target_attempt_lost',
  `select a.n, a.kind, a.object_n, a.operation, a.members, a.started_at
   from target_attempt a join target_object o on o.target_n = a.target_n and o.kind = a.kind and o.n = a.object_n
   where a.target_n = $1 and not a.settled and a.outcome is null and a.lease_token <> $2
     and o.state in ('sending', 'resending')
     and a.started_at < clock_timestamp() - make_interval(secs => $3 / 1000.0)`,
);

const prune = named(
  'target_attempt_prune',
  `delete from target_attempt where n in (
     select n from target_attempt where started_at < now() - interval '30 days' and settled limit 10000)`,
);

/** Writes down that something is about to be sent; answers the attempt's number. */
export async function insertAttempt(tx: Tx, attempt: NewAttempt): Promise<number> {
  const { target, kind, n, operation, members, leaseToken } = attempt;
  return onlyRow(await tx.rows<{ n: number }>(insert, [target, kind, n, operation, members, leaseToken])).n;
}

/** Writes down what came of it. An unsettled one says that the target has to be observed. */
export async function endAttempt(tx: Tx, n: number, ended: EndedAttempt): Promise<void> {
  const { outcome, why, operation, exchange } = ended;
  const told = exchange === null ? null : storableJson(exchange);
  const because = why === null ? null : storableText(why);
  await tx.rows(end, [n, outcome, because, outcome !== 'ambiguous', operation, told]);
}

/** Attempts on an object of which it is not known what they did. */
export function openAttempts(tx: Tx, target: number, kind: ObjectKind, n: number): Promise<AttemptRow[]> {
  return tx.rows<AttemptRow>(open, [target, kind, n]);
}

/** The object was observed: nothing about it is open any more. */
export async function settleAttempts(tx: Tx, target: number, kind: ObjectKind, n: number): Promise<void> {
  await tx.rows(settle, [target, kind, n]);
}

/** Attempts of earlier holders that have been without an outcome for `ms`: their requests are over by now. */
export function lostAttempts(
  connection: Connection,
  target: number,
  { leaseToken, ms }: { readonly leaseToken: number; readonly ms: number },
): Promise<AttemptRow[]> {
  return connection.rows<AttemptRow>(lost, [target, leaseToken, ms]);
}

/** Forgets attempts of more than 30 days ago. */
export async function pruneAttempts(connection: Connection): Promise<void> {
  await connection.rows(prune);
}
