/** What people are told: an inbox each, and mail besides where the installation sends any. */
import type { GroupN, UserId, UserN } from '../core/ids.ts';
import { type Connection, named, type Tx } from './database.ts';
import type { Page } from './effective/membership.ts';

export interface InboxRow {
  readonly n: number;
  readonly id: string;
  readonly type: string;
  readonly group_id: string | null;
  readonly group_name: string | null;
  readonly request_id: string | null;
  readonly request_kind: string | null;
  readonly request_reason: string | null;
  readonly decision_reason: string | null;
  /** Whom it is about, where that is not the reader. */
  readonly about_id: UserId | null;
  readonly about_name: string | null;
  /** The plan that waits, or waited, for a decision. */
  readonly plan_id: string | null;
  readonly plan_title: string | null;
  readonly at: Date;
  /** What somebody decided meanwhile need not be read any more. */
  readonly read_at: Date | null;
}

/** Mails to one event at most; more people than that read it in their inbox. */
const MAILS_PER_EVENT = 100;

const belowHolders = (grants: string): string => `
  select p.holder_n as n from permission_grant p where ${grants}
  union
  select a.member_n from permission_grant p join closure c on c.ancestor = p.holder_n
  join assertion a on a.group_n = c.descendant and a.member_kind = 'u' and not a.suppressed
  where ${grants}`;

const tellDeciding = named(
  'inbox_tell_deciding',
  `with leaders as (
     select l.leader_n as n from group_leader l where l.group_n = $1 and l.leader_kind = 'u'
     union
     select a.member_n from group_leader l join closure c on c.ancestor = l.leader_n
     join assertion a on a.group_n = c.descendant and a.member_kind = 'u' and not a.suppressed
     where l.group_n = $1 and l.leader_kind = 'g'),
   close_by as (
     select u.n from users u
     where u.n in (select n from leaders union ${belowHolders(`p.permission = 'groups.manage'`)})
       and $4 = 'leaders' and u.active and not u.stub and u.deleted_at is null and u.n <> $3),
   told as (
     select n from close_by
     union all
     select u.n from users u
     where u.n in (${belowHolders(`p.permission = 'admin'`)}) and not exists (select from close_by)
       and u.active and not u.stub and u.deleted_at is null and u.n <> $3),
   items as (
     insert into inbox_item (user_n, type, group_n, request_n, about_user_n)
     select n, 'request.created', $1, $2, $3 from told order by n returning n)
   insert into mail_outbox (item_n)
   select n from items
   where $5 = 'on' and not exists (
     select from join_request r
     join inbox_item i on i.request_n = r.n and i.type = 'request.created'
     join mail_outbox o on o.item_n = i.n and o.sent_at > now() - interval '1 hour'
     where r.user_n = $3 and r.group_n = $1 and r.n <> $2 and r.state = 'cancelled')
   order by n limit ${MAILS_PER_EVENT}`,
);

const tellOfPlan = named(
  'inbox_tell_of_plan',
  `with told as (
     select u.n from users u
     where u.n in (${belowHolders(`p.permission in ('plans.approve', 'admin')`)})
       and u.active and not u.stub and u.deleted_at is null),
   items as (insert into inbox_item (user_n, type, plan_n) select n, 'plan.held', $1 from told order by n returning n)
   insert into mail_outbox (item_n) select n from items where $2 = 'on' order by n limit ${MAILS_PER_EVENT}`,
);

const takeBack = named(
  'inbox_take_back',
  `delete from inbox_item i where i.plan_n = any($1::bigint[]) and i.read_at is null
     and not exists (select from mail_outbox o where o.item_n = i.n)`,
);

/** Whether there is something to do about an item, of i with its plan p. */
export const isUnread = `i.read_at is null and (i.plan_n is null or p.state = 'held')`;

const tellRequester = named(
  'inbox_tell_requester',
  `with items as (
     insert into inbox_item (user_n, type, group_n, request_n)
     select r.user_n, 'request.' || r.state, r.group_n, r.n from join_request r where r.n = any($1::bigint[])
     returning n),
   done as (
     update inbox_item set read_at = now()
     where request_n = any($1::bigint[]) and type = 'request.created' and read_at is null)
   insert into mail_outbox (item_n) select n from items where $2 = 'on'`,
);

const page = named(
  'inbox_page',
  `select i.n, i.id, i.type, g.id as group_id, g.name as group_name, r.id as request_id, r.kind as request_kind,
     r.reason as request_reason, r.decision_reason, u.id as about_id, u.user_name as about_name, p.id as plan_id, p.title as plan_title, i.at,
     case when not (${isUnread}) then coalesce(i.read_at, p.decided_at, p.ended_at, i.at) end as read_at
   from inbox_item i left join plan p on p.n = i.plan_n left join groups g on g.n = i.group_n left join join_request r on r.n = i.request_n
   left join users u on u.n = i.about_user_n
   where i.user_n = $1 and ($2 = 0 or i.n < $2) and (not $4 or ${isUnread})
   order by i.n desc limit $3`,
);

const markRead = named(
  'inbox_mark_read',
  `update inbox_item set read_at = coalesce(read_at, now()) where id = $1 and ($2::int is null or user_n = $2)
   returning id`,
);

/** Who hears of a request: the group's leaders and the group managers, or the administrators alone. */
export type Audience = 'leaders' | 'administrators';

export interface RequestToTell {
  readonly group: GroupN;
  readonly request: number;
  readonly user: UserN;
  readonly audience: Audience;
  readonly mail: 'on' | 'off';
}

/**
 * Tells those who decide of a new request (J-04); the administrators where nobody else does. Who takes a request back and
 * asks again fills nobody's mailbox: within an hour of a mail about it there is no other one.
 */
export async function tellDeciders(tx: Tx, told: RequestToTell): Promise<void> {
  await tx.rows(tellDeciding, [told.group, told.request, told.user, told.audience, told.mail]);
}

export interface HeldPlanToTell {
  readonly plan: number;
  /** Plans that it takes the place of: what nobody read of them, and was not mailed, is told no more. */
  readonly replaced: readonly number[];
  readonly mail: 'on' | 'off';
}

/** Tells those who decide of a plan that a guard held (D-30). A push may be held anew with every change of a busy hour. */
export async function tellOfHeldPlan(tx: Tx, { plan, replaced, mail }: HeldPlanToTell): Promise<void> {
  if (replaced.length > 0) await tx.rows(takeBack, [replaced]);
  await tx.rows(tellOfPlan, [plan, mail]);
}

/** Tells requesters how their requests ended (J-13); whoever was to decide need not look any more. */
export async function tellRequesters(tx: Tx, requests: readonly number[], mail: 'on' | 'off'): Promise<void> {
  if (requests.length > 0) await tx.rows(tellRequester, [requests, mail]);
}

/** What a user was told, the newest first. */
export async function listInbox(
  connection: Connection,
  user: UserN,
  { page: { after, limit }, only }: { readonly page: Page; readonly only: 'unread' | 'all' },
): Promise<InboxRow[]> {
  return connection.rows<InboxRow>(page, [user, after, limit, only === 'unread']);
}

/** Marks an item read; false when there is none, or it is another's. */
export async function markInboxItemRead(
  connection: Connection,
  id: string,
  user: UserN | null,
): Promise<boolean> {
  return (await connection.rows(markRead, [id, user])).length > 0;
}

const markAll = named(
  'inbox_mark_all_read',
  'update inbox_item set read_at = now() where user_n = $1 and read_at is null',
);

/** Marks everything read that a user was told. */
export async function markInboxRead(connection: Connection, user: UserN): Promise<void> {
  await connection.rows(markAll, [user]);
}
