/**
 * Bearer tokens of clients: `mst_<key id>_<secret>_<checksum>`. The key id names a token where it must be told
 * apart without showing it; the checksum lets a scanner know a leaked one from noise. Only the SHA-256 is kept.
 */
import { createHash } from 'node:crypto';
import { crc32 } from 'node:zlib';

const KEY_ID_BYTES = 6;
const SECRET_BYTES = 32;
/** Random bytes that a token is made of. */
export const TOKEN_BYTES = KEY_ID_BYTES + SECRET_BYTES;

export interface NewToken {
  /** The whole token: shown once, never stored. */
  readonly token: string;
  /** Eight characters that name it. */
  readonly keyId: string;
  readonly hash: Buffer;
}

/** Makes a token from {@link TOKEN_BYTES} random bytes. */
export function makeToken(random: Buffer): NewToken {
  const keyId = random.subarray(0, KEY_ID_BYTES).toString('base64url').replaceAll('_', '.');
  const secret = random.subarray(KEY_ID_BYTES, TOKEN_BYTES).toString('base64url').replaceAll('_', '.');
  const body = `mst_${keyId}_${secret}`;
  const token = `${body}_${crc32(body).toString(16).padStart(8, '0')}`;
  return { token, keyId, hash: hashToken(token) };
}

/** What is stored of a token, and looked up by. */
export function hashToken(token: string): Buffer {
  return createHash('sha256').update(token, 'utf8').digest();
}
