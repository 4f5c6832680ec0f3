/**
 * What has to be done now and then, whoever asks: ending memberships and affiliations whose time is over, sweeping what deletions
 * left, forgetting old attempts at targets and ended sessions, telling of alerts, making the log's next partition, sealing the log. Every instance does it; each round is safe beside another's.
 */
import { randomUUID } from 'node:crypto';
import type { Logger } from 'pino';
import { alertSentence } from '../core/alert.ts';
import { createAuditSealer, type AuditSealer } from '../directory/audit/sealer.ts';
import { endExpiredAffiliations } from '../directory/affiliations.ts';
import { endExpiredMemberships } from '../directory/expiry.ts';
import { expireRequests } from '../directory/waiting-requests.ts';
import type { Directory } from '../directory/work.ts';
import type { GuardLimits } from '../core/plans/limits.ts';
import type { Metrics } from '../observe/metrics.ts';
import { watchRemovals } from '../sources/scim/removal-watch.ts';
import { countOpenAlerts, pruneAlerts, takeUntoldAlerts } from '../store/alerts.ts';
import { takeLease } from '../store/leases.ts';
import { pruneTraces } from '../store/scim/traces.ts';
import { forgetHistory } from '../store/history-retention.ts';
import { sweepDeletedGroups } from '../store/leftovers.ts';
import { forgetCuts } from '../store/effective/feed-cuts.ts';
import { forgetErasedAtTargets } from '../store/privacy/erasure.ts';
import { dropLogPartitions, ensureLogPartitions } from '../store/log-partitions.ts';
import { pruneSaml } from '../store/saml/requests.ts';
import { pruneSessions } from '../store/sessions.ts';
import { pruneAttempts } from '../store/targets/attempts.ts';

export interface Housekeeping {
  /** Waits for the round in hand. */
  stop(): Promise<void>;
}

export interface HousekeepingParts {
  readonly directory: Directory;
  readonly log: Logger;
  readonly metrics: Metrics;
  /** Key of the seals of the log (D-40). */
  readonly sealKey: Buffer;
  readonly now: () => Date;
  /** Days for which the past can be asked about, and the log, which is the audit too, is kept. */
  readonly historyDays: number;
  /** Days for which cursors of the change feed are good (P-06). */
  readonly cursorDays: number;
  /** What a client may remove before a person is told (D-33). */
  readonly guards: GuardLimits;
}

const EVERY_MS = 10_000;
/** What clients remove is looked at so often (D-33). */
const WATCH_S = 60;
const RETAIN_S = 3_600;
const DAY_MS = 86_400_000;
/** Rows to one deletion: short enough to hold up nobody. */
const SWEPT_AT_ONCE = 10_000;

/** Starts at once, then every ten seconds after the round before has ended. */
export function startHousekeeping(parts: HousekeepingParts): Housekeeping {
  const state: { isStopping: boolean; timer: NodeJS.Timeout | null } = { isStopping: false, timer: null };
  const sealer = createAuditSealer(parts.directory.database, parts.sealKey);
  const next = async (): Promise<void> => {
    try {
      await keepHouse(parts, sealer, () => state.isStopping);
    } catch (error) {
      parts.log.warn({ err: error }, 'A round of housekeeping failed; the next one tries again.');
    }
    if (!state.isStopping) state.timer = setTimeout(() => (round = next()), EVERY_MS);
  };
  let round = next();
  return {
    stop: async () => {
      state.isStopping = true;
      if (state.timer !== null) clearTimeout(state.timer);
      await round;
    },
  };
}

async function keepHouse(
  parts: HousekeepingParts,
  sealer: AuditSealer,
  isStopping: () => boolean,
): Promise<void> {
  const { directory, now } = parts;
  await ensureLogPartitions(directory.database, now());
  await sealer.round();
  await endExpiredMemberships(directory);
  await endExpiredAffiliations(directory);
  await expireRequests(directory);
  await pruneAttempts(directory.database);
  await pruneTraces(directory.database);
  await watchClients(parts);
  await retain(parts);
  await tellAlerts(parts);
  await pruneSessions(directory.database);
  while ((await forgetHistory(directory.database, parts.historyDays, SWEPT_AT_ONCE)) && !isStopping());
  await pruneSaml(directory.database);
  let isMore = true;
  while (isMore && !isStopping()) {
    isMore = await sweepDeletedGroups(directory.database, SWEPT_AT_ONCE);
  }
}

/** Once an hour, by one instance. */
async function retain({
  directory: { database },
  historyDays,
  cursorDays,
  now,
}: HousekeepingParts): Promise<void> {
  const turn = { name: 'retention', holder: randomUUID(), seconds: RETAIN_S };
  if ((await takeLease(database, turn)) === null) return;
  await forgetCuts(database, cursorDays);
  await forgetErasedAtTargets(database);
  await dropLogPartitions(database, new Date(now().getTime() - Math.max(historyDays, cursorDays) * DAY_MS));
}

/** One instance a minute: the lease is taken by whoever comes first after it is over, and not given up. */
async function watchClients({ directory: { database }, guards }: HousekeepingParts): Promise<void> {
  const turn = { name: 'removal-watch', holder: randomUUID(), seconds: WATCH_S };
  if ((await takeLease(database, turn)) !== null) await watchRemovals(database, guards);
}

/** An alert is written to the log and counted by one instance, after the commit of what raised it. */
async function tellAlerts({ directory, log, metrics }: HousekeepingParts): Promise<void> {
  const { database } = directory;
  for (const { id, kind, subject, details } of await takeUntoldAlerts(database)) {
    metrics.alerts.inc({ kind });
    log.warn({ alert: id, kind, subject }, alertSentence(kind, details));
  }
  metrics.alertsOpen.reset();
  for (const { kind, open } of await countOpenAlerts(database)) metrics.alertsOpen.set({ kind }, open);
  await pruneAlerts(database);
}
