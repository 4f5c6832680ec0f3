/**
 * Accounts that hold permissions, as sources see them (J-20): what a group gives counts for nothing to a source that
 * may put anybody into it, since the group, or one that is nested in it, trusts the source.
 */
import type { SourceN, UserId, UserN } from '../core/ids.ts';
import { parsePermission, type Permission } from '../core/permissions.ts';
import { type Connection, named, type Tx } from './database.ts';
import { externalIdIssuer } from './users.ts';

/**
 * Users with what they hold out of reach of a source, as `n` and `permission`; what everyone holds is left out. `among` is
 * an array of those to look at, where they are few.
 */
export const heldOutOfReach = (source: string, among: string | null = null): string => `
  select p.holder_n as n, p.permission from permission_grant p
  where p.permission <> 'groups.request'${among === null ? '' : ` and p.holder_n = any(${among})`}
  union
  select a.member_n, p.permission
  from permission_grant p
  join groups h on h.n = p.holder_n and h.kind not in ('everyone', 'everyone-signed-in')
  join closure c on c.ancestor = h.n
  join assertion a on a.group_n = c.descendant and a.member_kind = 'u' and not a.suppressed
  where p.permission <> 'groups.request'${among === null ? '' : ` and a.member_n = any(${among})`}
    and not exists (select from closure t join groups d on d.n = t.descendant
                    where t.ancestor = h.n and ${source} = any(d.trusted_sources))`;

/** A source keeps an account that it made, was granted, states in its files, or knows by an externalId of its own. */
const KEEPS = `(
  u.created_by = $2::int
  or exists (select from namespace_grant g where g.source_n = $2::int and g.node_n = u.n)
  or exists (select from user_statement s where s.source_n = $2::int and s.user_n = u.n)
  or exists (select from identity_key k where k.user_n = u.n and k.kind = 'externalId' and k.issuer = $3))`;

const outOfReach = named(
  'holder_out_of_reach',
  `select u.n, u.id, coalesce(u.user_name, u.document #>> '{emails,0,value}', u.id::text) as name,
     min(h.permission) as permission, ${KEEPS} as kept,
     coalesce((select c.source_n = $2::int from change_personal p join change c on c.user_n = p.user_n and c.seq = p.seq
               where p.user_n = u.n and p.before ->> 'active' = 'true' and p.after ->> 'active' = 'false'
               order by p.seq desc limit 1), false) as "endedByIt"
   from (${heldOutOfReach('$2::int', '$1::int[]')}) h join users u on u.n = h.n
   where u.deleted_at is null
   group by u.n`,
);

const administrators = named(
  'holder_administrators',
  `select u.n, u.id, coalesce(u.user_name, u.id::text) as name
   from (${heldOutOfReach('0', '$1::int[]')}) h join users u on u.n = h.n
   where h.permission = 'admin' and u.active and u.deleted_at is null`,
);

/** An account that holds a permission which a source could not have given it. */
export interface HigherAccount {
  readonly n: UserN;
  readonly id: UserId;
  readonly name: string;
  /** One of the permissions. */
  readonly permission: Permission;
  /** The source keeps it: what it says of the end of the account counts. */
  readonly kept: boolean;
  /** It was the source that deactivated it last. */
  readonly endedByIt: boolean;
}

/** Those of the users, stubs too, that hold what the source could not have given them. */
export async function listHigherAccounts(
  tx: Tx,
  users: readonly UserN[],
  source: SourceN,
): Promise<ReadonlyMap<UserN, HigherAccount>> {
  if (users.length === 0) return new Map();
  const rows = await tx.rows<Omit<HigherAccount, 'permission'> & { permission: string }>(outOfReach, [
    users,
    source,
    externalIdIssuer(source),
  ]);
  return new Map(
    rows.flatMap(({ permission: text, ...row }) => {
      const permission = parsePermission(text);
      return permission === null ? [] : [[row.n, { ...row, permission }] as const];
    }),
  );
}

/** Those of the users that are active and hold `admin`, whoever gave it. */
export async function listAdministrators(
  connection: Connection,
  users: readonly UserN[],
): Promise<readonly { readonly n: UserN; readonly id: UserId; readonly name: string }[]> {
  return users.length === 0 ? [] : connection.rows(administrators, [users]);
}
