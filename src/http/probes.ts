/** `/livez`, `/readyz` and `/metrics`: open to anyone who may connect, so no secret and no name is in them. */
import type { Health } from '../observe/health.ts';
import type { Metrics } from '../observe/metrics.ts';
import type { DoorContext, DoorMiddleware } from './context.ts';

export interface ProbeParts {
  readonly health: Health;
  readonly metrics: Metrics;
  /** `elsewhere` when /metrics has a port of its own. */
  readonly metricsAre: 'here' | 'elsewhere';
}

/** Answers the probes. Alive is a process that answers at all; ready is one that should get requests. */
export function probes({ health, metrics, metricsAre }: ProbeParts): DoorMiddleware {
  const routes: Readonly<Record<string, (context: DoorContext) => Promise<void>>> = {
    '/livez': async (context) => {
      context.body = { status: 'alive' };
    },
    '/readyz': async (context) => {
      const { isReady, phase, checks } = await health.look();
      context.status = isReady ? 200 : 503;
      context.body = { status: isReady ? 'ready' : 'not ready', phase, checks };
    },
    ...(metricsAre === 'here'
      ? { '/metrics': (context: DoorContext) => writeMetrics(context, metrics) }
      : {}),
  };
  return async (context, next) => {
    const answer = routes[context.path];
    if (answer === undefined || (context.method !== 'GET' && context.method !== 'HEAD')) {
      await next();
      return;
    }
    context.set('Cache-Control', 'no-store');
    await answer(context);
  };
}

/** Answers with everything measured, in Prometheus' text format. */
export async function writeMetrics(context: DoorContext, { registry }: Metrics): Promise<void> {
  context.set('Content-Type', registry.contentType);
  context.body = await registry.metrics();
}
