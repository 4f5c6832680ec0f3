/** Reading back what a target's row keeps as JSON. */
import { z } from 'zod';
import { type Circuit, CLOSED } from '../core/targets/circuit.ts';
import { FIRST_PUSH_LIMITS, type PushLimits } from '../core/targets/push-guard.ts';
import { REMOVAL_STYLES, type Traits } from './connector.ts';

const circuit = z.object({
  state: z.enum(['closed', 'open', 'quarantined']),
  failures: z.number(),
  failingSince: z.number().nullable(),
  until: z.number().nullable(),
  why: z.string().nullable(),
  refusals: z.number().default(0),
});

const limits = z.object({ percent: z.number(), atLeast: z.number() });

const learned = z.object({
  chunk: z.number().optional(),
  removal: z.enum(REMOVAL_STYLES).optional(),
  membersReadable: z.boolean().optional(),
  refusedAttributes: z.array(z.string()).optional(),
});

/** The circuit as it stood; closed for a target that never failed. */
export function readCircuit(stored: unknown): Circuit {
  const read = circuit.safeParse(stored);
  return read.success ? read.data : CLOSED;
}

export function readLimits(stored: unknown): PushLimits {
  const read = limits.safeParse(stored);
  return read.success ? read.data : FIRST_PUSH_LIMITS;
}

/** What was learned of a target, over what its profile says. */
export function withLearned(traits: Traits, stored: unknown): Traits {
  const read = learned.safeParse(stored);
  if (!read.success) return traits;
  const known = Object.entries(read.data).filter(([, value]) => value !== undefined);
  return { ...traits, ...Object.fromEntries(known) };
}
