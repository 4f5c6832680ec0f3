/**
 * Who confers what: roles of groups, and permissions granted to groups and users (D-13). An *entitlement* is a
 * role or a permission by one number, under which the feed's ledger keeps who holds it.
 */
import { named, type Tx } from '../database.ts';

/** One entitlement and one who confers it: a group on its effective members, a user on itself. */
export interface ConferralRow {
  readonly holder_n: number;
  readonly holder_kind: 'u' | 'g';
  readonly entitlement: number;
  readonly kind: 'role' | 'permission';
  readonly name: string;
}

/** Numbers of roles begin here; those of permissions are their places in {@link PERMISSIONS}. */
const FIRST_ROLE = 100;

/** The ledger keeps these places: add at the end only. */
const PERMISSIONS = [
  'groups.request',
  'groups.manage',
  'users.manage',
  'sources.manage',
  'targets.manage',
  'plans.approve',
  'audit.read',
  'admin',
];

/** What `everyone` confers is held by whoever comes; it is no news of any user. */
const conferrals = named(
  'conferrals',
  `with confers as (select n from groups where deleted_at is null and kind <> 'everyone')
   select h.group_n as holder_n, 'g' as holder_kind, ${FIRST_ROLE} + h.role_n as entitlement, 'role' as kind, r.name
   from group_role h join role r on r.n = h.role_n join confers g on g.n = h.group_n
   where $1::int[] is null or h.group_n = any($1)
   union all
   select p.holder_n, case when u.n is null then 'g' else 'u' end,
          array_position(array['${PERMISSIONS.join("','")}'], p.permission), 'permission', p.permission
   from permission_grant p
   left join confers g on g.n = p.holder_n
   left join users u on u.n = p.holder_n and u.deleted_at is null
   where (g.n is not null or u.n is not null) and ($1::int[] is null or p.holder_n = any($1))
   order by entitlement, holder_n`,
);

/** What those groups and users confer; everything with null. */
export async function readConferrals(tx: Tx, holders: readonly number[] | null): Promise<ConferralRow[]> {
  return holders?.length === 0 ? [] : tx.rows<ConferralRow>(conferrals, [holders]);
}
