/** Rows of users as SCIM shows them, with what else an answer carries. */
import type { UserId, UserN } from '../../core/ids.ts';
import { type Connection, named, type Statement } from '../database.ts';
import { externalIdIssuer, type UserDocument } from '../users.ts';
import { affiliationsOfUserSql, groupsOfUserSql, keysOfUserSql, managerSql } from './user-facts.ts';
import { inNamespace, ownSql, ownValues, type View } from './view.ts';

export interface ScimUserRow {
  readonly n: UserN;
  readonly id: UserId;
  readonly user_name: string | null;
  readonly active: boolean;
  readonly document: UserDocument;
  readonly version: number;
  readonly created_at: Date;
  readonly modified_at: Date;
  readonly external_id: string | null;
  /** Name of the user that `manager.value` names; null where it names none that can be seen. */
  readonly manager: string | null;
  /** Present where they were asked for. */
  readonly groups?: readonly { readonly id: string; readonly name: string; readonly direct: boolean }[];
  readonly keys?: readonly { readonly kind: string; readonly issuer: string; readonly value: string }[];
  readonly affiliations?: readonly string[];
}

/** Facts that cost more than the row; only those wanted are read. */
export interface UserExtras {
  readonly groups: boolean;
  readonly signIn: boolean;
}

/** The select list over `users u`; `$1` is the issuer of externalIds, `own` the only source whose creations are seen. */
export function userColumns({ groups, signIn }: UserExtras, own: string): string {
  const columns = [
    `u.n, u.id, u.user_name, u.active, u.document, u.version, u.created_at, u.modified_at`,
    `(select k.value from identity_key k
       where k.user_n = u.n and k.kind = 'externalId' and k.issuer = $1::text limit 1) as external_id`,
    `${managerSql(`coalesce(m.document ->> 'displayName', m.user_name)`, own)} as manager`,
  ];
  if (groups) {
    columns.push(`(select coalesce(json_agg(json_build_object('id', g.id, 'name', g.name, 'direct', m.direct) order by g.n), '[]')
       from ${groupsOfUserSql(own)} where u.active) as groups`);
  }
  if (signIn) {
    columns.push(
      `(select coalesce(json_agg(json_build_object('kind', k.kind, 'issuer', k.issuer, 'value', k.value)
          order by k.kind, k.issuer, k.value), '[]') from ${keysOfUserSql('$1::text')}) as keys`,
      `(select coalesce(json_agg(f.name order by f.key), '[]')
          from ${affiliationsOfUserSql}) as affiliations`,
    );
  }
  return columns.join(',\n  ');
}

/** Users that SCIM shows to who sees everything. */
export const isLiveUser = 'u.deleted_at is null and not u.stub';

const statements = new Map<string, Statement>();

function byId(extras: UserExtras, view: View): Statement {
  const own = ownSql(view, '$3::int');
  const name = `scim_user_by_id${extras.groups ? '_groups' : ''}${extras.signIn ? '_sign_in' : ''}_${view.namespace}`;
  const known = statements.get(name);
  if (known !== undefined) return known;
  const statement = named(
    name,
    `select ${userColumns(extras, own)} from users u
     where u.id = $2 and ${isLiveUser} and ${inNamespace('u', own)}`,
  );
  statements.set(name, statement);
  return statement;
}

/** The user of that id, or null: unknown, deleted, a stub, and out of the namespace are all the same. */
export async function findScimUser(
  connection: Connection,
  view: View,
  { id, extras }: { readonly id: UserId; readonly extras: UserExtras },
): Promise<ScimUserRow | null> {
  const values = [externalIdIssuer(view.source), id, ...ownValues(view)];
  return (await connection.rows<ScimUserRow>(byId(extras, view), values))[0] ?? null;
}
