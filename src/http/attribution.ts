/** Whom a request is written down to. */
import type { Attribution } from '../core/attribution.ts';
import type { DoorContext } from './context.ts';
import { clientOf } from './token.ts';

/** The person, or else the client, as actor; what a person does comes from the source `console`. */
export function attributionOf(context: Pick<DoorContext, 'state'>): Attribution {
  const { requestId, session } = context.state;
  const common = { onBehalfOf: null, origin: { kind: 'request', id: requestId }, requestId } as const;
  if (session !== undefined) return { ...common, actor: session.person, source: 'console' };
  const { name, scopes } = clientOf(context);
  return { ...common, actor: { kind: 'client', id: name, scopes }, source: name };
}
