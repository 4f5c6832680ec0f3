/** What can be done with clients: programs that use Muster with a bearer token. Each is a source of its own. */
import { isAdministrator } from '../core/actor.ts';
import { faultOfEntry } from '../core/address-list.ts';
import { isUuid } from '../core/ids.ts';
import { faultOfName } from '../core/names.ts';
import { Refusal } from '../core/refusal.ts';
import { profileNamed, profiles } from '../core/scim/profile.ts';
import type { Scope } from '../core/scopes.ts';
import { hashToken, makeToken } from '../core/token.ts';
import {
  type ClientRow,
  expireOtherTokens,
  findClient,
  insertAccessToken,
  insertClient,
  insertToken,
  lockClient,
  revokeClient,
} from '../store/clients.ts';
import { isTrustedByGroups } from '../store/governance.ts';
import { findSource, insertSource, type SourceRow } from '../store/sources.ts';
import { record, refusing, type Work } from './work.ts';

export interface NewClient {
  readonly name: string;
  readonly profile: string;
  readonly namespace: 'all' | 'own';
  readonly scopes: readonly Scope[];
  /** Addresses or CIDR ranges it may come from; empty for anywhere. */
  readonly allow: readonly string[];
  /** Requests a second; null or absent for no limit. */
  readonly ratePerSecond?: number | null;
  readonly expiresAt: Date | null;
  /** Tenant of Entra ID whose own tokens speak for the client, besides those made here. */
  readonly entraTenant?: string | null;
}

export interface ClientWithToken {
  readonly client: ClientRow;
  /** Shown this once. */
  readonly token: string;
}

/** How a token comes to be: random bytes for ours, or the text that the operator chose. */
export type TokenMaterial =
  { readonly kind: 'random'; readonly bytes: Buffer } | { readonly kind: 'chosen'; readonly token: string };

/**
 * Creates a client with its first token. It may take the name of a client that was revoked, and goes on as the same
 * source. Refuses `source.name_taken`, a name that cannot be one, a profile that there is not, and `client.invalid`:
 * an address that is none, an end that is not ahead, a tenant that is none or is another client's; and
 * `actor.not_allowed` for a name that protected groups trust.
 */
export async function createClient(
  work: Work,
  client: NewClient,
  material: TokenMaterial,
): Promise<ClientWithToken> {
  const fault = faultOfName(client.name);
  if (fault !== null) throw new Refusal('source.invalid', { why: `A client's name ${fault}.` });
  if (profileNamed(client.profile) === null) {
    const why = `There is no profile ${client.profile}; there are ${Object.keys(profiles).join(', ')}.`;
    throw new Refusal('source.invalid', { why });
  }
  for (const entry of client.allow) {
    const fault = faultOfEntry(entry);
    if (fault !== null)
      throw new Refusal('client.invalid', { why: `The address ${entry} in allow ${fault}.` });
  }
  const entraTenant = client.entraTenant?.toLowerCase() ?? null;
  if (entraTenant !== null && !isUuid(entraTenant)) {
    throw new Refusal('client.invalid', { why: `The tenant ${entraTenant} is not the id of one.` });
  }
  const source = await sourceFor(work, client.name.trim());
  const taken = (): Refusal => new Refusal('source.name_taken', { name: client.name });
  const row = await refusing(
    insertClient(work.tx, {
      ...{ ...client, entraTenant },
      ratePerSecond: client.ratePerSecond ?? null,
      sourceN: source.n,
    }),
    {
      client_entra_tenant_unique: () =>
        new Refusal('client.invalid', { why: 'Another client takes the tokens of this tenant already.' }),
      client_source_unique: taken,
    },
  );
  const token = await issueToken(work, row, material, client.expiresAt);
  const { name, profile, namespace, scopes, allow } = row;
  await record(work, { type: 'client.created', after: { name, profile, namespace, scopes, allow } });
  return { client: row, token };
}

export interface RotateClient {
  /** Id or name. */
  readonly client: string;
  readonly material: TokenMaterial;
  readonly expiresAt: Date | null;
  /** Until when the tokens before it stay good. */
  readonly overlapUntil: Date;
}

/**
 * Gives a client a new token and lets the others end after the overlap; of two that rotate at once the later one's token
 * stays. Refuses `client.not_found`.
 */
export async function rotateClient(work: Work, rotate: RotateClient): Promise<ClientWithToken> {
  const row = await requireClient(work, rotate.client);
  await lockClient(work.tx, row.n);
  const token = await issueToken(work, row, rotate.material, rotate.expiresAt);
  await expireOtherTokens(work.tx, { clientN: row.n, hash: hashToken(token), until: rotate.overlapUntil });
  await record(work, { type: 'client.rotated', after: { name: row.name } });
  return { client: row, token };
}

/** Gives a client one more token; the others stay good. Refuses `client.not_found`. */
export async function addToken(
  work: Work,
  add: { readonly client: string; readonly material: TokenMaterial; readonly expiresAt: Date | null },
): Promise<ClientWithToken> {
  const row = await requireClient(work, add.client);
  const token = await issueToken(work, row, add.material, add.expiresAt);
  await record(work, { type: 'client.token_added', after: { name: row.name } });
  return { client: row, token };
}

/**
 * Gives a client a token for a short time (RFC 6749 §4.4), good for some of its scopes. It is no change of the
 * directory: the log does not tell of it.
 */
export async function issueAccessToken(
  work: Work,
  issue: {
    readonly clientN: number;
    readonly scopes: readonly Scope[];
    readonly bytes: Buffer;
    readonly expiresAt: Date;
  },
): Promise<string> {
  const { token, keyId, hash } = makeToken(issue.bytes);
  const { clientN, scopes, expiresAt } = issue;
  await insertAccessToken(work.tx, { clientN, keyId, hash, expiresAt, scopes });
  return token;
}

/** Ends a client and all its tokens; what it asserted stays. Refuses `client.not_found`. */
export async function endClient(work: Work, client: string): Promise<void> {
  const row = await requireClient(work, client);
  await revokeClient(work.tx, row.n);
  await record(work, { type: 'client.revoked', before: { name: row.name } });
}

/**
 * The source of a client's name: a new one, or the one that a client of that name left. One that protected groups
 * trust is given on by administrators alone (J-20).
 */
async function sourceFor(work: Work, name: string): Promise<SourceRow> {
  const standing = await findSource(work.tx, name);
  if (standing?.kind === 'client') {
    if (!isAdministrator(work.by.actor) && (await isTrustedByGroups(work.tx, standing.n))) {
      throw new Refusal('actor.not_allowed', {
        act: `take over ${name}, which protected groups trust`,
        group: null,
      });
    }
    return standing;
  }
  return refusing(insertSource(work.tx, name, 'client'), {
    source_name_unique: () => new Refusal('source.name_taken', { name }),
  });
}

async function requireClient(work: Work, client: string): Promise<ClientRow> {
  const row = await findClient(work.tx, client);
  if (row === null) throw new Refusal('client.not_found', { client });
  return row;
}

async function issueToken(
  work: Work,
  client: ClientRow,
  material: TokenMaterial,
  expiresAt: Date | null,
): Promise<string> {
  const made =
    material.kind === 'random'
      ? makeToken(material.bytes)
      : { token: material.token, keyId: null, hash: hashToken(material.token) };
  const { keyId, hash } = made;
  if (await insertToken(work.tx, { clientN: client.n, keyId, hash, expiresAt })) return made.token;
  throw new Refusal('client.invalid', { why: 'The token would be over already: expiresAt is not ahead.' });
}
