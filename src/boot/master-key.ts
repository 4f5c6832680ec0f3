import { linkSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { errorCode } from '../core/error-code.ts';
import { deriveKey, MASTER_KEY_BYTES } from '../core/seal.ts';
import { SetupProblem } from '../core/setup-problem.ts';

/** Where the master key comes from. */
export interface MasterKeyPlace {
  /** The setting; null for the key in the data folder. */
  readonly given: string | null;
  readonly dataDir: string;
  /** For a new key where the folder has none. */
  readonly random: (bytes: number) => Buffer;
}

/** A key as its file holds it. */
const KEPT_KEY = /^[A-Za-z0-9_-]{43}$/;

/**
 * The installation's master key. One that is not set is made at the first start and kept in the data folder. What
 * such a file holds may be set for other instances; any other text that is set is a phrase to make a key of.
 */
export function readMasterKey({ given, dataDir, random }: MasterKeyPlace): Buffer {
  if (given !== null) {
    if (KEPT_KEY.test(given.trim())) return Buffer.from(given.trim(), 'base64url');
    return createHash('sha256').update(given, 'utf8').digest();
  }
  const file = join(dataDir, 'master.key');
  const kept = readKept(file) ?? makeKept(file, random(MASTER_KEY_BYTES));
  const key = Buffer.from(kept.trim(), 'base64url');
  if (key.length === MASTER_KEY_BYTES) return key;
  throw new SetupProblem(`The master key in ${file} is damaged.`, [
    'Put the file back from a backup: what is sealed with it cannot be opened without it.',
  ]);
}

/** The master key that is set or kept; null where there is none yet. Makes nothing. */
export function findMasterKey(place: Omit<MasterKeyPlace, 'random'>): Buffer | null {
  if (place.given === null && readKept(join(place.dataDir, 'master.key')) === null) return null;
  return readMasterKey({ ...place, random: (bytes) => Buffer.alloc(bytes) });
}

/** Tells two keys apart without giving anything of them away. */
export function fingerprintOf(masterKey: Buffer): string {
  return deriveKey(masterKey, 'fingerprint').toString('hex');
}

function readKept(file: string): string | null {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return null;
    throw error;
  }
}

/** Made whole or not at all, and by one of several processes that start together: a link refuses a name in use. */
function makeKept(file: string, key: Buffer): string {
  mkdirSync(join(file, '..'), { recursive: true });
  const made = `${file}.${process.pid}`;
  writeFileSync(made, `${key.toString('base64url')}\n`, { mode: 0o600, flag: 'wx' });
  try {
    linkSync(made, file);
  } catch (error) {
    if (errorCode(error) !== 'EEXIST') throw error;
  } finally {
    rmSync(made, { force: true });
  }
  return readFileSync(file, 'utf8');
}
