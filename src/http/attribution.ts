/** Whom a client's request is written down to. */
import type { Attribution } from '../core/attribution.ts';
import type { DoorContext } from './context.ts';
import { clientOf } from './token.ts';

/** The client as actor and source, the request as origin. */
export function attributionOf(context: Pick<DoorContext, 'state'>): Attribution {
  const { name, scopes } = clientOf(context);
  const { requestId } = context.state;
  return {
    actor: { kind: 'client', id: name, scopes },
    onBehalfOf: null,
    source: name,
    origin: { kind: 'request', id: requestId },
    requestId,
  };
}
