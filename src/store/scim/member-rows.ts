/** Members of groups as SCIM shows them: users and groups by id, stubs only where they have a userName. */
import type { GroupN, UserN } from '../../core/ids.ts';
import { type Connection, named } from '../database.ts';
import { inNamespace, ownSource, type View } from './view.ts';

export interface MemberRow {
  readonly group_n: GroupN;
  readonly member_n: UserN | GroupN;
  /** null for a member that SCIM does not show. */
  readonly id: string | null;
  readonly type: 'User' | 'Group';
  readonly display: string;
}

/** A place among the members of several groups; both numbers are below any that exist at the start. */
export interface MemberPlace {
  readonly group: number;
  readonly member: number;
}

export const beforeAllMembers: MemberPlace = { group: -1, member: -1 };

/** Expressions over what {@link joinMembersSql} joins. */
export const memberColumns = {
  id: 'coalesce(mu.id, mg.id)',
  type: `(case when mu.id is null then 'Group' else 'User' end)`,
  display: `coalesce(mu.document ->> 'displayName', mu.user_name, mg.name)`,
  foldedDisplay: `coalesce(mu.search ->> 'displayName', mu.user_name_key, mg.name_key)`,
} as const;

export const isVisibleMember = '(mu.n is not null or mg.n is not null)';

/** Joins members `a` to the users `mu` and groups `mg` that SCIM shows. */
export function joinMembersSql(own: string): string {
  return `left join users mu on mu.n = a.member_n and mu.deleted_at is null
      and (not mu.stub or mu.user_name is not null) and ${inNamespace('mu', own)}
    left join groups mg on mg.n = a.member_n and mg.deleted_at is null
      and ${inNamespace('mg', own)}`;
}

/** Rows to a statement: a page of 10,000 members is about 1 MB. */
export const MEMBERS_AT_ONCE = 10_000;

const page = named(
  'scim_members_page',
  `with a as materialized (
     select distinct group_n, member_n from assertion
     where group_n = any($1::int[]) and not suppressed and (group_n, member_n) > ($2::int, $3::int)
     order by group_n, member_n limit ${MEMBERS_AT_ONCE})
   select a.group_n, a.member_n, ${memberColumns.id} as id, ${memberColumns.type} as type,
     ${memberColumns.display} as display
   from a ${joinMembersSql('$4::int')}
   order by a.group_n, a.member_n`,
);

/** Up to {@link MEMBERS_AT_ONCE} members of the groups after a place, ordered by group and member; fewer only at the end. */
export async function listMembers(
  connection: Connection,
  view: View,
  { groups, after }: { readonly groups: readonly GroupN[]; readonly after: MemberPlace },
): Promise<MemberRow[]> {
  return connection.rows<MemberRow>(page, [groups, after.group, after.member, ownSource(view)]);
}
