/** Gives every request an id, the caller's own where it is usable, and returns it (interface.md, HTTP). */
import type { DoorMiddleware } from './context.ts';

const USABLE = /^[\w.:@/+=-]{1,128}$/;

/** `newId` makes an id for requests that bring none. */
export function requestIds(newId: () => string): DoorMiddleware {
  return async (context, next) => {
    const given = context.get('X-Request-Id');
    context.state.requestId = USABLE.test(given) ? given : newId();
    context.set('X-Request-Id', context.state.requestId);
    await next();
  };
}
