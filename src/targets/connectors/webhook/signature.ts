/**
 * Signatures of Standard Webhooks 1.0: over `id.timestamp.payload`, HMAC-SHA256 as `v1`, ed25519 as `v1a`. During
 * a rotation every key signs, so that the receiver may change its own at any moment.
 */
import { createHmac, createPrivateKey, createPublicKey, sign } from 'node:crypto';
import type { KeyObject } from 'node:crypto';

export interface SignedHeaders {
  readonly 'webhook-id': string;
  readonly 'webhook-timestamp': string;
  readonly 'webhook-signature': string;
}

export interface SignedMessage {
  /** The same at every retry, so that the receiver can tell a repetition. */
  readonly id: string;
  /** When this try is made, epoch ms. */
  readonly at: number;
  readonly payload: string;
}

const SHARED = 'whsec_';
const PRIVATE = 'whsk_';
const PUBLIC = 'whpk_';
/** DER of an ed25519 private key up to its 32-byte seed (RFC 8410). */
const PKCS8_HEAD = Buffer.from('302e020100300506032b657004220420', 'hex');

/** A shared secret as receivers take it, from 24 to 64 random bytes. */
export function sharedSecret(bytes: Buffer): string {
  return SHARED + bytes.toString('base64');
}

/** A private signing key from 32 random bytes. */
export function privateKey(seed: Buffer): string {
  return PRIVATE + seed.toString('base64');
}

/** The public key, as receivers take it, of a private signing key. */
export function publicKey(key: string): string {
  const der = createPublicKey(ed25519Key(key)).export({ format: 'der', type: 'spki' });
  return PUBLIC + der.subarray(-32).toString('base64');
}

/** True for a text that {@link signMessage} can sign with. */
export function isSigningKey(key: string): boolean {
  const bytes = bytesOf(key).length;
  if (key.startsWith(SHARED)) return bytes >= 24 && bytes <= 64;
  return key.startsWith(PRIVATE) && (bytes === 32 || bytes === 64);
}

/** Headers of one try; one signature per key, in their order. */
export function signMessage({ id, at, payload }: SignedMessage, keys: readonly string[]): SignedHeaders {
  const timestamp = String(Math.floor(at / 1_000));
  const content = `${id}.${timestamp}.${payload}`;
  const signatures = keys.map((key) =>
    key.startsWith(PRIVATE)
      ? `v1a,${sign(null, Buffer.from(content), ed25519Key(key)).toString('base64')}`
      : `v1,${createHmac('sha256', bytesOf(key)).update(content).digest('base64')}`,
  );
  return { 'webhook-id': id, 'webhook-timestamp': timestamp, 'webhook-signature': signatures.join(' ') };
}

function ed25519Key(key: string): KeyObject {
  const seed = bytesOf(key).subarray(0, 32);
  return createPrivateKey({ key: Buffer.concat([PKCS8_HEAD, seed]), format: 'der', type: 'pkcs8' });
}

function bytesOf(key: string): Buffer {
  return Buffer.from(key.replace(/^wh(sec|sk|pk)_/, ''), 'base64');
}
