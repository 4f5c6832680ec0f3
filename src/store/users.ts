/** Rows of users: finding, locking, writing. Who may and what follows is the directory's business. */
import type { EmailKey } from '../core/emails.ts';
import { searchForm } from '../core/scim/search-form.ts';
import type { SourceN, UserId, UserN } from '../core/ids.ts';
import { type Connection, named, onlyRow, type Tx } from './database.ts';
import { endedActivity } from './history.ts';

/** The SCIM attributes of a user except id, userName, active, externalId, groups and meta, in canonical spelling. */
export type UserDocument = Readonly<Record<string, unknown>>;

export interface UserRow {
  readonly n: UserN;
  readonly id: UserId;
  readonly user_name: string | null;
  readonly active: boolean;
  readonly stub: boolean;
  readonly document: UserDocument;
  readonly version: number;
  readonly created_at: Date;
  readonly modified_at: Date;
  /** The externalId that the asking source gave; null for none. */
  readonly external_id: string | null;
}

export interface UserWrite {
  readonly userName: string | null;
  readonly userNameKey: string | null;
  readonly active: boolean;
  readonly stub: boolean;
  readonly document: UserDocument;
}

const columns = `u.n, u.id, u.user_name, u.active, u.stub, u.document, u.version, u.created_at, u.modified_at,
  (select k.value from identity_key k
    where k.user_n = u.n and k.kind = 'externalId' and k.issuer = $2::text limit 1) as external_id`;

const byId = named('user_by_id', `select ${columns} from users u where u.id = $1 and u.deleted_at is null`);

const byIdForUpdate = named(
  'user_by_id_for_update',
  `select ${columns} from users u where u.id = $1 and u.deleted_at is null for no key update of u`,
);

const byNameKey = named(
  'user_by_name_key',
  `select ${columns} from users u where u.user_name_key = $1 and u.deleted_at is null`,
);

const stubToAdopt = named(
  'user_stub_to_adopt',
  `select ${columns} from users u
   where u.deleted_at is null and u.stub and (
     u.user_name_key = $1
     or (u.user_name_key is null and u.n in (
           select k.user_n from identity_key k
           where k.kind = 'email' and k.issuer = '' and k.value_key = any($3::text[]))))
   order by (u.user_name_key is not null) desc, u.n
   for no key update of u`,
);

const insert = named(
  'user_insert',
  `insert into users as u (user_name, user_name_key, active, stub, document, search, created_by)
   values ($1, $3, $4, $5, $6, $7, $8)
   returning u.n, u.id, u.user_name, u.active, u.stub, u.document, u.version, u.created_at, u.modified_at,
     $2::text as external_id`,
);

const update = named(
  'user_update',
  `with was as (select n, active, active_since from users where n = $8),
   ${endedActivity('was', 'not $4::boolean')}
   update users u
   set user_name = $1, user_name_key = $3, active = $4, stub = $5, document = $6, search = $7,
       active_since = case when u.active then u.active_since else now() end,
       version = version + 1, modified_at = now()
   where u.n = $8
   returning u.n, u.id, u.user_name, u.active, u.stub, u.document, u.version, u.created_at, u.modified_at,
     $2::text as external_id`,
);

const tombstone = named(
  'user_tombstone',
  `with was as (select n, active, active_since from users where n = $1), ${endedActivity('was', 'true')}
   update users set deleted_at = now(), modified_at = now(), version = version + 1 where n = $1`,
);

const deleteKeys = named('identity_key_delete', 'delete from identity_key where user_n = $1');

const syncEmails = named(
  'identity_key_sync_emails',
  `with wanted as (select * from unnest($2::text[], $3::text[]) as w(value_key, value)),
   gone as (
     delete from identity_key k
     where k.user_n = $1 and k.kind = 'email' and k.issuer = ''
       and not exists (select 1 from wanted w where w.value_key = k.value_key))
   insert into identity_key (kind, issuer, value_key, user_n, value, source_n)
   select 'email', '', w.value_key, $1, w.value, $4 from wanted w
   on conflict (kind, issuer, value_key, user_n) do nothing`,
);

const syncExternalId = named(
  'identity_key_sync_external_id',
  `with gone as (
     delete from identity_key
     where user_n = $1 and kind = 'externalId' and issuer = $2 and value is distinct from $3)
   insert into identity_key (kind, issuer, value_key, user_n, value, source_n)
   select 'externalId', $2, $3, $1, $3, $4 where $3 is not null
   on conflict (kind, issuer, value_key, user_n) do nothing`,
);

/** The live user with that id; `issuer` says whose externalId to give (see {@link externalIdIssuer}). */
export async function findUser(connection: Connection, id: UserId, issuer: string): Promise<UserRow | null> {
  return (await connection.rows<UserRow>(byId, [id, issuer]))[0] ?? null;
}

/** As {@link findUser}, locked until the transaction ends. */
export async function lockUser(tx: Tx, id: UserId, issuer: string): Promise<UserRow | null> {
  return (await tx.rows<UserRow>(byIdForUpdate, [id, issuer]))[0] ?? null;
}

/** The live user whose folded userName is that key. */
export async function findUserByName(
  connection: Connection,
  userNameKey: string,
  issuer: string,
): Promise<UserRow | null> {
  return (await connection.rows<UserRow>(byNameKey, [userNameKey, issuer]))[0] ?? null;
}

/** Stubs that a new user of that name and those e-mails would turn into, the one with the name first; locked. */
export async function lockAdoptableStubs(
  tx: Tx,
  wanted: { readonly userNameKey: string; readonly emailKeys: readonly string[]; readonly issuer: string },
): Promise<UserRow[]> {
  return tx.rows<UserRow>(stubToAdopt, [wanted.userNameKey, wanted.issuer, wanted.emailKeys]);
}

/** Adds a user; the constraint `users_user_name_unique` refuses a userName in use. */
export async function insertUser(tx: Tx, write: UserWrite, createdBy: SourceN): Promise<UserRow> {
  return onlyRow(await tx.rows<UserRow>(insert, [...writeValues(write), createdBy]));
}

/** Writes a user and moves its version. */
export async function updateUser(tx: Tx, n: UserN, write: UserWrite): Promise<UserRow> {
  return onlyRow(await tx.rows<UserRow>(update, [...writeValues(write), n]));
}

/** Leaves a tombstone and frees every identity key (D-06). */
export async function tombstoneUser(tx: Tx, n: UserN): Promise<void> {
  await tx.rows(tombstone, [n]);
  await tx.rows(deleteKeys, [n]);
}

/** Makes the user's e-mail keys these and no others. */
export async function syncEmailKeys(
  tx: Tx,
  user: UserN,
  emails: readonly EmailKey[],
  source: SourceN,
): Promise<void> {
  await tx.rows(syncEmails, [user, emails.map(({ key }) => key), emails.map(({ value }) => value), source]);
}

/** Sets or clears the externalId that a source gives a user. */
export async function syncUserExternalId(
  tx: Tx,
  user: UserN,
  externalId: string | null,
  source: SourceN,
): Promise<void> {
  await tx.rows(syncExternalId, [user, externalIdIssuer(source), externalId, source]);
}

/** externalId is scoped to the source that gave it (RFC 7643 §3.1): its number, as the key's issuer. */
export function externalIdIssuer(source: SourceN): string {
  return String(source);
}

function writeValues({ userName, userNameKey, active, stub, document }: UserWrite): readonly unknown[] {
  const search = JSON.stringify(searchForm(document));
  return [userName, null, userNameKey, active, stub, JSON.stringify(document), search];
}
