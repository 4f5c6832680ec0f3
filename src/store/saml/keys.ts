/** Our own keys for SAML. The private ones are sealed. */
import { type Connection, named, type Tx } from '../database.ts';

export interface SamlKeyRow {
  readonly n: number;
  /** Base64 of DER. */
  readonly certificate: string;
  readonly sealed: Buffer;
  readonly signs_from: Date;
  readonly ends_at: Date;
  /** True once its turn to sign has come. */
  readonly signs: boolean;
}

const list = named(
  'saml_keys',
  `select n, certificate, sealed, signs_from, ends_at, signs_from <= now() as signs
   from saml_key where retired_at is null order by signs_from, n`,
);
const lock = named('saml_keys_lock', `select pg_advisory_xact_lock(hashtext('muster saml keys'))`);
const insert = named(
  'saml_key_insert',
  'insert into saml_key (certificate, sealed, signs_from, ends_at) values ($1, $2, $3, $4)',
);
const retire = named('saml_key_retire', 'update saml_key set retired_at = now() where n = any($1::int[])');

/** Keys that are published, in the order in which they sign. */
export async function listSamlKeys(connection: Connection): Promise<SamlKeyRow[]> {
  return connection.rows<SamlKeyRow>(list);
}

/** As listSamlKeys, while nobody else may add or retire one. */
export async function lockSamlKeys(tx: Tx): Promise<SamlKeyRow[]> {
  await tx.rows(lock);
  return listSamlKeys(tx);
}

export async function insertSamlKey(
  tx: Tx,
  key: {
    readonly certificate: string;
    readonly sealed: Buffer;
    readonly signsFrom: Date;
    readonly endsAt: Date;
  },
): Promise<void> {
  await tx.rows(insert, [key.certificate, key.sealed, key.signsFrom, key.endsAt]);
}

export async function retireSamlKeys(tx: Tx, keys: readonly number[]): Promise<void> {
  await tx.rows(retire, [keys]);
}
