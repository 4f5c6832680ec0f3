/**
 * The edge of a door: whatever its routes throw becomes the door's own answer. A fault, which is anything but a
 * Refusal or an HttpProblem, is logged here, once, and answered with the request's id alone.
 */
import type { Logger } from 'pino';
import { isRefusal, type Refusal } from '../core/refusal.ts';
import type { DoorContext, DoorMiddleware } from './context.ts';
import { HttpProblem } from './problem.ts';

/** How a door answers. Each sets status, headers and body of the context. */
export interface ErrorForm {
  readonly refusal: (context: DoorContext, refusal: Refusal) => void;
  readonly problem: (context: DoorContext, problem: HttpProblem) => void;
  readonly fault: (context: DoorContext) => void;
}

/** Middleware that goes before a door's routes. */
export function answerErrors(form: ErrorForm, log: Logger): DoorMiddleware {
  return async (context, next) => {
    try {
      await next();
    } catch (error) {
      if (isRefusal(error)) {
        form.refusal(context, error);
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
