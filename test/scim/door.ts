import { createServer } from 'node:http';
import { randomBytes, randomUUID } from 'node:crypto';
import { pino } from 'pino';
import { createClient } from '../../src/directory/clients.ts';
import type { Json, JsonObject } from '../../src/core/scim/json.ts';
import { buildRegistry, type Registry } from '../../src/core/scim/registry.ts';
import type { Scope } from '../../src/core/scopes.ts';
import { TOKEN_BYTES } from '../../src/core/token.ts';
import { tokenEndpoint } from '../../src/api/token-endpoint.ts';
import { limitRates } from '../../src/http/rate-limit.ts';
import { buildApp } from '../../src/http/app.ts';
import { tokenLookup } from '../../src/http/token.ts';
import { RequestTraces } from '../../src/sources/scim/request-traces.ts';
import { scimDoor } from '../../src/sources/scim/door.ts';
import { scimLimits } from '../../src/sources/scim/limits.ts';
import type { Directory } from '../../src/directory/work.ts';
import { type Database, openDatabase } from '../../src/store/database.ts';
import { openDirectory, type TestDirectory } from './directory.ts';

export const USER = 'urn:ietf:params:scim:schemas:core:2.0:User';
export const GROUP = 'urn:ietf:params:scim:schemas:core:2.0:Group';
export const PATCH = 'urn:ietf:params:scim:api:messages:2.0:PatchOp';
export const ERROR = 'urn:ietf:params:scim:api:messages:2.0:Error';

export interface Reply {
  readonly status: number;
  readonly headers: Headers;
  /** The body; an empty object where there is none. */
  readonly body: JsonObject & { readonly Resources?: readonly JsonObject[] };
}

export interface Client {
  readonly token: string;
  readonly send: (
    method: string,
    path: string,
    body?: Json,
    headers?: Readonly<Record<string, string>>,
  ) => Promise<Reply>;
  readonly patch: (path: string, ...operations: readonly Json[]) => Promise<Reply>;
}

/** A client at an instance; `whileBusy` runs a task while a connection of the instance's pool is in use. */
export interface Instance extends Client {
  readonly tokenUrl: URL;
  readonly whileBusy: (task: () => Promise<void>) => Promise<void>;
}

interface Pool {
  readonly url: string;
  readonly poolSize: number;
  readonly patienceMs: number;
}

export interface TestDoor extends TestDirectory {
  readonly baseUrl: string;
  /** Writes the traces that wait in memory. */
  readonly flushTraces: () => Promise<void>;
  readonly client: (options?: ClientOptions) => Promise<Client>;
  /** The same client at another instance, with a pool of its own, over the same database unless another is named. */
  readonly instanceFor: (client: Client, pool?: Partial<Pool>) => Promise<Instance>;
  /** Goes on by so many milliseconds for the door's own clock. */
  readonly advance: (milliseconds: number) => void;
}

export interface ClientOptions {
  readonly name?: string;
  readonly profile?: string;
  readonly namespace?: 'all' | 'own';
  readonly scopes?: readonly Scope[];
  readonly ratePerSecond?: number;
  readonly allow?: readonly string[];
}

/** A SCIM door on a free port of the loopback, over a directory of its own. */
export async function openDoor(registry: Registry = buildRegistry([])): Promise<TestDoor> {
  return openDoorOver(await openDirectory(), registry);
}

/** The same over a directory that is there already, and is closed with it. */
export async function openDoorOver(
  test: TestDirectory,
  registry: Registry = buildRegistry([]),
): Promise<TestDoor> {
  const cursorKey = randomBytes(32);
  let skew = 0;
  const now = (): number => Date.now() + skew;
  const closers: (() => Promise<void>)[] = [];
  const traces: RequestTraces[] = [];
  const open = async (directory: Directory): Promise<string> => {
    const listening = await listen(directory, {
      ...{ registry, cursorKey, now },
      ...{ steady: () => skew, traced: test.database },
    });
    traces.push(listening.traces);
    closers.push(listening.close);
    return listening.baseUrl;
  };
  const baseUrl = await open(test.directory);
  return {
    ...test,
    baseUrl,
    flushTraces: async () => {
      await Promise.all(traces.map((of) => of.flush()));
    },
    advance: (milliseconds) => {
      skew += milliseconds;
    },
    instanceFor: async ({ token }, pool = {}) => {
      const usual = { url: test.url, poolSize: 8, patienceMs: 10_000 };
      const database = openDatabase({ ...usual, ...pool, applicationName: 'test-instance' });
      const instance = await open({ database, wake: () => undefined });
      closers.push(() => database.close());
      return {
        ...clientAt(instance, token),
        tokenUrl: new URL('/oauth2/token', instance),
        whileBusy: (task) => database.transaction(task),
      };
    },
    client: async (options = {}) => {
      const { token } = await test.write((work) =>
        createClient(
          work,
          {
            name: options.name ?? `client-${randomUUID()}`,
            profile: options.profile ?? 'auto',
            namespace: options.namespace ?? 'all',
            scopes: options.scopes ?? ['scim.read', 'scim.write'],
            allow: options.allow ?? [],
            ratePerSecond: options.ratePerSecond ?? null,
            expiresAt: null,
          },
          { kind: 'random', bytes: randomBytes(TOKEN_BYTES) },
        ),
      );
      return clientAt(baseUrl, token);
    },
    close: async () => {
      for (const close of closers) await close();
      await test.close();
    },
  };
}

interface Listening {
  readonly baseUrl: string;
  readonly traces: RequestTraces;
  readonly close: () => Promise<void>;
}

async function listen(
  directory: Directory,
  {
    steady,
    traced,
    ...parts
  }: {
    readonly registry: Registry;
    readonly cursorKey: Buffer;
    readonly now: () => number;
    /** A clock that stands still until it is advanced: what limits of requests go by. */
    readonly steady: () => number;
    /** Where traces are written. */
    readonly traced: Database;
  },
): Promise<Listening> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const origin = `http://127.0.0.1:${typeof address === 'object' ? (address?.port ?? 0) : 0}`;
  const traces = new RequestTraces({
    ...{ database: traced, registry: parts.registry },
    onFault: (error) => {
      throw error;
    },
  });
  const door = scimDoor({
    ...parts,
    directory,
    baseUrl: origin,
    limits: scimLimits,
    cursorOf: ({ xid, seq }) => `${xid}.${seq}`,
    authenticate: tokenLookup(directory.database, () => performance.now()),
    traces,
    log: pino({ level: 'silent' }),
  });
  const log = pino({ level: 'silent' });
  const doors = [
    limitRates(steady),
    tokenEndpoint({ directory, random: randomBytes, now: parts.now, log }),
    door,
  ];
  const app = buildApp({ newId: randomUUID, doors, trustsProxy: false });
  // A reader that goes away is told by koa on the console, unless somebody listens.
  app.on('error', () => undefined);
  const callback = app.callback();
  server.on('request', (request, response) => void callback(request, response));
  return {
    baseUrl: `${origin}/scim/v2`,
    traces,
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      await traces.stop();
    },
  };
}

/** Talks to a door with a token. */
export function clientAt(baseUrl: string, token: string): Client {
  const send: Client['send'] = async (method, path, body, headers = {}) => {
    const response = await fetch(`${baseUrl}${path}`, {
      method,
      headers: {
        Authorization: `Bearer ${token}`,
        ...(body === undefined ? {} : { 'Content-Type': 'application/scim+json' }),
        ...headers,
      },
      ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    });
    const text = await response.text();
    return {
      status: response.status,
      headers: response.headers,
      body: text === '' ? {} : (JSON.parse(text) as JsonObject),
    };
  };
  return {
    token,
    send,
    patch: (path, ...operations) => send('PATCH', path, { schemas: [PATCH], Operations: operations }),
  };
}

/** The id of a resource that was just made. */
export function idIn({ body }: Reply): string {
  if (typeof body.id !== 'string') throw new Error(`No id in ${JSON.stringify(body)}`);
  return body.id;
}
