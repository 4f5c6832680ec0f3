/** Clients and their tokens: each client is a source of its own; a token is known by its SHA-256 alone. */
import type { SourceN } from '../core/ids.ts';
import { type Connection, named, onlyRow, type Tx } from './database.ts';

export interface ClientRow {
  readonly n: number;
  readonly id: string;
  readonly name: string;
  readonly source_n: SourceN;
  readonly profile: string;
  readonly namespace: 'all' | 'own';
  readonly scopes: readonly string[];
  readonly allow: readonly string[];
  readonly rate_per_second: number | null;
  /** Tenant of Entra ID whose own tokens speak for the client. */
  readonly entra_tenant: string | null;
  readonly created_at: Date;
}

export interface NewClientRow {
  readonly sourceN: SourceN;
  readonly profile: string;
  readonly namespace: 'all' | 'own';
  readonly scopes: readonly string[];
  readonly allow: readonly string[];
  /** Requests a second; null for no limit. */
  readonly ratePerSecond: number | null;
  readonly entraTenant: string | null;
}

/** A client as a token names it. */
export interface TokenOwnerRow extends ClientRow {
  readonly token_expires_at: Date | null;
}

export interface NewTokenRow {
  readonly clientN: number;
  readonly keyId: string | null;
  readonly hash: Buffer;
  readonly expiresAt: Date | null;
}

export interface NewAccessTokenRow extends NewTokenRow {
  readonly expiresAt: Date;
  /** What the token is good for, of the scopes of its client. */
  readonly scopes: readonly string[];
}

const columns = `c.n, c.id, s.name, c.source_n, c.profile, c.namespace, c.scopes, c.allow, c.rate_per_second,
  c.entra_tenant, c.created_at`;

const insert = named(
  'client_insert',
  `with c as (
     insert into client (source_n, profile, namespace, scopes, allow, rate_per_second, entra_tenant)
     values ($1, $2, $3, $4, $5, $6, $7) returning *)
   select ${columns} from c join source s on s.n = c.source_n`,
);

const list = named(
  'client_list',
  `select ${columns} from client c join source s on s.n = c.source_n where c.revoked_at is null order by c.n`,
);

const find = named(
  'client_find',
  `select ${columns} from client c join source s on s.n = c.source_n
   where c.revoked_at is null and (c.id::text = $1 or s.name = $1)`,
);

const revoke = named('client_revoke', 'update client set revoked_at = now() where n = $1');

const insertTokenStatement = named(
  'client_token_insert',
  `insert into client_token (client_n, key_id, hash, expires_at)
   select $1, $2, $3, $4 where $4::timestamptz is null or $4 > now() returning id`,
);

const lock = named('client_lock', 'select from client where n = $1 for no key update');

const expireOthers = named(
  'client_token_expire_others',
  `update client_token set expires_at = least(coalesce(expires_at, $3), $3)
   where client_n = $1 and hash <> $2 and revoked_at is null`,
);

const byToken = named(
  'client_by_token',
  `select c.n, c.id, s.name, c.source_n, c.profile, c.namespace,
     case when t.scopes is null then c.scopes when 'admin' = any(c.scopes) then t.scopes
       else array(select unnest(t.scopes) intersect select unnest(c.scopes)) end as scopes,
     c.allow, c.rate_per_second, c.entra_tenant, c.created_at, t.expires_at as token_expires_at
   from client_token t join client c on c.n = t.client_n join source s on s.n = c.source_n
   where t.hash = $1 and t.revoked_at is null and c.revoked_at is null
     and (t.expires_at is null or t.expires_at > now())`,
);

const bySecret = named(
  'client_by_secret',
  `select ${columns}, t.expires_at as token_expires_at
   from client_token t join client c on c.n = t.client_n join source s on s.n = c.source_n
   where t.hash = $1 and t.purpose = 'token' and (c.id::text = $2 or s.name = $2)
     and t.revoked_at is null and c.revoked_at is null and (t.expires_at is null or t.expires_at > now())`,
);

const byTenant = named(
  'client_by_tenant',
  `select ${columns}, null as token_expires_at from client c join source s on s.n = c.source_n
   where c.entra_tenant = $1::uuid and c.revoked_at is null`,
);

const insertAccess = named(
  'client_token_insert_access',
  `with over as (
     delete from client_token where purpose = 'access' and expires_at < now() - interval '1 day')
   insert into client_token (client_n, key_id, hash, expires_at, purpose, scopes)
   values ($1, $2, $3, $4, 'access', $5)`,
);

const ending = named(
  'client_token_ending',
  `select s.name, t.expires_at from client_token t join client c on c.n = t.client_n join source s on s.n = c.source_n
   where t.revoked_at is null and c.revoked_at is null and t.purpose = 'token'
     and t.expires_at between now() and now() + make_interval(days => $1)
   order by t.expires_at`,
);

/** Adds a client to its source. */
export async function insertClient(tx: Tx, client: NewClientRow): Promise<ClientRow> {
  const { sourceN, profile, namespace, scopes, allow, ratePerSecond, entraTenant } = client;
  const values = [sourceN, profile, namespace, scopes, allow, ratePerSecond, entraTenant];
  return onlyRow(await tx.rows<ClientRow>(insert, values));
}

/** The client in use that is that tenant of Entra ID, whose tokens have their own end; null for none. */
export async function findTenantOwner(connection: Connection, tenant: string): Promise<TokenOwnerRow | null> {
  return (await connection.rows<TokenOwnerRow>(byTenant, [tenant]))[0] ?? null;
}

/** Clients in use, oldest first. */
export async function listClients(connection: Connection): Promise<ClientRow[]> {
  return connection.rows<ClientRow>(list);
}

/** A client in use, by id or name. */
export async function findClient(connection: Connection, idOrName: string): Promise<ClientRow | null> {
  return (await connection.rows<ClientRow>(find, [idOrName]))[0] ?? null;
}

/** Holds a client in use until the transaction ends, so that of two who rotate its token the second sees the first's. */
export async function lockClient(tx: Tx, n: number): Promise<void> {
  await tx.rows(lock, [n]);
}

/** Ends a client: none of its tokens is good any more. */
export async function revokeClient(tx: Tx, n: number): Promise<void> {
  await tx.rows(revoke, [n]);
}

/** Adds a token to a client; false when it would be over already. */
export async function insertToken(tx: Tx, token: NewTokenRow): Promise<boolean> {
  const values = [token.clientN, token.keyId, token.hash, token.expiresAt];
  return (await tx.rows(insertTokenStatement, values)).length === 1;
}

/** Adds an access token, and clears away those that ended more than a day ago. */
export async function insertAccessToken(tx: Tx, token: NewAccessTokenRow): Promise<void> {
  await tx.rows(insertAccess, [token.clientN, token.keyId, token.hash, token.expiresAt, token.scopes]);
}

/** The client of that id or name that a token proves; null for access tokens, which prove nothing here. */
export async function findSecretOwner(
  connection: Connection,
  { client, hash }: { readonly client: string; readonly hash: Buffer },
): Promise<TokenOwnerRow | null> {
  return (await connection.rows<TokenOwnerRow>(bySecret, [hash, client]))[0] ?? null;
}

/** Lets every other token of a client end at `until`, unless it ends before. */
export async function expireOtherTokens(
  tx: Tx,
  { clientN, hash, until }: { readonly clientN: number; readonly hash: Buffer; readonly until: Date },
): Promise<void> {
  await tx.rows(expireOthers, [clientN, hash, until]);
}

/** Good tokens that end within so many days, the next first, by the names of their clients. */
export async function listEndingTokens(
  connection: Connection,
  days: number,
): Promise<{ readonly name: string; readonly expires_at: Date }[]> {
  return connection.rows(ending, [days]);
}

/** The client that a token belongs to; null when it is unknown, expired or revoked, which nobody can tell apart. */
export async function findTokenOwner(connection: Connection, hash: Buffer): Promise<TokenOwnerRow | null> {
  return (await connection.rows<TokenOwnerRow>(byToken, [hash]))[0] ?? null;
}
