/**
 * Requests that wait for their answer, and what was used up. Both are consumed by one statement, so that of several
 * instances that get the same answer one goes on.
 */
import { REQUEST_MINUTES } from '../../core/saml/guard.ts';
import { type Connection, named } from '../database.ts';

export type RequestPurpose = 'login' | 'test' | 'logout';

export interface SamlRequest {
  readonly id: string;
  readonly idp: number;
  /** Of the secret in the browser's cookie. */
  readonly browser: Buffer;
  readonly relayState: string;
  readonly purpose: RequestPurpose;
  /** Path on this site to go on to. */
  readonly returnTo: string;
}

const insert = named(
  'saml_request_insert',
  `insert into saml_request (id, idp_n, browser_hash, relay_state, purpose, return_to, expires_at)
   values ($1, $2, $3, $4, $5, $6, now() + interval '${REQUEST_MINUTES} minutes')`,
);

const take = named(
  'saml_request_take',
  `delete from saml_request
   where id = $1 and idp_n = $2 and browser_hash = $3 and relay_state = $4 and purpose = any($5::text[])
     and expires_at > now()
   returning purpose, return_to`,
);

const consume = named(
  'saml_consume',
  `insert into saml_consumed (idp_n, id, expires_at) values ($1, $2, $3) on conflict do nothing returning true as first`,
);

const prune = named(
  'saml_prune',
  `with requests as (delete from saml_request where expires_at < now()),
   logins as (delete from idp_login where at < now() - interval '1 day'),
   keys as (delete from retired_key where retired_at < now() - interval '400 days')
   delete from saml_consumed where expires_at < now()`,
);

export async function insertRequest(connection: Connection, request: SamlRequest): Promise<void> {
  const { id, idp, browser, relayState, purpose, returnTo } = request;
  await connection.rows(insert, [id, idp, browser, relayState, purpose, returnTo]);
}

/** Uses a request up; null for one that is not under way in this browser with this provider, or no longer. */
export async function takeRequest(
  connection: Connection,
  request: Omit<SamlRequest, 'purpose' | 'returnTo'> & { readonly purposes: readonly RequestPurpose[] },
): Promise<{ readonly purpose: RequestPurpose; readonly returnTo: string } | null> {
  const { id, idp, browser, relayState, purposes } = request;
  const [row] = await connection.rows<{ purpose: RequestPurpose; return_to: string }>(take, [
    ...[id, idp, browser, relayState, purposes],
  ]);
  return row === undefined ? null : { purpose: row.purpose, returnTo: row.return_to };
}

/** Uses an id up until `expiresAt`, when whatever bears it is too old anyway. True for the first that does. */
export async function consumeId(
  connection: Connection,
  { idp, id, expiresAt }: { readonly idp: number; readonly id: string; readonly expiresAt: Date },
): Promise<boolean> {
  return (await connection.rows(consume, [idp, id, expiresAt])).length === 1;
}

/** Forgets what is over. */
export async function pruneSaml(connection: Connection): Promise<void> {
  await connection.rows(prune);
}
