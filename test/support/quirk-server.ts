/**
 * A SCIM target that plays tricks: a small correct server in memory, and what real services and bad networks do
 * to it. A trick may be switched while it runs.
 */
import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { type AddressInfo } from 'node:net';

/** What happens to a request besides being carried out. */
export type Trick =
  | { readonly kind: 'answer'; readonly status: number; readonly headers?: Readonly<Record<string, string>> }
  /** A page of HTML for people, as of somebody who is asked to log in. */
  | { readonly kind: 'page'; readonly status: number }
  /** Never answers; `done` carries the request out first. */
  | { readonly kind: 'stall'; readonly done: boolean }
  /** Cuts the connection; `done` carries the request out first. */
  | { readonly kind: 'reset'; readonly done: boolean }
  /** Carries it out and answers, so many ms later. */
  | { readonly kind: 'delay'; readonly ms: number }
  /** Carries it out and answers when `until` was told to go on. */
  | { readonly kind: 'hold'; readonly until: (go: () => void) => void }
  /** Answers as if it carried it out, and has forgotten it then. */
  | { readonly kind: 'forget' }
  /** Says 200 and does nothing. */
  | { readonly kind: 'lie' }
  /** Sends half of the answer and cuts. */
  | { readonly kind: 'half' };

export interface Quirks {
  /** Most members in one request, and the status that a larger one gets. */
  membersCap: { readonly count: number; readonly status: 400 | 413 } | null;
  /** Answers an empty member list for every group. */
  hidesMembers: boolean;
  /** Takes a second object of the same name, which shows an engine that creates twice. */
  takesDuplicates: boolean;
  /** Ways of taking members out that it understands. */
  removal: readonly ('filter' | 'value' | 'put')[];
  /** Refuses users without these attributes, and those with more than one e-mail. */
  asksOfUsers: { readonly needs: readonly string[]; readonly oneMail: boolean };
  /** Takes changes of names, and of groups anything but members. */
  renames: boolean;
  /** How it folds the names of groups before it takes two for one. */
  foldsGroups: (name: string) => string;
  /** What it shows of every user, whatever it was told. */
  shows: Readonly<Record<string, unknown>>;
  /** What /Schemas and /ResourceTypes tell of: nothing is 404. */
  tellsOf: readonly string[];
  /** The words in which a write is refused, by what it carries; null takes it. */
  refuses: (write: string) => { readonly scimType: string; readonly detail: string } | null;
  /** Decides per request. */
  trick: (request: SeenRequest) => Trick | null;
}

export interface SeenRequest {
  readonly method: string;
  readonly path: string;
  readonly body: string;
  readonly headers: IncomingMessage['headers'];
  /** Counted from 1. */
  readonly nth: number;
}

interface Kept {
  id: string;
  name: string;
  externalId: string | null;
  document: Record<string, unknown>;
  members: Set<string>;
}

export interface QuirkServer {
  readonly url: string;
  readonly quirks: Quirks;
  readonly seen: readonly SeenRequest[];
  /** Members that were added while they were there already. */
  repeatedAdds(): number;
  /** What it holds, by names: users with whether active, groups with their members. */
  held(): HeldByName;
  /** Something that a person did there by hand. */
  tamper(change: (kept: { users: Map<string, Kept>; groups: Map<string, Kept> }) => void): void;
  close(): Promise<void>;
}

export interface HeldByName {
  readonly users: Readonly<Record<string, boolean>>;
  readonly groups: Readonly<Record<string, readonly string[]>>;
}

type Json = Record<string, unknown>;
interface Answer {
  readonly status: number;
  readonly body?: unknown;
}

/** Starts one on a free port of this machine. */
export async function startQuirkServer(first: Partial<Quirks> = {}): Promise<QuirkServer> {
  const quirks: Quirks = {
    membersCap: null,
    hidesMembers: false,
    takesDuplicates: false,
    removal: ['filter', 'value', 'put'],
    asksOfUsers: { needs: [], oneMail: false },
    renames: true,
    foldsGroups: (name) => name.toLowerCase(),
    shows: {},
    tellsOf: [],
    refuses: () => null,
    trick: () => null,
    ...first,
  };
  const users = new Map<string, Kept>();
  const groups = new Map<string, Kept>();
  const seen: SeenRequest[] = [];
  const service: Service = { users, groups, quirks, repeatedAdds: 0 };

  const server = createServer((request, response) => {
    void readBody(request).then((body) => {
      const { method = 'GET', url = '/', headers } = request;
      const it = { method, path: decodeURIComponent(url), body, headers, nth: seen.length + 1 };
      seen.push(it);
      const trick = quirks.trick(it);
      const run = () => carryOut(service, it);
      play(trick, trick?.kind === 'forget' ? () => undone(service, run) : run, response);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;

  return {
    url: `http://127.0.0.1:${port}`,
    quirks,
    seen,
    repeatedAdds: () => service.repeatedAdds,
    held: () => ({
      users: Object.fromEntries(
        [...users.values()].map((user) => [user.name, user.document.active !== false]),
      ),
      groups: Object.fromEntries(
        [...groups.values()].map((group) => [
          group.name,
          [...group.members].map((id) => users.get(id)?.name ?? id).sort(),
        ]),
      ),
    }),
    tamper: (change) => change({ users, groups }),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function play(trick: Trick | null, run: () => Answer, response: ServerResponse): void {
  const send = ({ status, body }: Answer, headers: Readonly<Record<string, string>> = {}): void => {
    response.writeHead(status, { 'content-type': 'application/scim+json', ...headers });
    response.end(body === undefined ? undefined : JSON.stringify(body));
  };
  switch (trick?.kind) {
    case undefined:
    case 'forget':
      return send(run());
    case 'answer':
      return send({ status: trick.status, body: { detail: 'a trick' } }, trick.headers);
    case 'page':
      response.writeHead(trick.status, { 'content-type': 'text/html' });
      response.end('<!doctype html><title>Please log in</title>');
      return;
    case 'delay': {
      const answer = run();
      setTimeout(() => send(answer), trick.ms);
      return;
    }
    case 'hold':
      return trick.until(() => send(run()));
    case 'lie':
      return send({ status: 200, body: {} });
    case 'stall':
      if (trick.done) run();
      return;
    case 'reset':
      if (trick.done) run();
      response.socket?.resetAndDestroy();
      return;
    case 'half': {
      const text = JSON.stringify(run().body ?? {});
      response.writeHead(200, { 'content-type': 'application/scim+json', 'content-length': text.length });
      response.write(text.slice(0, Math.floor(text.length / 2)), () => response.socket?.destroy());
    }
  }
}

/** What well-known services are like, as far as it shows from outside. */
export const PLAYED = {
  'aws-identity-center': {
    membersCap: { count: 100, status: 400 },
    hidesMembers: true,
    asksOfUsers: { needs: ['name.givenName', 'name.familyName', 'displayName'], oneMail: true },
  },
  'github-emu': {
    asksOfUsers: { needs: ['emails'], oneMail: false },
    foldsGroups: (name) => name.toLowerCase().replaceAll(/[^a-z0-9]+/g, '-'),
  },
  slack: { asksOfUsers: { needs: ['emails'], oneMail: false } },
  miro: { membersCap: { count: 8_000, status: 413 }, removal: ['filter', 'value'] },
  databricks: { removal: ['filter'] },
  snowflake: { asksOfUsers: { needs: [], oneMail: true }, foldsGroups: (name) => name.toUpperCase() },
  jfrog: { asksOfUsers: { needs: ['emails'], oneMail: false }, renames: false },
} as const satisfies Readonly<Record<string, Partial<Quirks>>>;

/** The answer to something, with everything as it was before. */
function undone({ users, groups }: Service, run: () => Answer): Answer {
  const before = [users, groups].map((map) => [map, structuredClone([...map])] as const);
  const answer = run();
  for (const [map, entries] of before) {
    map.clear();
    for (const [id, kept] of entries) map.set(id, kept);
  }
  return answer;
}

async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString();
}

interface Service {
  readonly users: Map<string, Kept>;
  readonly groups: Map<string, Kept>;
  readonly quirks: Quirks;
  repeatedAdds: number;
}

function carryOut(service: Service, { method, path, body }: SeenRequest): Answer {
  const { tellsOf, refuses } = service.quirks;
  if (/^\/(Schemas|ResourceTypes)/.test(path) && tellsOf.length > 0) {
    return { status: 200, body: { Resources: tellsOf.map((told) => ({ id: told })) } };
  }
  const refusal = method === 'GET' ? null : refuses(body);
  if (refusal !== null) return { status: 400, body: refusal };
  const [, type = '', id = ''] = /^\/(Users|Groups)(?:\/([^?]*))?/.exec(path) ?? [];
  if (type === '') return { status: 404 };
  const map = type === 'Users' ? service.users : service.groups;
  if (method === 'POST') return create(map, JSON.parse(body) as Json, service.quirks);
  if (id === '') return list(service, map, path);
  const kept = map.get(id);
  if (kept === undefined) return { status: 404, body: { detail: `no ${id}` } };
  switch (method) {
    case 'GET':
      return { status: 200, body: show(service, kept) };
    case 'DELETE':
      map.delete(id);
      return { status: 204 };
    case 'PATCH':
      return patch(service, kept, JSON.parse(body) as Json);
    case 'PUT':
      return put(service, kept, JSON.parse(body) as Json);
    default:
      return { status: 405 };
  }
}

function faultOfUser(document: Json, { asksOfUsers: { needs, oneMail } }: Quirks): string | null {
  const missing = needs.find((path) => {
    const [first = '', second] = path.split('.');
    const value = document[first] as Json | undefined;
    return value === undefined || (second !== undefined && value[second] === undefined);
  });
  if (missing !== undefined) return `${missing} is required`;
  return oneMail && Array.isArray(document.emails) && document.emails.length > 1 ? 'one e-mail only' : null;
}

function create(map: Map<string, Kept>, document: Json, quirks: Quirks): Answer {
  const { takesDuplicates } = quirks;
  const name = String(document.userName ?? document.displayName);
  const fault = 'userName' in document ? faultOfUser(document, quirks) : null;
  if (fault !== null) return { status: 400, body: { scimType: 'invalidValue', detail: fault } };
  const fold = 'userName' in document ? (text: string) => text.toLowerCase() : quirks.foldsGroups;
  if (!takesDuplicates && [...map.values()].some((other) => fold(other.name) === fold(name))) {
    return { status: 409, body: { scimType: 'uniqueness', detail: `${name} is taken` } };
  }
  const externalId = typeof document.externalId === 'string' ? document.externalId : null;
  const kept = { id: randomUUID(), name, externalId, document, members: new Set<string>() };
  map.set(kept.id, kept);
  return { status: 201, body: { ...document, id: kept.id } };
}

function show({ groups, quirks }: Service, kept: Kept): Json {
  const members = groups.has(kept.id)
    ? { members: quirks.hidesMembers ? [] : [...kept.members].map((value) => ({ value })) }
    : {};
  return { ...kept.document, id: kept.id, ...members, ...(groups.has(kept.id) ? {} : quirks.shows) };
}

function list(service: Service, map: Map<string, Kept>, path: string): Answer {
  const query = new URLSearchParams(path.split('?')[1] ?? '');
  const terms = [...(query.get('filter') ?? '').matchAll(/(\w+) eq "([^"]*)"/g)];
  const hits = [...map.values()].filter((kept) =>
    terms.every(([, attribute = '', value = '']) => {
      if (attribute === 'members') return kept.members.has(value);
      if (attribute === 'id') return kept.id === value;
      if (attribute === 'externalId') return kept.externalId === value;
      return kept.name.toLowerCase() === value.toLowerCase();
    }),
  );
  const start = Number(query.get('startIndex') ?? '1') - 1;
  const page = hits.slice(start, start + Number(query.get('count') ?? '100'));
  return {
    status: 200,
    body: { totalResults: hits.length, Resources: page.map((kept) => show(service, kept)) },
  };
}

function put(service: Service, kept: Kept, document: Json): Answer {
  if (!service.quirks.removal.includes('put')) return { status: 501 };
  const members = (document.members ?? []) as readonly { value: string }[];
  kept.members = new Set(members.map(({ value }) => value));
  return { status: 200, body: show(service, kept) };
}

function patch(service: Service, kept: Kept, document: Json): Answer {
  const operations = document.Operations as readonly { op: string; path: string; value?: unknown }[];
  const touched = operations.flatMap(({ path, value }) =>
    path.startsWith('members') ? (Array.isArray(value) ? (value as unknown[]) : [path]) : [],
  );
  const { membersCap, removal, renames } = service.quirks;
  const isFixed = ({ path }: { path: string }): boolean =>
    service.groups.has(kept.id) ? !path.startsWith('members') : path === 'userName';
  if (!renames && operations.some(isFixed)) return { status: 400, body: { detail: 'not supported' } };
  if (membersCap !== null && touched.length > membersCap.count) {
    return { status: membersCap.status, body: { detail: 'too many members' } };
  }
  for (const { op, path, value } of operations) {
    const values = Array.isArray(value)
      ? (value as readonly { value: string }[]).map((member) => member.value)
      : [];
    if (path === 'members' && op === 'add') {
      const unknown = values.find((id) => !service.users.has(id));
      if (unknown !== undefined) return { status: 400, body: { detail: `no user ${unknown}` } };
      service.repeatedAdds += values.filter((id) => kept.members.has(id)).length;
      for (const id of values) kept.members.add(id);
    } else if (path === 'members' && op === 'remove') {
      if (!removal.includes('value')) return { status: 400, body: { scimType: 'invalidPath' } };
      for (const id of values) kept.members.delete(id);
    } else if (path.startsWith('members[')) {
      if (!removal.includes('filter')) return { status: 400, body: { scimType: 'invalidPath' } };
      kept.members.delete(/"(.*)"/.exec(path)?.[1] ?? '');
    } else {
      set(kept, path, op === 'remove' ? undefined : value);
    }
  }
  return { status: 204 };
}

function set(kept: Kept, path: string, value: unknown): void {
  kept.document = { ...kept.document, [path]: value };
  if (path === 'externalId') kept.externalId = typeof value === 'string' ? value : null;
  if (path === 'displayName' && 'displayName' in kept.document && !('userName' in kept.document)) {
    kept.name = String(value);
  }
  if (path === 'userName') kept.name = String(value);
}
