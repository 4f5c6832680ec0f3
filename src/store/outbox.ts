/** Mails that wait to be sent: one for an inbox item, written in the transaction of what it tells. */
import type { RequestKind } from '../core/joining.ts';
import { type Connection, named } from './database.ts';
import { isUnread } from './inbox.ts';

export interface MailRow {
  readonly item_n: number;
  readonly item_id: string;
  readonly type: string;
  readonly document: Readonly<Record<string, unknown>>;
  /** What a request is about; null of a plan. */
  readonly group_name: string | null;
  readonly request_kind: RequestKind | null;
  readonly request_reason: string | null;
  readonly decision_reason: string | null;
  readonly about: string | null;
  readonly plan_id: string | null;
  readonly plan_title: string | null;
  /** Attempts before this one. */
  readonly attempts: number;
}

const due = named(
  'outbox_due',
  `select o.item_n, i.id as item_id, i.type, u.document, g.name as group_name, r.kind as request_kind,
     r.reason as request_reason, r.decision_reason, o.attempts,
     coalesce(a.document->>'displayName', a.user_name) as about, p.id as plan_id, p.title as plan_title
   from mail_outbox o join inbox_item i on i.n = o.item_n
   join users u on u.n = i.user_n and u.active and u.deleted_at is null
   left join join_request r on r.n = i.request_n left join groups g on g.n = r.group_n
   left join plan p on p.n = i.plan_n
   left join users a on a.n = i.about_user_n
   where o.sent_at is null and o.given_up_at is null and o.due_at <= now() and ${isUnread} and (g.n is not null or p.n is not null)
   order by o.due_at limit $1`,
);

const sent = named('outbox_sent', 'update mail_outbox set sent_at = now() where item_n = $1');

const failed = named(
  'outbox_failed',
  `update mail_outbox set attempts = attempts + 1, last_error = $2,
     due_at = now() + make_interval(secs => coalesce($3::int, 0)),
     given_up_at = case when $3::int is null then now() end
   where item_n = $1`,
);

const prune = named('outbox_prune', `delete from mail_outbox where due_at < now() - interval '30 days'`);

/** Mails whose time has come, the oldest first: not those that were read meanwhile. */
export async function listDueMails(connection: Connection, limit: number): Promise<MailRow[]> {
  return connection.rows<MailRow>(due, [limit]);
}

/** Writes down that a mail server took it. */
export async function markMailSent(connection: Connection, item: number): Promise<void> {
  await connection.rows(sent, [item]);
}

/** Writes down that a mail was not taken; `wait` in seconds, null to give it up. */
export async function markMailFailed(
  connection: Connection,
  { item, error, wait }: { readonly item: number; readonly error: string; readonly wait: number | null },
): Promise<void> {
  await connection.rows(failed, [item, error, wait]);
}

/** Forgets mails that are long done with. */
export async function pruneMails(connection: Connection): Promise<void> {
  await connection.rows(prune);
}
