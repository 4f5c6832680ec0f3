/** What can be done with identity providers. Each is a source of its own, and stays one when it is taken out of use. */
import { Refusal } from '../core/refusal.ts';
import { PROVIDER_NAME, type ProviderMetadata, type ProviderSettings } from '../core/saml/provider.ts';
import { foldName } from '../core/names.ts';
import { releaseKeys } from '../store/saml/accounts.ts';
import {
  endProvider,
  findProvider,
  insertProvider,
  keepMetadata,
  type ProviderRow,
  writeProviderSettings,
} from '../store/saml/providers.ts';
import { findSource, insertSource } from '../store/sources.ts';
import { record, refusing, type Work } from './work.ts';

export interface NewProvider {
  readonly name: string;
  readonly metadataFrom: string;
  /** PEM of the certificate that the metadata are signed with; null for unsigned ones. */
  readonly signer: string | null;
  readonly metadata: ProviderMetadata;
  readonly settings: ProviderSettings;
}

/** Adds a provider. Refuses `source.invalid` for a name that cannot stand in an address, `source.name_taken`. */
export async function addProvider(work: Work, provider: NewProvider): Promise<ProviderRow> {
  const { name, metadata } = provider;
  if (!PROVIDER_NAME.test(name)) {
    const why = `A provider's name is of small letters, digits and dashes, at most 63: ${name} is not.`;
    throw new Refusal('source.invalid', { why });
  }
  const taken = (): Refusal => new Refusal('source.name_taken', { name });
  const standing = await findSource(work.tx, name);
  if (standing !== null && standing.kind !== 'idp') throw taken();
  const source = standing ?? (await insertSource(work.tx, name, 'idp'));
  const known = (): Refusal => new Refusal('source.name_taken', { name: metadata.entityId });
  const row = await refusing(insertProvider(work.tx, { ...provider, source: source.n }), {
    idp_name_unique: taken,
    idp_entity_unique: known,
  });
  await record(work, { type: 'idp.created', after: toldOf(row) });
  return row;
}

/** Keeps a newer copy of a provider's metadata; tells when its keys, scopes or addresses are others. */
export async function renewMetadata(
  work: Work,
  provider: ProviderRow,
  metadata: ProviderMetadata,
): Promise<ProviderRow> {
  const row = await keepMetadata(work.tx, provider.n, metadata);
  const [before, after] = [toldOf(provider), toldOf(row)];
  if (JSON.stringify(before) !== JSON.stringify(after)) {
    await record(work, { type: 'idp.metadata_changed', before, after });
  }
  return row;
}

/** Changes what is set for a provider. Refuses `source.not_found`. */
export async function changeProvider(
  work: Work,
  { name, change }: { readonly name: string; readonly change: Partial<ProviderSettings> },
): Promise<ProviderRow> {
  const provider = await requireProvider(work, name);
  const settings = { ...provider.settings, ...change };
  if (JSON.stringify(settings) === JSON.stringify(provider.settings)) return provider;
  const row = await writeProviderSettings(work.tx, provider.n, settings);
  await record(work, {
    type: 'idp.changed',
    before: provider.settings,
    after: { name: row.name, ...settings },
  });
  return row;
}

/** Takes a provider out of use: nobody signs in by it, its sessions end. What it asserted stays. Refuses `source.not_found`. */
export async function removeProvider(work: Work, name: string): Promise<void> {
  const provider = await requireProvider(work, name);
  await endProvider(work.tx, provider);
  await record(work, { type: 'idp.removed', before: toldOf(provider) });
}

/**
 * Lets a key that belonged to somebody else until recently be signed in by again (D-08). Refuses `user.not_found` for
 * a key that is not held back.
 */
export async function releaseKey(work: Work, key: string): Promise<void> {
  const released = await releaseKeys(work.tx, [...new Set([key.trim(), foldName(key)])]);
  if (released.length === 0) throw new Refusal('user.not_found', { user: key });
  await record(work, { type: 'identity.released', after: { kinds: released.map(({ kind }) => kind) } });
}

async function requireProvider(work: Work, name: string): Promise<ProviderRow> {
  const provider = await findProvider(work.tx, name);
  if (provider === null) throw new Refusal('source.not_found', { source: name });
  return provider;
}

function toldOf({ name, entity_id, metadata_from, metadata, settings }: ProviderRow): object {
  return { name, entityId: entity_id, metadataFrom: metadata_from, metadata, settings };
}
