/** What a user effectively belongs to, as their administrators see it: internal groups too. */
import type { GroupId, GroupN, UserN } from '../../core/ids.ts';
import { type Connection, named } from '../database.ts';

export interface PersonGroupRow {
  readonly n: GroupN;
  readonly id: GroupId;
  readonly name: string;
  readonly key: string;
  readonly direct: boolean;
  readonly roles: readonly string[];
  /** Names of the direct groups that lead there, five at most. */
  readonly through: readonly string[];
}

const groups = named(
  'screen_groups_of_user',
  `with direct as (select distinct a.group_n as n from assertion a where a.member_n = $1 and not a.suppressed),
   above as (
     select c.ancestor as n, bool_or(c.descendant = c.ancestor) as direct,
            array_agg(distinct c.descendant) filter (where c.descendant <> c.ancestor) as through
     from direct d join closure c on c.descendant = d.n group by c.ancestor),
   shown as (
     select g.n, g.id, g.name, g.name_key, a.direct, a.through from above a join groups g using (n)
     where g.deleted_at is null and g.name_key > $2
       and exists (select from users u where u.n = $1 and u.active and u.deleted_at is null)
     order by g.name_key limit $3)
   select s.n, s.id, s.name, s.name_key as key, s.direct,
          array(select r.name from group_role h join role r on r.n = h.role_n where h.group_n = s.n order by r.name_key)
            as roles,
          array(select t.name from groups t where t.n = any(s.through) order by t.name_key limit 5) as through
   from shown s order by s.name_key`,
);

/** Groups of a user by name, after the one of a folded name. */
export async function groupsOfPerson(
  connection: Connection,
  user: UserN,
  { after, limit }: { readonly after: string; readonly limit: number },
): Promise<PersonGroupRow[]> {
  return connection.rows<PersonGroupRow>(groups, [user, after, limit]);
}
