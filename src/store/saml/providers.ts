/** Rows of identity providers. */
import type { SourceN } from '../../core/ids.ts';
import type { ProviderMetadata, ProviderSettings } from '../../core/saml/provider.ts';
import { type Connection, named, onlyRow, type Tx } from '../database.ts';

export interface ProviderRow {
  readonly n: number;
  readonly id: string;
  readonly source_n: SourceN;
  readonly name: string;
  readonly entity_id: string;
  readonly metadata_from: string;
  readonly metadata_signer: string | null;
  readonly metadata: ProviderMetadata;
  readonly valid_until: Date | null;
  readonly settings: ProviderSettings;
  readonly refreshed_at: Date;
  readonly attempted_at: Date;
  readonly last_error: string | null;
  readonly last_login_at: Date | null;
  readonly created_at: Date;
  /** True when the last good copy of the metadata is over. */
  readonly expired: boolean;
}

const columns = `n, id, source_n, name, entity_id, metadata_from, metadata_signer, metadata, valid_until, settings,
  refreshed_at, attempted_at, last_error, last_login_at, created_at, coalesce(valid_until <= now(), false) as expired`;

const list = named('idp_list', `select ${columns} from idp where deleted_at is null order by name`);
const find = named(
  'idp_find',
  `select ${columns} from idp where deleted_at is null and (name = $1 or id::text = $1 or entity_id = $1)
   order by (name = $1) desc limit 1`,
);
const findOfSource = named(
  'idp_find_of_source',
  `select ${columns} from idp where deleted_at is null and source_n = $1`,
);
const insert = named(
  'idp_insert',
  `insert into idp (source_n, name, entity_id, metadata_from, metadata_signer, metadata, valid_until, settings)
   values ($1, $2, $3, $4, $5, $6, $7, $8) returning ${columns}`,
);
const refresh = named(
  'idp_refresh',
  `update idp set metadata = $2, valid_until = $3, refreshed_at = now(), attempted_at = now(), last_error = null
   where n = $1 returning ${columns}`,
);
const attempt = named('idp_attempt', 'update idp set attempted_at = now(), last_error = $2 where n = $1');
const settings = named('idp_settings', `update idp set settings = $2 where n = $1 returning ${columns}`);
const end = named('idp_end', 'update idp set deleted_at = now() where n = $1');
const endSessions = named('idp_end_sessions', 'delete from session where source_n = $1');
const due = named(
  'idp_due',
  `select ${columns} from idp
   where deleted_at is null and attempted_at < now() - make_interval(secs => $1) order by attempted_at limit 20`,
);

/** Providers in use, by name. */
export async function listProviders(connection: Connection): Promise<ProviderRow[]> {
  return connection.rows<ProviderRow>(list);
}

/** The provider of that name, id or entity id. */
export async function findProvider(connection: Connection, name: string): Promise<ProviderRow | null> {
  return (await connection.rows<ProviderRow>(find, [name]))[0] ?? null;
}

/** The provider that is that source. */
export async function findProviderOf(connection: Connection, source: SourceN): Promise<ProviderRow | null> {
  return (await connection.rows<ProviderRow>(findOfSource, [source]))[0] ?? null;
}

/** Adds one; `idp_name_unique` and `idp_entity_unique` refuse a second of that name or entity id. */
export async function insertProvider(
  tx: Tx,
  provider: {
    readonly source: SourceN;
    readonly name: string;
    readonly metadataFrom: string;
    readonly signer: string | null;
    readonly metadata: ProviderMetadata;
    readonly settings: ProviderSettings;
  },
): Promise<ProviderRow> {
  const { source, name, metadataFrom, signer, metadata } = provider;
  return onlyRow(
    await tx.rows<ProviderRow>(insert, [
      ...[
        source,
        name,
        metadata.entityId,
        metadataFrom,
        signer,
        JSON.stringify(metadata),
        metadata.validUntil,
      ],
      JSON.stringify(provider.settings),
    ]),
  );
}

/** Keeps a good copy of the metadata. */
export async function keepMetadata(tx: Tx, n: number, metadata: ProviderMetadata): Promise<ProviderRow> {
  return onlyRow(await tx.rows<ProviderRow>(refresh, [n, JSON.stringify(metadata), metadata.validUntil]));
}

/** Notes that no good copy was to be had, and why. */
export async function noteFailedRefresh(connection: Connection, n: number, why: string): Promise<void> {
  await connection.rows(attempt, [n, why]);
}

export async function writeProviderSettings(
  tx: Tx,
  n: number,
  wanted: ProviderSettings,
): Promise<ProviderRow> {
  return onlyRow(await tx.rows<ProviderRow>(settings, [n, JSON.stringify(wanted)]));
}

/** Takes a provider out of use; sessions that it vouched for end. */
export async function endProvider(tx: Tx, { n, source_n }: ProviderRow): Promise<void> {
  await tx.rows(end, [n]);
  await tx.rows(endSessions, [source_n]);
}

/** Providers whose metadata were not looked for since so many seconds. */
export async function listDueProviders(connection: Connection, seconds: number): Promise<ProviderRow[]> {
  return connection.rows<ProviderRow>(due, [seconds]);
}
