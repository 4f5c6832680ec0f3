/** Lists of groups, users and roles for readers, in the order in which they came to be. */
import type { GroupId, SourceN, UserId, UserN } from '../../core/ids.ts';
import { type Connection, named } from '../database.ts';
import type { GroupRow } from '../groups.ts';
import { groupsAbove } from '../people.ts';
import type { UserRow } from '../users.ts';
import type { Page } from './membership.ts';

export interface ListedGroupRow extends Omit<
  GroupRow,
  'external_id' | 'rule_filter' | 'protected' | 'trusted' | 'lets_request'
> {
  readonly roles: readonly string[];
  /** What it was granted itself. */
  readonly permissions: readonly string[];
  readonly leaders: readonly { readonly type: 'user' | 'group'; readonly id: UserId | GroupId }[];
  /** Names of the sources that may change it although it is protected. */
  readonly trusted_sources: readonly string[];
}

export interface ConferredRoleRow {
  readonly name: string;
  readonly groups: readonly { readonly id: GroupId; readonly name: string }[];
}

const groupColumns = `g.n, g.id, g.name, g.kind, g.description, g.internal, g.hidden, g.open, g.public, g.restricted,
  g.auto_leave, g.rule, (select s.name from source s where s.n = g.reserved_to) as reserved_to, g.console_besides,
  g.document,
  g.version, g.created_at, g.modified_at,
  array(select r.name from group_role h join role r on r.n = h.role_n where h.group_n = g.n order by r.name_key)
    as roles,
  array(select p.permission from permission_grant p where p.holder_n = g.n order by p.permission) as permissions,
  (select coalesce(jsonb_agg(jsonb_build_object('type', case l.leader_kind when 'u' then 'user' else 'group' end,
       'id', coalesce(u.id, h.id)) order by l.leader_n), '[]')
   from group_leader l left join users u on u.n = l.leader_n and u.deleted_at is null
     left join groups h on h.n = l.leader_n and h.deleted_at is null
   where l.group_n = g.n and (u.n is not null or h.n is not null)) as leaders,
  array(select s.name from source s where s.n = any(g.trusted_sources) order by s.name) as trusted_sources`;

const groups = named(
  'listing_groups',
  `select ${groupColumns} from groups g
   where g.deleted_at is null and g.n > $1 and ($3::text is null or g.name_key = $3)
   order by g.n limit $2`,
);

const group = named(
  'listing_group',
  `select ${groupColumns} from groups g where g.id = $1 and g.deleted_at is null`,
);

const users = named(
  'listing_users',
  `select u.n, u.id, u.user_name, u.active, u.stub, u.document, u.version, u.created_at, u.modified_at,
          (select k.value from identity_key k
            where k.user_n = u.n and k.kind = 'externalId' and k.issuer = $4::int::text limit 1) as external_id
   from users u
   where u.deleted_at is null and u.n > $1 and ($3::text is null or u.user_name_key = $3)
   order by u.n limit $2`,
);

const conferred = named(
  'listing_conferred_roles',
  `select r.name, jsonb_agg(jsonb_build_object('id', g.id, 'name', g.name) order by g.n) as groups
   from (select distinct c.ancestor as n from users u
         join assertion a on a.member_n = u.n and not a.suppressed
         join closure c on c.descendant = a.group_n
         where u.n = $1 and u.active and u.deleted_at is null
         union select e.n from groups e where e.kind = 'everyone' and e.deleted_at is null) above
   join groups g using (n) join group_role h on h.group_n = g.n join role r on r.n = h.role_n
   group by r.n order by r.name_key`,
);

const conferredPermissions = named(
  'listing_conferred_permissions',
  `with person as (select n from users where n = $1 and active and deleted_at is null),
   above as (
     select x.n from person p cross join lateral (${groupsAbove('p.n')}) x
     union select e.n from groups e where e.kind = 'everyone' and e.deleted_at is null)
   select p.permission as name, coalesce(bool_or(p.holder_n = $1), false) as direct,
     coalesce(jsonb_agg(jsonb_build_object('id', g.id, 'name', g.name) order by g.n) filter (where g.n is not null),
       '[]') as groups
   from permission_grant p left join groups g on g.n = p.holder_n
   where p.holder_n in (select n from above union all select n from person)
   group by p.permission order by p.permission`,
);

export interface ConferredPermissionRow extends ConferredRoleRow {
  /** Granted to the user itself. */
  readonly direct: boolean;
}

/** Permissions that a user holds, with the groups that confer them; for nobody, what `everyone` confers. */
export async function listConferredPermissions(
  connection: Connection,
  user: UserN | null,
): Promise<ConferredPermissionRow[]> {
  return connection.rows<ConferredPermissionRow>(conferredPermissions, [user]);
}

/** Living groups; `nameKey` picks the one of that folded name. */
export async function listGroupPage(
  connection: Connection,
  { after, limit }: Page,
  nameKey: string | null,
): Promise<ListedGroupRow[]> {
  return connection.rows<ListedGroupRow>(groups, [after, limit, nameKey]);
}

/** The living group with that id. */
export async function findListedGroup(connection: Connection, id: GroupId): Promise<ListedGroupRow | null> {
  return (await connection.rows<ListedGroupRow>(group, [id]))[0] ?? null;
}

/** Living users, stubs among them; `source` says whose externalId to give. */
export async function listUserPage(
  connection: Connection,
  { after, limit }: Page,
  { nameKey, source }: { readonly nameKey: string | null; readonly source: SourceN },
): Promise<UserRow[]> {
  return connection.rows<UserRow>(users, [after, limit, nameKey, source]);
}

/** Roles that a user holds, with the groups that confer them (D-13); for nobody, what `everyone` confers. */
export async function listConferredRoles(
  connection: Connection,
  user: UserN | null,
): Promise<ConferredRoleRow[]> {
  return connection.rows<ConferredRoleRow>(conferred, [user]);
}
