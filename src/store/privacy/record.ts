/** Everything that is kept of one person, section by section, for whoever asks what is known of them. */
import type { UserN } from '../../core/ids.ts';
import type { Tx } from '../database.ts';

/** Sections over `$1`, the user's number; `$2` finds its words and its id in texts (patternOf). */
const byNumber = {
  user: `
    select id, user_name as "userName", active, stub, version, created_at as created, modified_at as "lastModified",
           deleted_at as deleted, erased_at as erased,
           (select s.name from source s where s.n = u.created_by) as "createdBy", document as attributes
    from users u where n = $1`,
  keys: `
    select k.kind, coalesce(i.name, k.issuer) as issuer, k.value, k.qualifiers, s.name as source, k.since
    from identity_key k join source s on s.n = k.source_n
    left join source i on k.kind = 'externalId' and i.n::text = k.issuer
    where k.user_n = $1 order by k.kind, k.issuer, k.value`,
  formerKeys: `
    select kind, issuer, value_key as value, retired_at as until, released_at as released
    from retired_key where user_n = $1 order by n`,
  statements: `
    select s.name as source, p.stated, p.since, p.ended_at as ended, o.name as file, p.line
    from user_statement p join source s on s.n = p.source_n left join origin o on o.n = p.origin_n
    where p.user_n = $1 order by s.name`,
  providers: `
    select i.name as provider, a.profile, a.first_at as "firstLogin", a.last_at as "lastLogin", a.logins
    from idp_account a join idp i on i.n = a.idp_n where a.user_n = $1 order by i.name`,
  affiliations: `
    select s.name as source, f.authority, f.value, f.scope, f.since, f.expires_at as "expiresAt", null::timestamptz as until
    from affiliation_fact f join source s on s.n = f.source_n where f.user_n = $1
    union all
    select s.name, f.authority, f.value, f.scope, f.since, null, f.until
    from affiliation_past f join source s on s.n = f.source_n where f.user_n = $1 order by 5`,
  memberships: `
    select jsonb_build_object('id', g.id, 'name', g.name) as "group", s.name as source, a.since,
           a.expires_at as "expiresAt", a.suppressed,
           case when o.n is not null then jsonb_build_object('kind', o.kind, 'name', o.name, 'sha256', o.sha256, 'line', a.line) end as origin
    from assertion a join groups g on g.n = a.group_n and g.deleted_at is null
    join source s on s.n = a.source_n left join origin o on o.n = a.origin_n
    where a.member_n = $1 order by g.name_key, s.name`,
  effectiveGroups: `
    select distinct g.id, g.name from assertion a join closure c on c.descendant = a.group_n
    join groups g on g.n = c.ancestor and g.deleted_at is null
    join users u on u.n = $1 and u.active and u.deleted_at is null
    where a.member_n = $1 and not a.suppressed order by g.name`,
  pastMemberships: `
    select jsonb_build_object('id', g.id, 'name', g.name) as "group", s.name as source, p.since, p.until, o.name as origin, p.line
    from membership_past p join groups g on g.n = p.group_n join source s on s.n = p.source_n
    left join origin o on o.n = p.origin_n where p.member_n = $1 order by p.until`,
  activeSpans: 'select since, until from activity_past where user_n = $1 order by since',
  permissions: `select permission, granted_at as since from permission_grant where holder_n = $1 order by permission`,
  leads: `
    select g.id, g.name, l.since from group_leader l join groups g on g.n = l.group_n and g.deleted_at is null
    where l.leader_n = $1 order by g.name_key`,
  delegations: `
    select g.id, g.name, d.can_add as "canAdd", d.can_remove as "canRemove", d.since
    from delegation d join groups g on g.n = d.group_n where d.user_n = $1 order by g.name_key`,
  requests: `
    select r.id, r.kind, jsonb_build_object('id', g.id, 'name', g.name) as "group", r.state, r.reason,
           r.created_at as created, r.decided_at as decided, r.decided_by_kind as "decidedByKind", r.decided_by_id as "decidedBy",
           r.decision_reason as "decisionReason"
    from join_request r join groups g on g.n = r.group_n where r.user_n = $1 order by r.n`,
  inbox: `
    select i.type, g.name as "group", p.title as plan, i.at, i.read_at as read, o.sent_at as mailed, o.last_error as "mailError"
    from inbox_item i left join groups g on g.n = i.group_n left join plan p on p.n = i.plan_n
    left join mail_outbox o on o.item_n = i.n
    where i.user_n = $1 order by i.n`,
  sessions: `
    select s.how, p.name as provider, s.name_id as "nameId", s.created_at as created, s.seen_at as seen, s.expires_at as "expiresAt"
    from session s left join source p on p.n = s.source_n where s.user_n = $1 order by s.n`,
  log: `
    select c.at, c.type, c.actor_kind as "actorKind", c.actor_id as actor, s.name as source, o.kind as "originKind",
           o.name as origin, c.request_id as "requestId", g.name as "group",
           case when c.added @> array[$1::int] then 'added' when c.removed @> array[$1::int] then 'removed' end as membership,
           coalesce(p.before, c.before) as before, coalesce(p.after, c.after) as after, coalesce(p.reason, c.reason) as reason
    from change c left join change_personal p on p.seq = c.seq and c.user_n is not null
    left join source s on s.n = c.source_n left join origin o on o.n = c.origin_n left join groups g on g.n = c.group_n
    where c.user_n = $1 or c.on_behalf_of = $1 or c.added @> array[$1::int] or c.removed @> array[$1::int]
       or (c.actor_kind = 'user' and c.actor_id = (select id::text from users where n = $1))
    order by c.at, c.seq`,
  targets: `
    select t.name as target, t.type, o.state, o.held is not null as held, o.held = 'a' as active, o.remote_id as "remoteId",
           o.name, o.why, o.applied_at as "appliedAt"
    from target_object o join target t on t.n = o.target_n
    where o.kind = 'u' and o.n = $1 order by t.name`,
  deliveries: `
    select t.name as target, a.operation, a.started_at as at, a.outcome, a.why, a.exchange
    from target_attempt a join target t on t.n = a.target_n
    where (a.kind = 'u' and a.object_n = $1) or a.members @> array[$1::int] order by a.n`,
  conflicts: `
    select c.kind, s.name as source, c.name, c.opened_at as opened, c.decision from conflict c
    join source s on s.n = c.source_n where c.node_n = $1 order by c.n`,
  disagreements: `
    select d.kind, s.name as source, d.code, d.detail, d.cell, d.attribute, d.stated, d.current, d.file, d.line, d.state
    from disagreement d join source s on s.n = d.source_n where $1 = any(d.users) order by d.n`,
} as const;

const byWord = {
  plans: `
    select p.id, p.kind, p.title, p.state, p.created_at as created, o.type, g.name as "group",
           case when o.added @> array[$1::int] then 'added' when o.removed @> array[$1::int] then 'removed' end as membership,
           o.before, o.after
    from plan_operation o join plan p on p.n = o.plan_n left join groups g on g.n = o.group_n
    where o.user_n = $1 or o.added @> array[$1::int] or o.removed @> array[$1::int]
       or exists (select from plan_made m where m.plan_n = o.plan_n and m.n = o.user_n and m.kind = 'u' and normalize(m.name) ~* $2)
    order by p.n, o.at`,
  rowsOfFiles: `
    select i.file, i.sha256, i.created_at as at, r.line, r.outcome, r.code, r.detail, r.original
    from import_row r join import_run i on i.n = r.run_n
    where $1::int is not null and normalize(concat_ws(' ', r.original, r.detail)) ~* $2 order by i.n, r.line`,
  traces: `
    select s.name as client, t.at, t.method, t.path, t.status, t.trace from request_trace t join source s on s.n = t.source_n
    where $1::int is not null and normalize(t.path || ' ' || t.trace::text) ~* $2 order by t.n`,
} as const;

export type PersonRecord = Readonly<Record<string, unknown>>;

/** All sections, from one moment where the transaction is of one snapshot. */
export async function readPersonRecord(tx: Tx, user: UserN, pattern: string): Promise<PersonRecord> {
  const record: Record<string, unknown> = {};
  for (const [section, text] of Object.entries(byNumber)) {
    const rows = await tx.rows({ text }, [user]);
    record[section] = section === 'user' ? (rows[0] ?? null) : rows;
  }
  for (const [section, text] of Object.entries(byWord))
    record[section] = await tx.rows({ text }, [user, pattern]);
  return record;
}
