/** Settings of a webhook target, as `POST /api/v1/targets` takes them. */
import { z } from 'zod';
import { authority } from '../authority.ts';
import { httpUrl } from '../http-url.ts';
import { isSigningKey } from './signature.ts';

export const webhookSettings = z.strictObject({
  url: httpUrl,
  /** Types of changes that are sent, `membership.*` for all of a family. */
  types: z
    .array(z.string().regex(/^[a-z]+\.(\*|[a-z_]+)$/))
    .min(1)
    .default(['membership.effective', 'user.*', 'group.*']),
  /** `ed25519` signs with a private key, and the receiver needs only the public one. */
  signing: z.enum(['hmac', 'ed25519']).default('hmac'),
  allowPrivate: z.boolean().default(false),
  ca: authority.optional(),
});
export type WebhookSettings = z.infer<typeof webhookSettings>;

const signingKey = z
  .string()
  .refine(isSigningKey, 'must be whsec_ with 24 to 64 bytes in base64, or whsk_ with an ed25519 key');

/** Made by us unless given; `previousSigningKeys` sign besides, during a rotation. */
export const webhookCredentials = z.strictObject({
  signingSecret: signingKey,
  previousSigningKeys: z.array(signingKey).max(4).default([]),
});
export type WebhookCredentials = z.infer<typeof webhookCredentials>;
