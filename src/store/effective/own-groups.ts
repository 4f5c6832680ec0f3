/** The groups that people see as their own: hidden ones too (J-02), internal ones not (J-01). */
import type { GroupId, UserN } from '../../core/ids.ts';
import { type Connection, named } from '../database.ts';
import type { AutoLeave, GroupKind } from '../groups.ts';

export interface OwnGroupRow {
  readonly id: GroupId;
  readonly name: string;
  readonly kind: GroupKind;
  readonly open: boolean;
  readonly restricted: boolean;
  /** It confers more than `groups.request` (J-20). */
  readonly protected: boolean;
  readonly auto_leave: AutoLeave;
  readonly reserved_to: string | null;
  readonly direct: boolean;
  readonly roles: readonly string[];
  /** Names of the user's direct groups that lead there, where it is not direct. */
  readonly through: readonly string[];
}

const ownGroups = named(
  'own_groups',
  `with direct as (select distinct a.group_n as n from assertion a where a.member_n = $1 and not a.suppressed),
   above as (
     select c.ancestor as n, bool_or(c.descendant = c.ancestor) as direct,
            array_agg(distinct c.descendant) filter (where c.descendant <> c.ancestor) as through
     from direct d join closure c on c.descendant = d.n group by c.ancestor)
   select g.id, g.name, g.kind, g.open, g.restricted, g.auto_leave, a.direct,
          (select s.name from source s where s.n = g.reserved_to) as reserved_to,
          exists (select from permission_grant p join closure c on c.descendant = g.n and c.ancestor = p.holder_n
                  where p.permission <> 'groups.request') as protected,
          array(select r.name from group_role h join role r on r.n = h.role_n where h.group_n = g.n order by r.name_key)
            as roles,
          array(select t.name from groups t where t.n = any(a.through) and not t.internal order by t.name_key limit 5)
            as through
   from above a join groups g using (n)
   where g.deleted_at is null and not g.internal
     and exists (select from users u where u.n = $1 and u.active and u.deleted_at is null)
   order by g.name_key limit $2`,
);

/** Groups that the user effectively belongs to, by name; at most `limit`. */
export async function listOwnGroups(
  connection: Connection,
  user: UserN,
  limit: number,
): Promise<OwnGroupRow[]> {
  return connection.rows<OwnGroupRow>(ownGroups, [user, limit]);
}
