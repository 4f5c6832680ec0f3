/**
 * Taking everything away that says who a user was. Numbers and ids stay, so that memberships, the log and its seals
 * keep their meaning. Every table of migrations/ that can hold a word about a person has its statement here or in
 * `targets`; test/directory/an-erased-person-is-nowhere.test.ts looks at all of them.
 */
import type { UserN } from '../../core/ids.ts';
import { named, type Connection, type Statement, type Tx } from '../database.ts';

/** By number alone: $1. */
const ofUser: readonly Statement[] = [
  named(
    'erase_user',
    `update users set user_name = null, user_name_key = null, document = '{}', search = '{}',
       erased_at = coalesce(erased_at, now()) where n = $1`,
  ),
  named('erase_keys', 'delete from identity_key where user_n = $1'),
  named('erase_retired_keys', 'delete from retired_key where user_n = $1'),
  named('erase_log', 'delete from change_personal where user_n = $1'),
  named('erase_statements', 'delete from user_statement where user_n = $1'),
  named('erase_affiliations', 'delete from affiliation_fact where user_n = $1'),
  named('erase_past_affiliations', 'delete from affiliation_past where user_n = $1'),
  named('erase_accounts', 'delete from idp_account where user_n = $1'),
  named('erase_logins', 'delete from idp_login where user_n = $1'),
  named('erase_sessions', 'delete from session where user_n = $1'),
  named('erase_links', 'delete from sign_in_link where user_n = $1'),
  named('erase_requests', 'update join_request set reason = null, decision_reason = null where user_n = $1'),
  named('erase_inbox', 'delete from inbox_item where user_n = $1'),
  named('erase_grants', 'delete from namespace_grant where node_n = $1'),
  named('erase_kept', 'delete from target_kept where user_n = $1'),
];

/** By number, or by a word that stands in a text: $1, $2. */
const byWord: readonly Statement[] = [
  named(
    'erase_planned',
    `update plan_operation o set before = null, after = null
     where o.user_n is not null and (o.user_n = $1 or exists (
       select from plan_made m
       where m.plan_n = o.plan_n and m.n = o.user_n and m.kind = 'u' and normalize(m.name) ~* $2))`,
  ),
  named(
    'erase_planned_people',
    `update plan_made set name = null where kind = 'u' and (n = $1 or normalize(name) ~* $2)`,
  ),
  named(
    'erase_found_conflicts',
    `delete from conflict where kind = 'userName.taken' and (node_n = $1 or normalize(name) ~* $2)`,
  ),
  named(
    'erase_found_disagreements',
    `delete from disagreement where $1 = any(users) or normalize(concat_ws(' ', detail, cell, stated::text, current::text)) ~* $2`,
  ),
  named(
    'erase_rows_of_files',
    `update import_row set original = '', detail = null
     where $1::int is not null and normalize(concat_ws(' ', original, detail)) ~* $2`,
  ),
  named(
    'erase_traces',
    `delete from request_trace where $1::int is not null and normalize(path || ' ' || trace::text) ~* $2`,
  ),
  named(
    'erase_mails',
    `update mail_outbox o set last_error = null from inbox_item i
     where i.n = o.item_n and o.last_error is not null and (i.about_user_n = $1 or normalize(o.last_error) ~* $2)`,
  ),
  named(
    'erase_pushes',
    `delete from target_push
     where state in ('done', 'failed') and (user_n = $1 or normalize(steps::text) ~* $2)`,
  ),
  named(
    'erase_exchanges',
    `update target_attempt set exchange = null, why = null
     where settled and (exchange is not null or why is not null)
       and ((kind = 'u' and object_n = $1) or normalize(concat_ws(' ', why, exchange::text)) ~* $2)`,
  ),
  named(
    'erase_drift',
    `delete from target_drift where (object_kind = 'u' and object_n = $1) or normalize(array_to_string(detail, ' ')) ~* $2`,
  ),
  named(
    'erase_troubles',
    `update target_object set why = null where why is not null and ((kind = 'u' and n = $1) or normalize(why) ~* $2)`,
  ),
];

/** Takes away what is kept of a user whose record is a tombstone already; `pattern` finds the words it was known by. */
export async function erasePerson(tx: Tx, user: UserN, pattern: string): Promise<void> {
  for (const statement of byWord) await tx.rows(statement, [user, pattern]);
  for (const statement of ofUser) await tx.rows(statement, [user]);
}

/*
 * What a target calls an account is needed until it is gone from there. The tombstone has nothing to be compared with
 * by then, so what names the account at the target goes with the last that is held.
 */
const forgetAtTargets = named(
  'erase_at_targets',
  `with gone as (
     update target_object o set remote_id = null, name = null, name_key = null, why = null
     from users u, target t
     where u.erased_at is not null and o.target_n = t.n and o.kind = 'u' and o.n = u.n
       and o.held is null and not o.wanted and o.state = 'gone' and coalesce(o.remote_id, o.name, o.why) is not null),
   past as (
     update target_attempt a set exchange = null, why = null
     from users u, target t
     where u.erased_at is not null and a.target_n = t.n and a.kind = 'u' and a.object_n = u.n
       and a.settled and coalesce(a.why, a.exchange::text) is not null)
   select 1 where false`,
);

const heldAt = named(
  'erased_held_at',
  `select t.name from target_object o join target t on t.n = o.target_n
   where o.kind = 'u' and o.n = $1 and (o.held is not null or o.state not in ('gone', 'settled')) and t.deleted_at is null
   order by t.name`,
);

/** Forgets what targets called the accounts of erased users, of those that are gone from there. */
export async function forgetErasedAtTargets(connection: Connection): Promise<void> {
  await connection.rows(forgetAtTargets);
}

/** Names of the targets that hold an account of the user still. */
export async function targetsHolding(connection: Connection, user: UserN): Promise<string[]> {
  return (await connection.rows<{ name: string }>(heldAt, [user])).map(({ name }) => name);
}
