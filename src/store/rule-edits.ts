/**
 * Edits of rules beside writers of users (docs/decisions/0006). An edit reads every user and may move all of them, so
 * it holds nobody while it works: it fills the group first, and takes the facts lock last, for as long as it takes to
 * judge again whoever was written meanwhile. Edits take turns by a lock of their own.
 *
 * The race that is left: a writer of a user, who holds the facts lock shared, may meet a row that the edit has written
 * and not yet committed, of that user in that group. Were it to wait, it and the edit would wait for each other. So
 * it gives up after a moment, lets go of everything, waits for the edit without holding anything, and runs again.
 */
import { setTimeout as pause } from 'node:timers/promises';
import type { UserN } from '../core/ids.ts';
import type { Position } from '../core/position.ts';
import {
  type Connection,
  type Database,
  named,
  onlyRow,
  sqlState,
  type Statement,
  type Tx,
} from './database.ts';
import { FACTS_LOCK, lockFactsAlone } from './facts-lock.ts';
import { markPlace, takeBackTo } from './savepoint.ts';

/** Key of the lock of rule edits among PostgreSQL's advisory locks. */
const EDIT_LOCK = 7_205_184;

const exclusive = named('rule_edit_lock', `select pg_advisory_xact_lock(${EDIT_LOCK})`);
const shared = named('rule_edit_wait', `select pg_advisory_xact_lock_shared(${EDIT_LOCK})`);

/** How long a writer of users waits for a row that an edit may hold: other holders are gone by then. */
const ROW_WAIT = '80ms';

/** A CTE `gives_up`: what reads from it waits for rows a moment only. The statement ends with {@link WAITS_AGAIN}. */
export const GIVES_UP = `gives_up as materialized (select set_config('lock_timeout', '${ROW_WAIT}', true))`;

/** A column that ends what {@link GIVES_UP} began, once everything before it is done. */
export const WAITS_AGAIN = `set_config('lock_timeout', '0', true)`;

/** True for what a writer that gave up ends with: its transaction is undone. */
export function gaveUp(error: unknown): boolean {
  return sqlState(error) === '55P03';
}

/** Waits for other edits of rules: before the group of the edit is filled. */
export async function lockRuleEdits(tx: Tx): Promise<void> {
  await tx.rows(exclusive);
}

/** Waits until no rule is being edited, holding nothing else. */
export async function awaitRuleEdits(database: Database): Promise<void> {
  await database.transaction((tx) => tx.rows(shared));
}

/** Longer than this nobody is held by an edit that waits for the facts lock, which a long import may have. */
const holdBriefly = named('rule_edit_hold_briefly', `select set_config('lock_timeout', '50ms', true)`);
/** Longer than PostgreSQL takes to find that two wait for each other. */
const holdOnce = named('rule_edit_hold_once', `select set_config('lock_timeout', '3s', true)`);
const waitAgain = named('rule_edit_wait_again', `select ${WAITS_AGAIN}`);

/* Somebody with the facts lock that waits for this transaction, by another way than those that give up. */
const isWaitedFor = named(
  'rule_edit_waited_for',
  `select exists (
     select from pg_locks l
     where l.locktype = 'advisory' and l.objid = ${FACTS_LOCK} and l.granted and l.pid <> pg_backend_pid()
       and pg_backend_pid() = any(pg_blocking_pids(l.pid))) as found`,
);

const BETWEEN_TRIES_MS = 100;

/**
 * Takes the facts lock alone, however long others hold it: by short attempts, for whoever comes after one that waits
 * has to wait too. Where a holder of it waits for this transaction, PostgreSQL is left to find that, and to undo one
 * of the two.
 */
export async function lockFactsPatiently(tx: Tx): Promise<void> {
  await markPlace(tx, 'facts');
  for (let attempt = 1; ; attempt += 1) {
    const isCircle = attempt % 10 === 0 && onlyRow(await tx.rows<{ found: boolean }>(isWaitedFor)).found;
    if (await locksWithin(tx, isCircle ? holdOnce : holdBriefly)) return;
    await pause(BETWEEN_TRIES_MS);
  }
}

async function locksWithin(tx: Tx, patience: Statement): Promise<boolean> {
  try {
    await tx.rows(patience);
    await lockFactsAlone(tx);
    await tx.rows(waitAgain);
    return true;
  } catch (error) {
    if (!gaveUp(error)) throw error;
    await takeBackTo(tx, 'facts');
    return false;
  }
}

const changed = named(
  'rule_edit_users_changed',
  `select distinct user_n as n from change
   where xid >= pg_snapshot_xmin($1::pg_snapshot) and not pg_visible_in_snapshot(xid, $1::pg_snapshot)
     and type like 'user.%' and user_n is not null
   order by 1`,
);

/** Users whose record was written since: in transactions that the position does not see and this statement does. */
export async function usersChangedSince(connection: Connection, since: Position): Promise<UserN[]> {
  return (await connection.rows<{ n: UserN }>(changed, [since.text])).map(({ n }) => n);
}
