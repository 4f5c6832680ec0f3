/** Providers as an administrator handles them: adding, refreshing, trying out. */
import { Refusal } from '../../core/refusal.ts';
import { readClaims } from '../../core/saml/claims.ts';
import type { SamlAttribute } from '../../core/saml/message.ts';
import {
  defaultProviderSettings,
  type ProviderMetadata,
  type ProviderSettings,
} from '../../core/saml/provider.ts';
import type { Attribution } from '../../core/attribution.ts';
import { addProvider, renewMetadata } from '../../directory/identity-providers.ts';
import { type Directory, perform } from '../../directory/work.ts';
import type { Connection } from '../../store/database.ts';
import { findProvider, noteFailedRefresh, type ProviderRow } from '../../store/saml/providers.ts';
import { isAddress, loadMetadata } from './metadata/load.ts';
import type { MetadataRead, MetadataTask } from './metadata/read.ts';
import { tryOut, type TriedLogin } from './trial.ts';

export interface Providers {
  readonly directory: Directory;
  /** Reads metadata; in a thread of its own where strangers can make it work. */
  readonly readMetadata: (task: MetadataTask) => Promise<MetadataRead>;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  readonly random: (bytes: number) => Buffer;
}

export interface ProviderWanted {
  readonly name: string;
  /** Address or path. */
  readonly metadata: string;
  /** Which provider of an aggregate. */
  readonly entityId: string | null;
  /** PEM. */
  readonly signer: string | null;
  readonly settings: Partial<ProviderSettings>;
}

/** Adds a provider by its metadata. Refuses `idp.metadata` where they cannot be had or used, and as addProvider. */
export async function addByMetadata(
  providers: Providers,
  by: Attribution,
  { name, metadata: from, entityId, signer, settings }: ProviderWanted,
): Promise<ProviderRow> {
  const read = await fetchMetadata(providers, { from, entityId, signer });
  if (read.kind === 'failed') throw new Refusal('idp.metadata', { why: read.why });
  const wanted = { ...defaultProviderSettings, ...settings };
  const { result } = await perform(providers.directory, by, (work) =>
    addProvider(work, { name, metadataFrom: from, signer, metadata: read.metadata, settings: wanted }),
  );
  return result;
}

/**
 * Looks for newer metadata; where none are to be had, or they are not good, the last good copy stays and the provider
 * says why. Answers null then.
 */
export async function refreshProvider(
  providers: Providers,
  by: Attribution,
  provider: ProviderRow,
): Promise<ProviderRow | null> {
  const { metadata_from: from, metadata_signer: signer, entity_id: entityId, n } = provider;
  const read = await fetchMetadata(providers, { from, entityId, signer });
  if (read.kind === 'failed') {
    await noteFailedRefresh(providers.directory.database, n, read.why);
    return null;
  }
  const { result } = await perform(providers.directory, by, (work) =>
    renewMetadata(work, provider, read.metadata),
  );
  return result;
}

/** The provider of that name, id or entity id. Refuses `source.not_found`. */
export async function requireProvider(connection: Connection, name: string): Promise<ProviderRow> {
  const provider = await findProvider(connection, name);
  if (provider === null) throw new Refusal('source.not_found', { source: name });
  return provider;
}

/** What a login with these attributes would do. Refuses `source.not_found`. */
export async function tryAttributes(
  providers: Providers,
  by: Attribution,
  { name, attributes }: { readonly name: string; readonly attributes: readonly SamlAttribute[] },
): Promise<TriedLogin> {
  const provider = await requireProvider(providers.directory.database, name);
  const claims = readClaims({ nameId: null, authn: null, attributes }, provider);
  const session = { hash: providers.random(32), nameId: null, sessionIndex: null, notOnOrAfter: null };
  const { n, entity_id: entityId, settings } = provider;
  const login = {
    provider: { n, name: provider.name, entityId, settings },
    claims,
    session,
    now: providers.now(),
  };
  return tryOut(providers.directory, { ...by, source: provider.name }, login);
}

type Fetched =
  | { readonly kind: 'fetched'; readonly metadata: ProviderMetadata }
  | { readonly kind: 'failed'; readonly why: string };

async function fetchMetadata(
  { readMetadata, now }: Providers,
  {
    from,
    entityId,
    signer,
  }: { readonly from: string; readonly entityId: string | null; readonly signer: string | null },
): Promise<Fetched> {
  const loaded = await loadMetadata(from);
  if (loaded.kind === 'unreachable') return { kind: 'failed', why: loaded.why };
  // A federation's aggregate vouches for others by its signature; TLS only vouches for who hands it out.
  if (signer === null && isAddress(from) && /<(?:\w+:)?EntitiesDescriptor\b/.test(loaded.xml)) {
    return {
      kind: 'failed',
      why: 'An aggregate from an address needs the certificate that it is signed with.',
    };
  }
  const read = await readMetadata({ xml: loaded.xml, entityId, signer, now: now() });
  if (read.kind === 'faulty')
    return { kind: 'failed', why: `The metadata of ${from} cannot be used. ${read.why}` };
  return { kind: 'fetched', metadata: read.provider };
}
