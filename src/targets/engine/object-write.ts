/**
 * Writes of users and groups. A service that refuses a user for an extension that it does not know gets the user
 * without it, and never again gets it (O-04).
 */
import type { Outcome } from '../../core/targets/outcome.ts';
import type { Operation } from '../connector.ts';
import { learn, request, type TargetContext } from './context.ts';
import { overhear } from './overhearing.ts';

/** Answers by which services refuse what they do not know; 501 is "not supported". */
const REFUSALS: readonly number[] = [400, 422, 501];

/**
 * Sends a write. Only where the target is known to lack what the refused write carried, and takes the same object
 * without, is that remembered; a refusal for any other reason stays what it is.
 */
export async function write(
  context: TargetContext,
  operation: Extract<Operation, { kind: 'create' | 'update' }>,
): Promise<Outcome> {
  const { connector, traits } = context;
  const send = (known: typeof traits) => request(context, () => connector.apply(operation, known));
  const outcome = await send(traits);
  if (outcome.kind !== 'rejected' || !REFUSALS.includes(outcome.code)) return outcome;
  // What is asked meanwhile is not what the ledger shows of this attempt.
  const { result: unknown } = await overhear(
    async () => (await connector.unknownAttributes?.(operation, outcome.why, traits)) ?? null,
  );
  if (unknown === null) return outcome;
  const refusedAttributes = [
    ...new Set([...(context.traits.refusedAttributes ?? []), ...unknown.attributes]),
  ];
  const without = await send({ ...context.traits, refusedAttributes });
  if (without.kind === 'applied' || without.kind === 'noop') {
    const evidence = { code: outcome.code, why: unknown.evidence };
    await learn(context, { refusedAttributes }, { refusedAttributes: evidence });
  }
  return without;
}
