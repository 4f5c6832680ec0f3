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
  readonly created_at: Date;
}

export interface NewClientRow {
  readonly sourceN: SourceN;
  readonly profile: string;
  readonly namespace: 'all' | 'own';
  readonly scopes: readonly string[];
  readonly allow: readonly string[];
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

const columns = `c.n, c.id, s.name, c.source_n, c.profile, c.namespace, c.scopes, c.allow, c.rate_per_second,
  c.created_at`;

const insert = named(
  'client_insert',
  `with c as (
     insert into client (source_n, profile, namespace, scopes, allow) values ($1, $2, $3, $4, $5) returning *)
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
  'insert into client_token (client_n, key_id, hash, expires_at) values ($1, $2, $3, $4)',
);

const expireOthers = named(
  'client_token_expire_others',
  `update client_token set expires_at = least(coalesce(expires_at, $3), $3)
   where client_n = $1 and hash <> $2 and revoked_at is null`,
);

const byToken = named(
  'client_by_token',
  `select ${columns}, t.expires_at as token_expires_at
   from client_token t join client c on c.n = t.client_n join source s on s.n = c.source_n
   where t.hash = $1 and t.revoked_at is null and c.revoked_at is null
     and (t.expires_at is null or t.expires_at > now())`,
);

const ending = named(
  'client_token_ending',
  `select s.name, t.expires_at from client_token t join client c on c.n = t.client_n join source s on s.n = c.source_n
   where t.revoked_at is null and c.revoked_at is null
     and t.expires_at between now() and now() + make_interval(days => $1)
   order by t.expires_at`,
);

/** Adds a client to its source. */
export async function insertClient(tx: Tx, client: NewClientRow): Promise<ClientRow> {
  const values = [client.sourceN, client.profile, client.namespace, client.scopes, client.allow];
  return onlyRow(await tx.rows<ClientRow>(insert, values));
}

/** Clients in use, oldest first. */
export async function listClients(connection: Connection): Promise<ClientRow[]> {
  return connection.rows<ClientRow>(list);
}

/** A client in use, by id or name. */
export async function findClient(connection: Connection, idOrName: string): Promise<ClientRow | null> {
  return (await connection.rows<ClientRow>(find, [idOrName]))[0] ?? null;
}

/** Ends a client: none of its tokens is good any more. */
export async function revokeClient(tx: Tx, n: number): Promise<void> {
  await tx.rows(revoke, [n]);
}

/** Adds a token to a client. */
export async function insertToken(tx: Tx, token: NewTokenRow): Promise<void> {
  await tx.rows(insertTokenStatement, [token.clientN, token.keyId, token.hash, token.expiresAt]);
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
