/** Login keys of users: what only an identity provider can say of them (D-10). */
import type { UserN } from '../core/ids.ts';
import type { LoginKey } from '../core/saml/claims.ts';
import { type Connection, named, type Tx } from './database.ts';

export interface LoginKeyRow {
  readonly kind: LoginKey['kind'];
  /** Entity id of the provider. */
  readonly issuer: string;
  readonly value: string;
  readonly since: Date;
  /** Who bound it. */
  readonly source: string;
}

/** One key, by what it is looked up by. */
export interface LoginKeyPlace {
  readonly kind: LoginKey['kind'];
  readonly issuer: string;
  readonly valueKey: string;
}

const list = named(
  'login_keys_of_user',
  `select k.kind, k.issuer, k.value, k.since, s.name as source
   from identity_key k join source s on s.n = k.source_n
   where k.user_n = $1 and k.kind in ('targetedId', 'eppn') order by k.issuer, k.kind, k.value`,
);
const holder = named(
  'login_key_holder',
  'select user_n as n from identity_key where kind = $1 and issuer = $2 and value_key = $3',
);
const remove = named(
  'login_key_delete',
  `with gone as (
     delete from identity_key where user_n = $1 and kind = $2 and issuer = $3 and value_key = $4 returning issuer),
   ended as (
     delete from session s using idp i, gone g
     where i.entity_id = g.issuer and s.source_n = i.source_n and s.user_n = $1)
   select issuer from gone`,
);

/** What a user may be signed in by. */
export async function listLoginKeys(connection: Connection, user: UserN): Promise<LoginKeyRow[]> {
  return connection.rows<LoginKeyRow>(list, [user]);
}

/** Whose the key is; null for nobody's. */
export async function findLoginKeyHolder(tx: Tx, key: LoginKeyPlace): Promise<UserN | null> {
  const [row] = await tx.rows<{ n: UserN }>(holder, [key.kind, key.issuer, key.valueKey]);
  return row?.n ?? null;
}

/** Takes a key from a user and ends the user's sessions by its provider; false when the user does not have it. */
export async function deleteLoginKey(
  tx: Tx,
  { user, ...key }: LoginKeyPlace & { readonly user: UserN },
): Promise<boolean> {
  return (await tx.rows(remove, [user, key.kind, key.issuer, key.valueKey])).length > 0;
}
