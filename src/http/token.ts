/**
 * Bearer tokens (RFC 6750). A token is looked up by its hash; what was found is remembered for two seconds, so
 * that a busy client costs one look-up in that time and a revoked token is dead within it.
 */
import { isAddressOn } from '../core/address-list.ts';
import { profileNamed } from '../core/scim/profile.ts';
import { allows, parseScope, type Scope } from '../core/scopes.ts';
import { hashToken } from '../core/token.ts';
import { findTokenOwner, type TokenOwnerRow } from '../store/clients.ts';
import type { Connection } from '../store/database.ts';
import type { ClientIdentity, DoorContext } from './context.ts';
import { HttpProblem } from './problem.ts';

/** Finds whom a token speaks for; null for unknown, expired and revoked alike. */
export type Authenticate = (token: string) => Promise<ClientIdentity | null>;

const REMEMBERED_MS = 2_000;
const REMEMBERED_TOKENS = 10_000;

/** Looks tokens up in the database. `now` gives milliseconds of a clock that never goes back. */
export function tokenLookup(connection: Connection, now: () => number): Authenticate {
  const remembered = new Map<string, { readonly client: ClientIdentity; readonly until: number }>();
  return async (token) => {
    const hash = hashToken(token);
    const key = hash.toString('base64');
    const known = remembered.get(key);
    if (known !== undefined && known.until > now()) return known.client;
    remembered.delete(key);
    const owner = await findTokenOwner(connection, hash);
    if (owner === null) return null;
    if (remembered.size >= REMEMBERED_TOKENS) remembered.clear();
    const client = identityOf(owner);
    remembered.set(key, { client, until: now() + REMEMBERED_MS });
    return client;
  };
}

/** Refuses (403) a client whose token lacks the scope. */
export function requireScope({ scopes }: ClientIdentity, scope: Scope): void {
  if (allows(scopes, scope)) return;
  throw new HttpProblem('auth.scope', `This token lacks the scope ${scope}.`, {
    'WWW-Authenticate': `Bearer error="insufficient_scope", scope="${scope}"`,
  });
}

/** The client behind an authenticated request. */
export function clientOf(context: Pick<DoorContext, 'state'>): ClientIdentity {
  const { client } = context.state;
  if (client === undefined) throw new Error('The route asks for a client before authenticating one.');
  return client;
}

/**
 * Finds the client behind a request and keeps it with the context. Refuses a token that is missing or not good
 * (401), an address that the client is not allowed (403), and more requests than it may make (429). The token may stand alone, without `Bearer`, where the
 * client's profile has it so.
 */
export async function authenticateRequest(
  context: DoorContext,
  authenticate: Authenticate,
): Promise<ClientIdentity> {
  const client = await requireClient(context, authenticate);
  context.state.client = client;
  context.state.admit?.(client);
  return client;
}

async function requireClient(context: DoorContext, authenticate: Authenticate): Promise<ClientIdentity> {
  const header = context.get('Authorization');
  if (header === '') {
    throw new HttpProblem('auth.required', 'This needs a bearer token in the Authorization header.', {
      'WWW-Authenticate': 'Bearer realm="muster"',
    });
  }
  const [, scheme, token] = /^(?:(Bearer) +)?([^\s]+) *$/i.exec(header) ?? [];
  const client = token === undefined ? null : await authenticate(token);
  const isBare = scheme === undefined;
  if (client === null || (isBare && profileNamed(client.profile)?.bareToken !== 'accept')) {
    throw new HttpProblem('auth.invalid', 'The bearer token is not valid.', {
      'WWW-Authenticate': 'Bearer realm="muster", error="invalid_token"',
    });
  }
  if (client.allow.length > 0 && !isAddressOn(client.allow, context.ip)) {
    throw new HttpProblem('auth.address', 'This token may not be used from this address.');
  }
  return client;
}

/** Whom a row speaks for. */
export function identityOf(row: TokenOwnerRow): ClientIdentity {
  return {
    id: row.id,
    name: row.name,
    sourceN: row.source_n,
    scopes: new Set(row.scopes.map(parseScope).filter((scope) => scope !== null)),
    profile: row.profile,
    namespace: row.namespace,
    ratePerSecond: row.rate_per_second,
    allow: row.allow,
  };
}
