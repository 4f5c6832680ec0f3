/**
 * Our keys, made at the first start. A new one is published a week before it signs, so that providers have read our
 * metadata again by then; the one before it stays published for a week after.
 *
 * A key is waiting (published, not signing yet), signing (the last whose turn has come), or over (one whose turn has
 * come stands after it for a week), and is then retired.
 */
import { generateKeyPair } from 'node:crypto';
import { promisify } from 'node:util';
import { makeCertificate } from '../../../core/saml/certificate.ts';
import { NONCE_BYTES, openSecret, sealSecret } from '../../../core/seal.ts';
import type { Database } from '../../../store/database.ts';
import {
  insertSamlKey,
  listSamlKeys,
  lockSamlKeys,
  retireSamlKeys,
  type SamlKeyRow,
} from '../../../store/saml/keys.ts';

const DAY_MS = 86_400_000;
const WEEK_MS = 7 * DAY_MS;
const LIFE_MS = 3 * 365 * DAY_MS;
/** A key is followed by a new one so long before its end. */
const RENEWAL_MS = 60 * DAY_MS;
const BITS = 3_072;
const CONTEXT = 'saml-key';

export interface KeyRingParts {
  readonly database: Database;
  /** Seals the private keys. */
  readonly key: Buffer;
  readonly random: (bytes: number) => Buffer;
  readonly now: () => number;
  /** What the certificates name: the host of the installation. */
  readonly host: string;
}

export interface KeyRing {
  /** Makes a first key where there is none, a new one where the last nears its end, and retires what is over. */
  tend(): Promise<void>;
  /** Makes a new key that signs in a week; at once where there is none. */
  rotate(): Promise<void>;
  /** Certificates that our metadata carry (Base64 of DER), the signing one first. */
  certificates(): Promise<readonly string[]>;
  /** PEM of the key that signs now. */
  signing(): Promise<string>;
}

/** The keys of one installation. */
export function keyRing(parts: KeyRingParts): KeyRing {
  const { database, now } = parts;
  const ring: KeyRing = {
    tend: async () => {
      const keys = await listSamlKeys(database);
      const last = keys.at(-1);
      if (last === undefined || last.ends_at.getTime() - now() < RENEWAL_MS) await addKey(parts, 'if needed');
      else if (overdue(keys, now()).length > 0) await retireOver(parts);
    },
    rotate: () => addKey(parts, 'in any case'),
    certificates: async () => {
      const keys = await ensured(parts);
      const signing = signingOf(keys);
      return [signing, ...keys.filter((key) => key !== signing)].map(({ certificate }) => certificate);
    },
    signing: async () => {
      const { sealed } = signingOf(await ensured(parts));
      const opened = openSecret(parts.key, sealed, CONTEXT);
      if (opened === null) throw new Error('The key for SAML is sealed with another master key.');
      return opened;
    },
  };
  return ring;
}

async function ensured(parts: KeyRingParts): Promise<SamlKeyRow[]> {
  const keys = await listSamlKeys(parts.database);
  if (keys.length > 0) return keys;
  await addKey(parts, 'if needed');
  return listSamlKeys(parts.database);
}

function signingOf(keys: readonly SamlKeyRow[]): SamlKeyRow {
  const signing = keys.filter(({ signs }) => signs).at(-1) ?? keys[0];
  if (signing === undefined) throw new Error('There is no key for SAML.');
  return signing;
}

/** Those that another one has stood in for, for a week. */
function overdue(keys: readonly SamlKeyRow[], now: number): SamlKeyRow[] {
  return keys.filter((_, at) => {
    const next = keys[at + 1];
    return next !== undefined && next.signs_from.getTime() + WEEK_MS < now;
  });
}

async function retireOver({ database, now }: KeyRingParts): Promise<void> {
  await database.transaction(async (tx) => {
    const over = overdue(await lockSamlKeys(tx), now());
    await retireSamlKeys(
      tx,
      over.map(({ n }) => n),
    );
  });
}

const generate = promisify(generateKeyPair);

/** The pair is made before the lock is taken: it takes a while. */
async function addKey(
  { database, key, random, now, host }: KeyRingParts,
  when: 'if needed' | 'in any case',
): Promise<void> {
  const { privateKey } = await generate('rsa', {
    modulusLength: BITS,
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  });
  const from = new Date(now());
  const endsAt = new Date(now() + LIFE_MS);
  const certificate = makeCertificate({
    privateKey,
    commonName: host,
    serial: random(16),
    from,
    until: endsAt,
  });
  const sealed = sealSecret(key, { plain: privateKey, nonce: random(NONCE_BYTES), context: CONTEXT });
  await database.transaction(async (tx) => {
    const standing = await lockSamlKeys(tx);
    const last = standing.at(-1);
    const isFresh = last !== undefined && last.ends_at.getTime() - now() >= RENEWAL_MS;
    if (when === 'if needed' && isFresh) return;
    const signsFrom = standing.length === 0 ? from : new Date(now() + WEEK_MS);
    await insertSamlKey(tx, { certificate: certificate.toString('base64'), sealed, signsFrom, endsAt });
  });
}
