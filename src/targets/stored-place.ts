/** Reading back where a webhook stands, from its target's row. */
import { z } from 'zod';
import type { CursorPlace } from '../core/cursor.ts';
import { firstWebhookPlace, type WebhookPlace } from '../core/targets/webhook-place.ts';

const place = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('row'), xid: z.string(), seq: z.number() }),
  z.object({ kind: z.literal('end'), batch: z.number() }),
]);

const message = {
  id: z.string(),
  type: z.string(),
  group: z.string().nullable(),
  happenedAt: z.string().nullable(),
};

/** What an earlier version has not written is as it is at first. */
const stored = z.object({
  place: place.nullable(),
  failures: z.number(),
  dueAt: z.number().nullable(),
  why: z.string().nullable(),
  gap: z.object({ since: z.string().nullable(), count: z.number() }).nullable(),
  failingSince: z.number().nullable().default(null),
  head: z
    .object({ ...message, tries: z.number(), triedAt: z.number(), exchange: z.unknown() })
    .nullable()
    .default(null),
  delivered: z.number().default(0),
  givenUp: z.number().default(0),
  latest: z.array(z.object({ ...message, at: z.number(), tries: z.number() })).default([]),
});

/** Where it stands; at the beginning for one that never ran. */
export function readPlace(text: string | null): WebhookPlace<CursorPlace> {
  return text === null ? firstWebhookPlace() : stored.parse(JSON.parse(text));
}
