/** Groups and direct memberships in pages, for an export. */
import type { ExportedGroup, ExportedMembership } from '../../core/exports/group-line.ts';
import type { Tx } from '../database.ts';

export interface GroupPageRow extends ExportedGroup {
  readonly n: number;
}

const groups = `
  select g.n, g.id, g.name, g.kind, g.description, g.internal, g.hidden, g.open, g.public, g.restricted,
         g.auto_leave as "autoLeave", g.rule, s.name as "reservedTo", g.created_at as "createdAt",
         g.modified_at as "modifiedAt",
         (select coalesce(json_agg(r.name order by r.name_key), '[]')
          from group_role gr join role r on r.n = gr.role_n where gr.group_n = g.n) as roles
  from groups g left join source s on s.n = g.reserved_to
  where g.deleted_at is null and g.n > $1 order by g.n limit $2`;

/** Live groups behind number `after`. */
export async function readGroups(tx: Tx, after: number, limit: number): Promise<GroupPageRow[]> {
  return tx.rows<GroupPageRow>({ text: groups }, [after, limit]);
}

/** A pair of numbers, as memberships are paged by. */
export interface Pair {
  readonly group: number;
  readonly member: number;
}

export interface MembershipPageRow {
  readonly n: Pair;
  /** Null where the group or the member is deleted and its leftovers are yet to be swept. */
  readonly membership: ExportedMembership | null;
}

interface Row {
  readonly group_n: number;
  readonly member_n: number;
  readonly live: boolean;
  readonly group: ExportedMembership['group'];
  readonly member: ExportedMembership['member'];
  readonly expires_at: Date | null;
  readonly sources: ExportedMembership['sources'];
}

const memberships = `
  with page as (
    select a.group_n, a.member_n, a.member_kind,
           case when bool_or(a.expires_at is null) then null else max(a.expires_at) end as expires_at,
           json_agg(json_build_object('source', s.name, 'since', a.since, 'expiresAt', a.expires_at)
                    order by a.since, s.name) as sources
    from assertion a join source s on s.n = a.source_n
    where not a.suppressed and (a.group_n, a.member_n) > ($1, $2)
    group by a.group_n, a.member_n, a.member_kind order by a.group_n, a.member_n limit $3)
  select p.group_n, p.member_n, p.expires_at, p.sources,
         g.n is not null and (u.n is not null or m.n is not null) as live,
         json_build_object('id', g.id, 'name', g.name, 'kind', g.kind) as group,
         case when p.member_kind = 'g'
           then json_build_object('type', 'group', 'id', m.id, 'name', m.name, 'kind', m.kind)
           else json_build_object(
             'type', 'user', 'id', u.id, 'userName', u.user_name, 'stub', u.stub,
             'email', (select k.value from identity_key k where k.user_n = u.n and k.kind = 'email'
                       order by k.since, k.value_key limit 1),
             'targetedId', (select json_build_object('issuer', k.issuer, 'value', k.value,
                                     'audience', coalesce(k.qualifiers ->> 'audience', k.qualifiers ->> 'spNameQualifier'))
                            from identity_key k where u.stub and k.user_n = u.n and k.kind = 'targetedId'
                            order by k.since, k.value_key limit 1)) end as member
  from page p
  left join groups g on g.n = p.group_n and g.deleted_at is null
  left join groups m on p.member_kind = 'g' and m.n = p.member_n and m.deleted_at is null
  left join users u on p.member_kind = 'u' and u.n = p.member_n and u.deleted_at is null
  order by p.group_n, p.member_n`;

/** Direct memberships behind a pair, each once whoever asserts it. */
export async function readMemberships(tx: Tx, after: Pair, limit: number): Promise<MembershipPageRow[]> {
  const rows = await tx.rows<Row>({ text: memberships }, [after.group, after.member, limit]);
  return rows.map(({ group_n, member_n, live, group, member, expires_at: expiresAt, sources }) => ({
    n: { group: group_n, member: member_n },
    membership: live ? { group, member, expiresAt, sources } : null,
  }));
}
