/** Measures every request: by door, client, method and status, never by path, user or group. */
import type { Metrics } from '../observe/metrics.ts';
import type { DoorMiddleware } from './context.ts';

const methods = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']);

/** Goes around all doors. The door is the path's first part, `other` for none of ours. */
export function measureRequests({ requests }: Metrics): DoorMiddleware {
  return async (context, next) => {
    const stop = requests.startTimer();
    try {
      await next();
    } finally {
      stop({
        door: /^\/(scim|api|saml|oauth2)(?=\/|$)/.exec(context.path)?.[1] ?? 'other',
        client: context.state.client?.name ?? '',
        method: methods.has(context.method) ? context.method : 'other',
        status: String(context.status),
      });
    }
  };
}
