/**
 * The only place that builds the parts of a daemon and hands them to each other. Read it from top to bottom: what
 * stands above is there before what stands below, and is closed after it.
 */
import { randomBytes, randomUUID } from 'node:crypto';
import type { Logger } from 'pino';
import { apiDoor } from './api/door.ts';
import { clientTraceRoutes } from './api/client-traces.ts';
import { auditRoutes } from './api/audit.ts';
import { apiOperations } from './api/operations.ts';
import { referenceDoor } from './api/reference.ts';
import { tokenEndpoint, tokenOperation } from './api/token-endpoint.ts';
import { idpRoutes } from './api/idps.ts';
import { importRoutes } from './api/imports.ts';
import { undoPlan } from './api/plan-undo.ts';
import { planRoutes } from './api/plans.ts';
import { directoryRoutes } from './api/routes.ts';
import { sourceRoutes } from './api/sources.ts';
import { targetLedgerRoutes } from './api/target-ledger.ts';
import { targetRoutes } from './api/targets.ts';
import { entraKeys } from './boot/entra-keys.ts';
import { feedsOf, startWatching } from './boot/feeds.ts';
import { beginInstallation, type FirstSecrets } from './boot/first-start.ts';
import { startHousekeeping } from './boot/housekeeping.ts';
import { joiningRulesOf } from './boot/joining-rules.ts';
import { listen } from './boot/listener.ts';
import { startMail } from './boot/mail.ts';
import { fingerprintOf, readMasterKey } from './boot/master-key.ts';
import { doctorToken, membershipOf } from './boot/membership.ts';
import { forgetRunning, writeRunning } from './boot/running.ts';
import { planKinds } from './boot/plan-kinds.ts';
import { startPlanRounds } from './boot/plans.ts';
import { providersOf, samlKeys, samlVerifier, startSamlUpkeep } from './boot/saml.ts';
import { registryOf } from './boot/schemas.ts';
import { keepSeen, readSeen } from './boot/seen.ts';
import type { Storage } from './boot/storage.ts';
import { startEngine, targetsOf } from './boot/targets.ts';
import { consoleDoor } from './console/door.tsx';
import { refusedPage, signedOutPage, triedPage } from './console/saml-pages.tsx';
import { listSettings, type LoadedSettings } from './config.ts';
import { deriveKey } from './core/seal.ts';
import { examineDaemon, shownSetting } from './boot/installation-view.ts';
import { createCursors } from './core/cursor.ts';
import { errorCode } from './core/error-code.ts';
import { SetupProblem } from './core/setup-problem.ts';
import { verifyAudit } from './directory/audit/verification.ts';
import { makeEveryoneGroups } from './directory/everyone.ts';
import type { Directory } from './directory/work.ts';
import { buildApp } from './http/app.ts';
import type { DoorMiddleware } from './http/context.ts';
import { measureRequests } from './http/measure.ts';
import { metricsAlone, probes } from './http/probes.ts';
import { createSessions } from './http/session.ts';
import { entraTokens, isJwt } from './http/entra-token.ts';
import { type Authenticate, tokenLookup } from './http/token.ts';
import { createHealth } from './observe/health.ts';
import { createMetrics, measurePool } from './observe/metrics.ts';
import { limitRates } from './http/rate-limit.ts';
import { countRuns } from './sources/feeds/run-metrics.ts';
import { RequestTraces } from './sources/scim/request-traces.ts';
import { limitAddresses } from './sources/saml/address-limit.ts';
import { samlDoor } from './sources/saml/door.ts';
import { beginLogout } from './sources/saml/own-logout.ts';
import { scimDoor } from './sources/scim/door.ts';
import { scimLimits } from './sources/scim/limits.ts';
import { scimOperations } from './sources/scim/operations.ts';
import { type Place, placeOfNow } from './store/changes.ts';
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

  const ofEntra = entraTokens({ connection: database, keysOf: entraKeys });
  const ours = tokenLookup(database, () => performance.now());
  const authenticate: Authenticate = (token) => (isJwt(token) ? ofEntra(token) : ours(token));
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
  const { guards } = settings;
  const kinds = planKinds({ directory, registry, guards, imports });
  const pushes = pushPlans(targets);
  const decisions = { database, wake: wake.ring, kinds: { ...kinds, ...pushes } };
  const listKey = deriveKey(masterKey, 'list-cursor');
  const keys = samlKeys({ directory, masterKey, baseUrl: settings.baseUrl });
  const verifier = samlVerifier();
  onClose(() => verifier.stop());
  const providers = providersOf(directory, verifier);
  const apiParts = {
    directory,
    guards,
    index: membership.index,
    feedHead: membership.feedHead,
    cursors,
    listKey,
    historyDays: settings.history,
    registry,
    baseUrl: settings.baseUrl,
    now: Date.now,
    random: randomBytes,
  };
  const routes = [
    ...directoryRoutes(apiParts),
    ...auditRoutes(apiParts, sealKey),
    ...sourceRoutes({ directory, guards, database, feeds, cursorOf }),
    ...planRoutes({ directory, guards, decisions, cursorOf, listKey }),
    ...importRoutes({
      ...imports,
      onFault: (error) => log.error({ err: error }, 'An upload failed; it is taken up again.'),
    }),
    ...clientTraceRoutes({
      database,
      listKey,
      flush: () => traces.flush(),
    }),
    ...targetRoutes(targets, cursorOf),
    ...idpRoutes({ providers, baseUrl: settings.baseUrl }),
    ...targetLedgerRoutes({ targets, cursors, listKey: deriveKey(masterKey, 'list-cursor') }),
  ];
  const sessions = createSessions({ connection: database, baseUrl: settings.baseUrl });
  const saml = {
    ...{ directory, sessions, keys, verifier, log, metrics, random: randomBytes, now: Date.now },
    baseUrl: settings.baseUrl,
  };
  const doors: DoorMiddleware[] = [
    probes({
      ...{ health, metrics },
      metricsAre: settings.metricsPort === null ? 'here' : 'elsewhere',
      doctor: {
        token: doctorToken(masterKey),
        verify: () => membership.verify(),
      },
    }),
    measureRequests(metrics),
    limitRates(() => performance.now()),
    tokenEndpoint({ directory, random: randomBytes, now: Date.now, log }),
    scimDoor({
      directory,
      registry,
      baseUrl: settings.baseUrl,
      limits: scimLimits,
      cursorKey: deriveKey(masterKey, 'scim-cursor'),
      cursorOf,
      now: Date.now,
      authenticate,
      traces,
      log,
    }),
    apiDoor({
      ...{ authenticate, sessions, log, routes },
      baseUrl: settings.baseUrl,
      cursorOfNow: async () => cursorOf(await placeOfNow(database)),
    }),
    referenceDoor(settings.baseUrl, [...apiOperations(routes), ...scimOperations(registry), tokenOperation]),
    samlDoor({
      ...saml,
      admits: limitAddresses(() => performance.now()),
      pages: { refused: refusedPage, tried: triedPage, signedOut: signedOutPage },
    }),
    consoleDoor({
      ...{
        directory,
        sessions,
        log,
        guards,
        registry,
        imports,
        decisions,
        random: randomBytes,
        now: Date.now,
      },
      ...{ targets, providers, baseUrl: settings.baseUrl, flushTraces: () => traces.flush() },
      verifyAudit: () => verifyAudit(database, sealKey),
      settings: () => listSettings(loaded).map(shownSetting),
      examine: () => examineDaemon({ settings, database, directUrl }),
      planUndo: (plan, by) => undoPlan({ directory, guards }, plan, by),
      index: membership.index,
      historyDays: settings.history,
      leave: (context, ended) => beginLogout(saml, context, ended),
    }),
  ];
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
    });
    onClose(() => metricsListener.drain(0));
  }
  const listener = await listen(app.callback(), settings);
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
