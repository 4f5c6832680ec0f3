import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';

/**
 * Everything that is measured. Labels hold clients, feeds, targets, outcomes and kinds of work, never a user or a
 * group: their number is unbounded and their names are personal.
 */
export interface Metrics {
  readonly registry: Registry;
  /** Seconds per request by `door`, `client`, `method`, `status`. */
  readonly requests: Histogram<'door' | 'client' | 'method' | 'status'>;
  /** Runs by `source` and `outcome` (the import's final state). */
  readonly imports: Counter<'source' | 'outcome'>;
  /** Rows by `source` and `outcome`. */
  readonly importRows: Counter<'source' | 'outcome'>;
  /** Unix time of the last applied import by `source`. */
  readonly importLastSuccess: Gauge<'source'>;
  /** Attempts by `target` and `outcome`. */
  readonly deliveries: Counter<'target' | 'outcome'>;
  /** Seconds for which something has been waiting for a `target` without a pause; 0 when it has everything. */
  readonly targetLag: Gauge<'target'>;
  /** Findings of full looks that stand unrepaired, by `target`. */
  readonly targetDrift: Gauge<'target'>;
  /** Users, groups and memberships that a `target` refused. */
  readonly targetBlocked: Gauge<'target'>;
  /** Operations waiting by `target`. */
  readonly targetWaiting: Gauge<'target'>;
  /** Plans held by a guard by `source`. */
  readonly holds: Counter<'source'>;
  /** Plans that wait for a decision now, by `source` and `kind`. */
  readonly plansHeld: Gauge<'source' | 'kind'>;
  /** Alerts raised by `kind`. */
  readonly alerts: Counter<'kind'>;
  /** Alerts that nobody has resolved yet by `kind`. */
  readonly alertsOpen: Gauge<'kind'>;
  /** Logins by `provider` and `outcome`: signed-in, or the code of the guard's line. */
  readonly logins: Counter<'provider' | 'outcome'>;
}

/** Shows the pool's load at the moment of each look. */
export function measurePool(
  { registry }: Metrics,
  load: () => Readonly<Record<'used' | 'idle' | 'waiting', number>>,
): void {
  const gauge = new Gauge({
    name: 'muster_database_connections',
    help: 'Connections of the database pool, and requests that wait for one',
    labelNames: ['state'],
    registers: [registry],
    collect: () => {
      for (const [state, count] of Object.entries(load())) gauge.set({ state }, count);
    },
  });
}

/** Fresh instruments in a registry of their own, the process's own (memory, event loop) included. */
export function createMetrics(): Metrics {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const registers = [registry];
  return {
    registry,
    requests: new Histogram({
      name: 'http_server_request_duration_seconds',
      help: 'Duration of HTTP requests',
      labelNames: ['door', 'client', 'method', 'status'],
      buckets: [0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10],
      registers,
    }),
    imports: new Counter({
      name: 'muster_imports_total',
      help: 'Imports that ended, by outcome',
      labelNames: ['source', 'outcome'],
      registers,
    }),
    importRows: new Counter({
      name: 'muster_import_rows_total',
      help: 'Rows of imports, by outcome',
      labelNames: ['source', 'outcome'],
      registers,
    }),
    importLastSuccess: new Gauge({
      name: 'muster_import_last_success_timestamp_seconds',
      help: 'When an import of the source was applied last',
      labelNames: ['source'],
      registers,
    }),
    deliveries: new Counter({
      name: 'muster_target_deliveries_total',
      help: 'Attempts to deliver to a target, by outcome',
      labelNames: ['target', 'outcome'],
      registers,
    }),
    targetLag: new Gauge({
      name: 'muster_target_lag_seconds',
      help: 'Seconds for which something has been waiting for the target without a pause',
      labelNames: ['target'],
      registers,
    }),
    targetDrift: new Gauge({
      name: 'muster_target_drift',
      help: 'What full looks at the target found otherwise, and is not repaired',
      labelNames: ['target'],
      registers,
    }),
    targetBlocked: new Gauge({
      name: 'muster_target_blocked',
      help: 'Users, groups and memberships that the target refused, until they change or somebody lets them go on',
      labelNames: ['target'],
      registers,
    }),
    targetWaiting: new Gauge({
      name: 'muster_target_waiting',
      help: 'Operations that wait for the target',
      labelNames: ['target'],
      registers,
    }),
    holds: new Counter({
      name: 'muster_plans_held_total',
      help: 'Plans that a guard stopped',
      labelNames: ['source'],
      registers,
    }),
    logins: new Counter({
      name: 'muster_logins_total',
      help: 'Logins by identity providers, by outcome',
      labelNames: ['provider', 'outcome'],
      registers,
    }),
    alerts: new Counter({
      name: 'muster_alerts_total',
      help: 'Alerts that were raised',
      labelNames: ['kind'],
      registers,
    }),
    alertsOpen: new Gauge({
      name: 'muster_alerts_open',
      help: 'Alerts that nobody has resolved yet',
      labelNames: ['kind'],
      registers,
    }),
    plansHeld: new Gauge({
      name: 'muster_plans_waiting',
      help: 'Plans that wait for a decision',
      labelNames: ['source', 'kind'],
      registers,
    }),
  };
}
