/** The doors of a daemon: what each is given, and in which order a request meets them. */
import { randomBytes } from 'node:crypto';
import type { Logger } from 'pino';
import { auditRoutes } from './api/audit.ts';
import { clientTraceRoutes } from './api/client-traces.ts';
import { apiDoor } from './api/door.ts';
import { idpRoutes } from './api/idps.ts';
import { importRoutes } from './api/imports.ts';
import { apiOperations } from './api/operations.ts';
import { undoPlan } from './api/plan-undo.ts';
import { planRoutes } from './api/plans.ts';
import { referenceDoor } from './api/reference.ts';
import type { Route } from './api/route.ts';
import { directoryRoutes } from './api/routes.ts';
import { sourceRoutes } from './api/sources.ts';
import { targetLedgerRoutes } from './api/target-ledger.ts';
import { targetRoutes } from './api/targets.ts';
import { tokenEndpoint, tokenOperation } from './api/token-endpoint.ts';
import { entraKeys } from './boot/entra-keys.ts';
import { examineDaemon, shownSetting } from './boot/installation-view.ts';
import { doctorToken, type Membership } from './boot/membership.ts';
import { listSettings, type LoadedSettings } from './config.ts';
import { consoleDoor } from './console/door.tsx';
import { refusedPage, signedOutPage, triedPage } from './console/saml-pages.tsx';
import type { Cursors } from './core/cursor.ts';
import type { Registry } from './core/scim/registry.ts';
import { deriveKey } from './core/seal.ts';
import { verifyAudit } from './directory/audit/verification.ts';
import type { Directory } from './directory/work.ts';
import type { DoorMiddleware } from './http/context.ts';
import { entraTokens, isJwt } from './http/entra-token.ts';
import { measureRequests } from './http/measure.ts';
import { probes } from './http/probes.ts';
import { limitRates } from './http/rate-limit.ts';
import { createSessions, type Sessions } from './http/session.ts';
import { type Authenticate, tokenLookup } from './http/token.ts';
import type { Health } from './observe/health.ts';
import type { Metrics } from './observe/metrics.ts';
import type { DecisionParts } from './plans/decisions.ts';
import type { ImportParts } from './sources/feeds/import-file.ts';
import { limitAddresses } from './sources/saml/address-limit.ts';
import type { Providers } from './sources/saml/admin.ts';
import { samlDoor } from './sources/saml/door.ts';
import type { KeyRing } from './sources/saml/keys/ring.ts';
import { beginLogout } from './sources/saml/own-logout.ts';
import type { Verifier } from './sources/saml/verify/pool.ts';
import { scimDoor } from './sources/scim/door.ts';
import { scimLimits } from './sources/scim/limits.ts';
import { scimOperations } from './sources/scim/operations.ts';
import type { RequestTraces } from './sources/scim/request-traces.ts';
import { placeOfNow } from './store/changes.ts';
import type { Targets } from './targets/admin/verbs.ts';

/** What the doors open to. */
export interface Rooms {
  readonly loaded: LoadedSettings;
  readonly log: Logger;
  readonly metrics: Metrics;
  readonly health: Health;
  readonly masterKey: Buffer;
  /** Key of the audit's seals. */
  readonly sealKey: Buffer;
  /** Address of the database for what needs a connection of its own. */
  readonly directUrl: string;
  readonly directory: Directory;
  readonly cursors: Cursors;
  readonly membership: Membership;
  readonly registry: Registry;
  readonly traces: RequestTraces;
  readonly imports: ImportParts;
  readonly decisions: DecisionParts;
  readonly targets: Targets;
  readonly keys: KeyRing;
  readonly verifier: Verifier;
  readonly providers: Providers;
}

/** Every door, in the order in which a request is offered to them. */
export function doorsOf(rooms: Rooms): DoorMiddleware[] {
  const { directory, metrics, health, masterKey, membership, log } = rooms;
  const { settings } = rooms.loaded;
  const { baseUrl } = settings;
  const sessions = createSessions({ connection: directory.database, baseUrl });
  const authenticate = authenticateBy(directory);
  const routes = routesOf(rooms);
  return [
    probes({
      ...{ health, metrics },
      metricsAre: settings.metricsPort === null ? 'here' : 'elsewhere',
      doctor: { token: doctorToken(masterKey), verify: () => membership.verify() },
    }),
    measureRequests(metrics),
    limitRates(() => performance.now()),
    tokenEndpoint({ directory, random: randomBytes, now: Date.now, log }),
    scimDoorOf(rooms, authenticate),
    apiDoor({
      ...{ authenticate, sessions, log, routes, baseUrl },
      cursorOfNow: async () => rooms.imports.cursorOf(await placeOfNow(directory.database)),
    }),
    referenceDoor(baseUrl, [...apiOperations(routes), ...scimOperations(rooms.registry), tokenOperation]),
    samlDoor({
      ...samlParts(rooms, sessions),
      admits: limitAddresses(() => performance.now()),
      pages: { refused: refusedPage, tried: triedPage, signedOut: signedOutPage },
    }),
    consoleDoorOf(rooms, sessions),
  ];
}

/** Tokens of Entra are JWTs, and no others are. */
function authenticateBy({ database }: Directory): Authenticate {
  const ofEntra = entraTokens({ connection: database, keysOf: entraKeys });
  const ours = tokenLookup(database, () => performance.now());
  return (token) => (isJwt(token) ? ofEntra(token) : ours(token));
}

function scimDoorOf(rooms: Rooms, authenticate: Authenticate): DoorMiddleware {
  const { directory, registry, traces, imports, log } = rooms;
  return scimDoor({
    ...{ directory, registry, authenticate, traces, log, now: Date.now },
    baseUrl: rooms.loaded.settings.baseUrl,
    limits: scimLimits,
    cursorKey: deriveKey(rooms.masterKey, 'scim-cursor'),
    cursorOf: imports.cursorOf,
  });
}

/** The routes of `/api/v1`. */
function routesOf(rooms: Rooms): Route[] {
  const { directory, cursors, membership, registry, sealKey, traces, imports, decisions, targets } = rooms;
  const { settings } = rooms.loaded;
  const { guards, baseUrl } = settings;
  const { database } = directory;
  const { index, feedHead } = membership;
  const { cursorOf, feeds } = imports;
  const listKey = deriveKey(rooms.masterKey, 'list-cursor');
  const own = {
    ...{ directory, guards, index, feedHead, cursors, listKey, registry, baseUrl },
    ...{ historyDays: settings.history, now: Date.now, random: randomBytes },
  };
  return [
    ...directoryRoutes(own),
    ...auditRoutes(own, sealKey),
    ...sourceRoutes({ directory, guards, database, feeds, cursorOf }),
    ...planRoutes({ directory, guards, decisions, listKey, cursorOf }),
    ...importRoutes({
      ...imports,
      onFault: (error) => rooms.log.error({ err: error }, 'An upload failed; it is taken up again.'),
    }),
    ...clientTraceRoutes({ database, listKey, flush: () => traces.flush() }),
    ...targetRoutes(targets, cursorOf),
    ...idpRoutes({ providers: rooms.providers, baseUrl }),
    ...targetLedgerRoutes({ targets, cursors, listKey }),
  ];
}

function samlParts({ directory, keys, verifier, log, metrics, loaded }: Rooms, sessions: Sessions) {
  const { baseUrl } = loaded.settings;
  return {
    ...{ directory, sessions, keys, verifier, log, metrics, baseUrl },
    ...{ random: randomBytes, now: Date.now },
  };
}

function consoleDoorOf(rooms: Rooms, sessions: Sessions): DoorMiddleware {
  const { loaded, directory, registry, imports, decisions, targets, providers, log, traces } = rooms;
  const { settings } = loaded;
  const { guards, baseUrl } = settings;
  const { database } = directory;
  return consoleDoor({
    ...{ directory, sessions, log, guards, registry, imports, decisions, targets, providers, baseUrl },
    ...{ random: randomBytes, now: Date.now },
    flushTraces: () => traces.flush(),
    verifyAudit: () => verifyAudit(database, rooms.sealKey),
    settings: () => listSettings(loaded).map(shownSetting),
    examine: () => examineDaemon({ settings, database, directUrl: rooms.directUrl }),
    planUndo: (plan, by) => undoPlan({ directory, guards }, plan, by),
    index: rooms.membership.index,
    historyDays: settings.history,
    leave: (context, ended) => beginLogout(samlParts(rooms, sessions), context, ended),
  });
}
