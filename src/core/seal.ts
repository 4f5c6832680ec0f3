/**
 * Sealing: secrets at rest (AES-256-GCM) and texts that go out and must come back unaltered, such as cursors
 * (HMAC-SHA-256). Each purpose has its own key, derived from the installation's master key.
 */
import { createCipheriv, createDecipheriv, createHmac, hkdfSync, timingSafeEqual } from 'node:crypto';

/** Bytes of a master key. */
export const MASTER_KEY_BYTES = 32;
/** Random bytes that every sealing needs anew. */
export const NONCE_BYTES = 12;
const GCM_TAG_BYTES = 16;
const SIGNATURE_BYTES = 16;

/** The key of one purpose. */
export function deriveKey(masterKey: Buffer, purpose: string): Buffer {
  return Buffer.from(hkdfSync('sha256', masterKey, Buffer.alloc(0), `muster:${purpose}`, 32));
}

/** Seals a secret; `context` (such as the row it belongs to) must be the same to open it. */
export function sealSecret(
  key: Buffer,
  { plain, nonce, context }: { readonly plain: string; readonly nonce: Buffer; readonly context: string },
): Buffer {
  const cipher = createCipheriv('aes-256-gcm', key, nonce).setAAD(Buffer.from(context));
  const body = Buffer.concat([cipher.update(plain, 'utf8'), cipher.final()]);
  return Buffer.concat([nonce, cipher.getAuthTag(), body]);
}

/** Opens a sealed secret; null when the key or context is another, or the bytes were touched. */
export function openSecret(key: Buffer, sealed: Buffer, context: string): string | null {
  if (sealed.length < NONCE_BYTES + GCM_TAG_BYTES) return null;
  const decipher = createDecipheriv('aes-256-gcm', key, sealed.subarray(0, NONCE_BYTES))
    .setAAD(Buffer.from(context))
    .setAuthTag(sealed.subarray(NONCE_BYTES, NONCE_BYTES + GCM_TAG_BYTES));
  try {
    const body = decipher.update(sealed.subarray(NONCE_BYTES + GCM_TAG_BYTES));
    return Buffer.concat([body, decipher.final()]).toString('utf8');
  } catch {
    return null;
  }
}

/** Bytes with their signature, in characters that a URL takes as they are. Equal bytes give equal text. */
export function sign(key: Buffer, payload: Buffer): string {
  return Buffer.concat([signatureOf(key, payload), payload]).toString('base64url');
}

/** The bytes of a signed text; null when it is not ours or was altered. */
export function readSigned(key: Buffer, text: string): Buffer | null {
  const bytes = Buffer.from(text, 'base64url');
  if (bytes.length < SIGNATURE_BYTES || bytes.toString('base64url') !== text) return null;
  const payload = bytes.subarray(SIGNATURE_BYTES);
  return timingSafeEqual(bytes.subarray(0, SIGNATURE_BYTES), signatureOf(key, payload)) ? payload : null;
}

function signatureOf(key: Buffer, payload: Buffer): Buffer {
  return createHmac('sha256', key).update(payload).digest().subarray(0, SIGNATURE_BYTES);
}
