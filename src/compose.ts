/**
 * The only place that builds the parts of a daemon and hands them to each other; its doors get theirs in doors.ts. Read it
 * from top to bottom: what stands above is there before what stands below, and is closed after it.
 */
import { randomBytes, randomUUID } from 'node:crypto';
import type { Logger } from 'pino';
import { feedsOf, startWatching } from './boot/feeds.ts';
import { beginInstallation, type FirstSecrets } from './boot/first-start.ts';
import { startHousekeeping } from './boot/housekeeping.ts';
import { joiningRulesOf } from './boot/joining-rules.ts';
import { listen } from './boot/listener.ts';
import { startMail } from './boot/mail.ts';
import { fingerprintOf, readMasterKey } from './boot/master-key.ts';
import { membershipOf } from './boot/membership.ts';
import { forgetRunning, writeRunning } from './boot/running.ts';
import { planKinds } from './boot/plan-kinds.ts';
import { startPlanRounds } from './boot/plans.ts';
import { providersOf, samlKeys, samlVerifier, startSamlUpkeep } from './boot/saml.ts';
import { registryOf } from './boot/schemas.ts';
import { keepSeen, readSeen } from './boot/seen.ts';
import type { Storage } from './boot/storage.ts';
import { startEngine, targetsOf } from './boot/targets.ts';
import type { LoadedSettings } from './config.ts';
import { deriveKey } from './core/seal.ts';
import { createCursors } from './core/cursor.ts';
import { errorCode } from './core/error-code.ts';
import { SetupProblem } from './core/setup-problem.ts';
import { makeEveryoneGroups } from './directory/everyone.ts';
import type { Directory } from './directory/work.ts';
import { doorsOf } from './doors.ts';
import { buildApp } from './http/app.ts';
import { metricsAlone } from './http/probes.ts';
import { createHealth } from './observe/health.ts';
import { createMetrics, measurePool } from './observe/metrics.ts';
import { countRuns } from './sources/feeds/run-metrics.ts';
import { RequestTraces } from './sources/scim/request-traces.ts';
import type { Place } from './store/changes.ts';
import { pushPlans } from './targets/admin/pushing.ts';
import { bindMasterKey, openEpoch } from './store/installation.ts';
import { Wake } from './store/wake.ts';

/** A running daemon. */
export interface Daemon {
  /** Where it listens, such as `http://127.0.0.1:8080`. */
  readonly address: string;
  /** At the first start only: the token of the first client, unless it was chosen, and the link for the administrator. */
  readonly firstSecrets: FirstSecrets | null;
  /** Finishes what is in hand within the grace time and closes everything. */
  stop(): Promise<void>;
}

const PROBE_PATIENCE_MS = 2_000;
const TOKEN_DAYS = 365;
const DAY_MS = 86_400_000;

/**
 * Starts a daemon on the database that is being opened, which is its own from then on. Refuses (SetupProblem) what a
 * person has to mend; leaves nothing behind when it fails.
 */
export async function startDaemon(
  loaded: LoadedSettings,
  log: Logger,
  opening: Promise<Storage>,
): Promise<Daemon> {
  const closers: (() => Promise<void>)[] = [];
  const closeAll = async (): Promise<void> => {
    for (const close of closers.splice(0).reverse()) await close();
  };
  try {
    const storage = await opening;
    closers.push(() => storage.close());
    return await assemble(
      { loaded, log, storage },
      { onClose: (close) => void closers.push(close), closeAll },
    );
  } catch (error) {
    await closeAll();
    throw error;
  }
}

interface Ground {
  readonly loaded: LoadedSettings;
  readonly log: Logger;
  readonly storage: Storage;
}

interface Closing {
  /** Adds a step to the closing; the last added goes first. */
  readonly onClose: (close: () => Promise<void>) => void;
  readonly closeAll: () => Promise<void>;
}

async function assemble({ loaded, log, storage }: Ground, { onClose, closeAll }: Closing): Promise<Daemon> {
  const { settings } = loaded;
  const metrics = createMetrics();
  const health = createHealth({ patienceMs: PROBE_PATIENCE_MS });

  const { database, directUrl } = storage;
  measurePool(metrics, () => database.load());
  const masterKey = readMasterKey({
    given: settings.masterKey,
    dataDir: settings.dataDir,
    random: randomBytes,
  });
  const wake = new Wake({
    directUrl,
    instance: randomUUID(),
    onFault: (error) => log.warn({ err: error }, 'The connection that wakes other instances was lost.'),
  });
  onClose(() => wake.close());
  const waking = wake.start();
  if (!(await bindMasterKey(database, fingerprintOf(masterKey)))) throw foreignKey();
  const { dataDir } = settings;
  const outside = { seen: readSeen(dataDir), files: storage.files };
  const epoch = await openEpoch(database, settings.baseUrl, outside);
  if (epoch.isNew) log.warn('This database was restored, copied or moved: cursors start anew.');
  const seeing = keepSeen({ database, dataDir, epoch, log });
  onClose(() => seeing.stop());

  await waking;
  const directory: Directory = {
    database,
    wake: wake.ring,
    rules: joiningRulesOf(settings),
    nestingMoves: settings.guards.nestingMoves,
  };
  await makeEveryoneGroups(directory);
  const cursors = createCursors(masterKey, epoch.id);
  const sealKey = deriveKey(masterKey, 'audit-seal');
  const housekeeping = startHousekeeping({
    ...{ directory, log, metrics, sealKey, now: () => new Date() },
    historyDays: settings.history,
    guards: settings.guards,
    cursorDays: settings.cursorDays,
  });
  onClose(() => housekeeping.stop());
  onClose(await startMail({ database, settings, wake, log }));
  const membership = membershipOf({
    ...{ database, masterKey, wake, log },
    url: directUrl,
    dataDir: settings.dataDir,
    epoch: epoch.id,
  });
  onClose(() => membership.stop());
  const targets = targetsOf(database, { masterKey, dataDir: settings.dataDir }, wake.ring);
  const engine = startEngine({ targets, log, metrics, wake, cursors });
  onClose(() => engine.stop());
  health.watch('database', async () => {
    await database.rows({ text: 'select 1' });
    return null;
  });

  const registry = registryOf(settings);
  const traces = new RequestTraces({
    ...{ database, registry },
    onFault: (error) => log.warn({ err: error }, 'Traces of requests were not kept.'),
  });
  onClose(() => traces.stop());
  const feeds = feedsOf(settings);
  const cursorOf = ({ xid, seq }: Place): string => cursors.seal({ kind: 'row', xid, seq });
  const imports = {
    ...{ database, directory, cursorOf, newId: randomUUID },
    watchDir: settings.watchDir,
    feeds,
    onEnded: countRuns(metrics),
  };
  const kinds = planKinds({ directory, registry, guards: settings.guards, imports });
  const pushes = pushPlans(targets);
  const decisions = { database, wake: wake.ring, kinds: { ...kinds, ...pushes } };
  const keys = samlKeys({ directory, masterKey, baseUrl: settings.baseUrl });
  const verifier = samlVerifier();
  onClose(() => verifier.stop());
  const providers = providersOf(directory, verifier);

  const doors = doorsOf({
    ...{ loaded, log, metrics, health, masterKey, sealKey, directUrl, directory, cursors, membership },
    ...{ registry, traces, imports, decisions, targets, keys, verifier, providers },
  });
  const app = buildApp({ newId: randomUUID, doors, trustsProxy: settings.trustProxy });
  app.on('error', (error: unknown) => {
    // A reader that leaves in the middle of a stream is no fault of anybody.
    if (errorCode(error) !== 'ERR_STREAM_PREMATURE_CLOSE')
      log.warn({ err: error }, 'A response was not sent whole.');
  });
  if (settings.metricsPort !== null) {
    const aside = buildApp({ newId: randomUUID, doors: [metricsAlone(metrics)], trustsProxy: false });
    const metricsListener = await listen(aside.callback(), {
      host: settings.host,
      port: settings.metricsPort,
      portFrom: 'metricsPort',
    });
    onClose(() => metricsListener.drain(0));
  }
  const listener = await listen(app.callback(), {
    host: settings.host,
    port: settings.port,
    portFrom: 'port',
  });
  onClose(() => listener.drain(settings.graceSeconds * 1_000));
  // Streams and waiting readers of the feed end first: they would stay for as long as they are let.
  onClose(async () => membership.feedHead.close());
  const address = `http://${settings.host.includes(':') ? `[${settings.host}]` : settings.host}:${listener.port}`;

  // Last, when nothing can fail any more: a secret that was made and not shown would be lost.
  const firstSecrets = await beginInstallation(directory, {
    chosen: settings.bootstrapToken,
    random: randomBytes,
    expiresAt: new Date(Date.now() + TOKEN_DAYS * DAY_MS),
  });
  const watcher = await startWatching({
    ...{ directory, database, settings, log, metrics, cursorOf },
  });
  onClose(() => watcher.stop());
  // Its thread loads and reads for a while: whoever waits for the start should not wait for that.
  membership.start();
  // Approved pushes are gone on with by whoever drives their targets.
  const carried = { ...kinds, 'push-undo': pushes['push-undo'] };
  const planRounds = startPlanRounds({ decisions: { ...decisions, kinds: carried }, metrics, log });
  onClose(() => planRounds.stop());
  const upkeep = startSamlUpkeep(providers, { keys, log });
  onClose(() => upkeep.stop());
  writeRunning(settings.dataDir, {
    ...{ pid: process.pid, address, watchDir: settings.watchDir },
    database: settings.databaseUrl === null ? 'embedded' : 'outside',
  });
  onClose(async () => forgetRunning(settings.dataDir, process.pid));
  health.enter('serving');
  onClose(async () => health.enter('stopping'));
  return { address, firstSecrets, stop: closeAll };
}

function foreignKey(): SetupProblem {
  return new SetupProblem('The master key does not fit this database, which is sealed with another one.', [
    'Set MUSTER_MASTER_KEY to the key of this installation, or put its master.key back into the data folder.',
  ]);
}
