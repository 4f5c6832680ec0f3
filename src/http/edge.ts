/**
 * The edge of a door: whatever its routes throw becomes the door's own answer. A fault, which is anything but a
 * Refusal or an HttpProblem, is logged here, once, and answered with the request's id alone.
 */
import type { Logger } from 'pino';
import { isRefusal, type Refusal } from '../core/refusal.ts';
import { isUnavailable } from '../store/database.ts';
import type { DoorContext, DoorMiddleware } from './context.ts';
import { HttpProblem } from './problem.ts';

/** How a door answers. Each sets status, headers and body of the context. */
export interface ErrorForm {
  readonly refusal: (context: DoorContext, refusal: Refusal) => void;
  readonly problem: (context: DoorContext, problem: HttpProblem) => void;
  readonly fault: (context: DoorContext) => void;
}

/** Seconds after which a client may come again when the database could not be asked. */
const COME_AGAIN = '5';

/** The answer to a request whose statements never began: the database is away, or all connections are in use. null for any other error. */
export function overloadOf(error: unknown): HttpProblem | null {
  if (!isUnavailable(error)) return null;
  return new HttpProblem('not.ready', `The database cannot be asked now; come again in ${COME_AGAIN} s.`, {
    'Retry-After': COME_AGAIN,
  });
}

/** Middleware that goes before a door's routes. */
export function answerErrors(form: ErrorForm, log: Logger): DoorMiddleware {
  return async (context, next) => {
    try {
      await next();
    } catch (error) {
      const overload = overloadOf(error);
      if (isRefusal(error)) {
        form.refusal(context, error);
      } else if (overload !== null) {
        const { requestId } = context.state;
        log.error({ err: error, requestId }, 'A request was sent away: no connection to the database.');
        context.set(overload.headers);
        form.problem(context, overload);
      } else if (error instanceof HttpProblem) {
        context.set(error.headers);
        form.problem(context, error);
      } else {
        log.error({ err: error, requestId: context.state.requestId }, 'A request failed.');
        form.fault(context);
      }
    }
  };
}
