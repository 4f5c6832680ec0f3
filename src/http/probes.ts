/**
 * `/livez`, `/readyz` and `/metrics`: open to anyone who may connect, so no secret and no name is in them. `/verify`
 * is for the doctor, who proves by a token that it has the installation's master key.
 */
import { timingSafeEqual } from 'node:crypto';
import type { Health } from '../observe/health.ts';
import type { Metrics } from '../observe/metrics.ts';
import type { DoorContext, DoorMiddleware } from './context.ts';

export interface ProbeParts {
  readonly health: Health;
  readonly metrics: Metrics;
  /** `elsewhere` when /metrics has a port of its own. */
  readonly metricsAre: 'here' | 'elsewhere';
  readonly doctor: {
    /** Derived from the master key, which whoever runs commands here has. */
    readonly token: Buffer;
    /** Holds what this process derived against the database, and mends it. */
    readonly verify: () => Promise<object>;
  };
}

/** Answers the probes. Alive is a process that answers at all; ready is one that should get requests. */
export function probes({ health, metrics, metricsAre, doctor }: ProbeParts): DoorMiddleware {
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
    if (context.path === '/verify' && context.method === 'POST' && isDoctor(context, doctor.token)) {
      context.set('Cache-Control', 'no-store');
      context.body = await doctor.verify();
      return;
    }
    const answer = routes[context.path];
    if (answer === undefined || (context.method !== 'GET' && context.method !== 'HEAD')) {
      await next();
      return;
    }
    context.set('Cache-Control', 'no-store');
    await answer(context);
  };
}

/** To anybody else the path is one that is not there. */
function isDoctor(context: DoorContext, token: Buffer): boolean {
  const given = Buffer.from(context.get('Authorization').replace(/^Bearer /i, ''), 'base64url');
  return given.length === token.length && timingSafeEqual(given, token);
}

/** Answers `/metrics` on a port of its own, which has nothing else. */
export function metricsAlone(metrics: Metrics): DoorMiddleware {
  return async (context, next) => {
    if (context.path !== '/metrics') {
      await next();
      return;
    }
    context.set('Cache-Control', 'no-store');
    await writeMetrics(context, metrics);
  };
}

/** Answers with everything measured, in Prometheus' text format. */
async function writeMetrics(context: DoorContext, { registry }: Metrics): Promise<void> {
  context.set('Content-Type', registry.contentType);
  context.body = await registry.metrics();
}
