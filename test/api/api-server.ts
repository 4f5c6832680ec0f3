import { randomBytes, randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { auditRoutes } from '../../src/api/audit.ts';
import { apiDoor } from '../../src/api/door.ts';
import { importRoutes } from '../../src/api/imports.ts';
import type { ApiParts } from '../../src/api/parts.ts';
import { planRoutes } from '../../src/api/plans.ts';
import { sourceRoutes } from '../../src/api/sources.ts';
import { planKinds } from '../../src/boot/plan-kinds.ts';
import type { Place } from '../../src/store/changes.ts';
import { directoryRoutes } from '../../src/api/routes.ts';
import { DEFAULT_LIMITS } from '../../src/core/plans/limits.ts';
import { createCursors, type Cursors } from '../../src/core/cursor.ts';
import { buildRegistry } from '../../src/core/scim/registry.ts';
import { deriveKey } from '../../src/core/seal.ts';
import { type Scope, scopes as allScopes } from '../../src/core/scopes.ts';
import { createClient } from '../../src/directory/clients.ts';
import type { Directory } from '../../src/directory/work.ts';
import { readsOf } from '../../src/effective/asks.ts';
import { Engine } from '../../src/effective/engine.ts';
import { FeedHead } from '../../src/effective/feed/head.ts';
import { buildApp } from '../../src/http/app.ts';
import { createSessions } from '../../src/http/session.ts';
import { tokenLookup } from '../../src/http/token.ts';
import { placeOfNow } from '../../src/store/changes.ts';
import { openDatabase } from '../../src/store/database.ts';
import { openEpoch } from '../../src/store/installation.ts';
import { openTestDirectory, type TestDirectory } from '../support/directory.ts';

/** An answer with its body read. */
export interface Answered {
  readonly status: number;
  readonly headers: Headers;
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- bodies are looked into by the tests
  readonly body: any;
}

export interface Asking {
  readonly body?: unknown;
  readonly token?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

type Ask = (method: string, path: string, asking?: Asking) => Promise<Answered>;

/** Where a pool leads, how many connections it has, and how long one is waited for. */
interface Pool {
  readonly url: string;
  readonly poolSize: number;
  readonly patienceMs: number;
}

export interface Elsewhere {
  readonly ask: Ask;
  /** Runs a task while a connection of the pool is in use. */
  whileBusy(task: () => Promise<void>): Promise<void>;
  /** What it logged, a line of JSON each. */
  readonly logged: readonly string[];
  close(): Promise<void>;
}

/** The API on a directory of its own, with an engine beside it. */
export interface ApiServer extends TestDirectory {
  readonly address: string;
  readonly cursors: Cursors;
  readonly masterKey: Buffer;
  /** A token with every scope. */
  readonly token: string;
  /** The same directory, whose commits wake the engine. */
  readonly awake: Directory;
  readonly faults: unknown[];
  readonly engine: Engine;
  /** Where uploads lie while they are worked on, and files that are held. */
  readonly watchDir: string;
  ask: Ask;
  /** Another instance over the same index, with a pool of its own. */
  elsewhere(pool: Pool): Promise<Elsewhere>;
  tokenFor(name: string, scopes: readonly Scope[]): Promise<string>;
}

export async function startApi(): Promise<ApiServer> {
  const test = await openTestDirectory();
  const { database } = test;
  const masterKey = randomBytes(32);
  const faults: unknown[] = [];
  const feedHead = new FeedHead(database);
  const engine = new Engine({
    database,
    hashKey: Uint32Array.of(1, 2, 3, 4),
    file: null,
    holder: randomUUID(),
    now: () => performance.now(),
    onCut: () => feedHead.wake(),
    onFault: (what, error) => faults.push(error ?? what),
  });
  await engine.start();
  const awake = { database, wake: () => engine.wake() };
  const cursors = createCursors(masterKey, (await openEpoch(database, 'http://localhost')).id);
  const listKey = randomBytes(32);
  const guards = DEFAULT_LIMITS;
  const cursorOf = ({ xid, seq }: Place): string => cursors.seal({ kind: 'row', xid, seq });
  const watchDir = await mkdtemp(join(tmpdir(), 'muster-api-'));
  const registry = buildRegistry([]);
  const feeds = new Map();

  const serve = async (directory: Directory, onLog: (line: string) => void): Promise<Served> => {
    const { database } = directory;
    const planned = { directory, guards, listKey };
    const imports = { database, directory, newId: randomUUID, watchDir, feeds, cursorOf };
    const kinds = planKinds({ ...planned, registry, imports });
    const decisions = { database, wake: () => undefined, kinds };
    const parts: ApiParts = {
      directory,
      index: readsOf(engine),
      feedHead,
      cursors,
      listKey,
      historyDays: 400,
      registry,
      guards,
      baseUrl: 'http://localhost',
      now: Date.now,
      random: randomBytes,
    };
    const shared = [...directoryRoutes(parts), ...auditRoutes(parts, deriveKey(masterKey, 'audit-seal'))];
    const routes = [
      ...shared,
      ...planRoutes({ ...planned, decisions, cursorOf }),
      ...importRoutes({ ...imports, onFault: (error) => void faults.push(error) }),
      ...sourceRoutes({ ...planned, database, feeds, cursorOf }),
    ];
    const log = pino({ level: 'error' }, { write: onLog });
    const authenticate = tokenLookup(database, () => performance.now());
    const sessions = createSessions({ connection: database, baseUrl: 'http://localhost' });
    const cursorOfNow = async (): Promise<string> =>
      cursors.seal({ kind: 'row', ...(await placeOfNow(database)) });
    const door = apiDoor({ authenticate, sessions, log, baseUrl: 'http://localhost', routes, cursorOfNow });
    const app = buildApp({ newId: randomUUID, doors: [door], trustsProxy: false });
    app.on('error', () => undefined);
    const server = createServer(app.callback());
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return {
      address: `http://127.0.0.1:${(server.address() as AddressInfo).port}/api/v1`,
      close: async () => {
        server.closeAllConnections();
        await new Promise((resolve) => server.close(resolve));
      },
    };
  };
  const { address, close } = await serve(awake, (line) => void faults.push(line));

  const tokenFor = (name: string, scopes: readonly Scope[]): Promise<string> =>
    test.do(async (work) => {
      const client = { name, profile: 'auto', namespace: 'all', scopes, allow: [], expiresAt: null } as const;
      return (await createClient(work, client, { kind: 'random', bytes: randomBytes(64) })).token;
    });
  const token = await tokenFor('tests', allScopes);

  return {
    ...test,
    address,
    cursors,
    masterKey,
    token,
    awake,
    faults,
    engine,
    watchDir,
    tokenFor,
    ask: askingAt(address, token),
    elsewhere: async (pool) => {
      const own = openDatabase({ ...pool, applicationName: 'test-instance' });
      const logged: string[] = [];
      const served = await serve({ database: own, wake: () => undefined }, (line) => void logged.push(line));
      return {
        ask: askingAt(served.address, token),
        whileBusy: (task) => own.transaction(task),
        logged,
        close: async () => {
          await served.close();
          await own.close();
        },
      };
    },
    close: async () => {
      await close();
      feedHead.close();
      await engine.stop();
      await test.close();
      await rm(watchDir, { recursive: true });
    },
  };
}

interface Served {
  readonly address: string;
  readonly close: () => Promise<void>;
}

/** Asks an API with a token, unless another is given. */
function askingAt(address: string, token: string): Ask {
  return async (method, path, { body, token: own = token, headers = {} } = {}) => {
    const answer = await fetch(`${address}${path}`, {
      method,
      headers: {
        ...(own === '' ? {} : { Authorization: `Bearer ${own}` }),
        ...(body === undefined ? {} : { 'Content-Type': 'application/json' }),
        ...headers,
      },
      ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    });
    const text = await answer.text();
    const isJson = (answer.headers.get('Content-Type') ?? '').includes('json') && !text.includes('}\n{');
    return {
      status: answer.status,
      headers: answer.headers,
      body: isJson && text !== '' ? JSON.parse(text) : text,
    };
  };
}
