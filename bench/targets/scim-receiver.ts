/**
 * SCIM services in memory, to push to: each path `/N` is one of its own, `/hole` takes requests and never answers.
 * Tells at `/arrived/N` when the last member change came to service N (ns of the machine's clock, and how many
 * members it holds). Says `ready PORT`.
 */
import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage } from 'node:http';
import { type AddressInfo } from 'node:net';

interface Service {
  readonly users: Map<string, string>;
  readonly groups: Map<string, Set<string>>;
  readonly names: Map<string, string>;
  readonly labels: Map<string, string>;
  arrived: bigint;
  first: bigint;
  members: number;
  patches: number;
}

const services = new Map<string, Service>();

function serviceOf(name: string): Service {
  const known = services.get(name);
  if (known !== undefined) return known;
  const made = {
    ...{ users: new Map(), groups: new Map(), names: new Map(), labels: new Map() },
    ...{ arrived: 0n, first: 0n, members: 0, patches: 0 },
  };
  services.set(name, made);
  return made;
}

interface Patch {
  readonly Operations: readonly {
    readonly op: string;
    readonly path: string;
    readonly value?: readonly { readonly value: string }[];
  }[];
}

function patchGroup(service: Service, members: Set<string>, { Operations }: Patch): void {
  const before = members.size;
  for (const { op, path, value } of Operations) {
    if (op === 'add' && path === 'members') for (const member of value ?? []) members.add(member.value);
    const [, single] = /^members\[value eq "([^"]+)"\]$/.exec(path) ?? [];
    if (op === 'remove' && single !== undefined) members.delete(single);
  }
  service.members += members.size - before;
  service.patches += 1;
  service.arrived = process.hrtime.bigint();
  if (service.first === 0n) service.first = service.arrived;
}

function answer(service: Service, request: IncomingMessage, path: string, body: string): [number, unknown] {
  const [, type = '', id = ''] = /^\/(Users|Groups)(?:\/([^?]+))?/.exec(path) ?? [];
  const kept: Map<string, unknown> = type === 'Users' ? service.users : service.groups;
  if (request.method === 'POST') {
    const document = JSON.parse(body) as { userName?: string; displayName?: string };
    const made = randomUUID();
    const name = document.userName ?? document.displayName ?? '';
    service.names.set(`${type}:${name}`, made);
    if (type === 'Users') service.users.set(made, name);
    else {
      service.groups.set(made, new Set());
      service.labels.set(made, name);
    }
    return [201, { ...document, id: made }];
  }
  if (id === '') {
    const [, name = ''] =
      /(?:userName|displayName) eq "([^"]*)"/.exec(decodeURIComponent(path.replaceAll('+', ' '))) ?? [];
    const found = service.names.get(`${type}:${name}`);
    return [
      200,
      { totalResults: found === undefined ? 0 : 1, Resources: found === undefined ? [] : [{ id: found }] },
    ];
  }
  if (!kept.has(id)) return [404, { detail: 'none' }];
  const members = service.groups.get(id);
  if (request.method === 'PATCH' && members !== undefined) {
    patchGroup(service, members, JSON.parse(body) as Patch);
    return [204, null];
  }
  if (members === undefined) return [200, { id, userName: service.users.get(id), active: true }];
  const list = path.includes('excludedAttributes') ? [] : [...members].map((value) => ({ value }));
  return [200, { id, displayName: service.labels.get(id), members: list }];
}

function told({ arrived, first, members, patches, users }: Service): unknown {
  return { arrived: String(arrived), first: String(first), members, patches, accounts: users.size };
}

const server = createServer((request, response) => {
  const chunks: Buffer[] = [];
  request.on('data', (chunk: Buffer) => chunks.push(chunk));
  request.on('end', () => {
    const [, name = '', rest = ''] = /^\/([^/?]+)([^]*)$/.exec(request.url ?? '/') ?? [];
    if (name === 'hole') return;
    if (name === 'ping') {
      response.end();
      return;
    }
    const [status, body] =
      name === 'arrived'
        ? [200, told(serviceOf(rest.slice(1)))]
        : answer(serviceOf(name), request, rest, Buffer.concat(chunks).toString());
    response.writeHead(status, { 'content-type': 'application/scim+json' });
    response.end(body === null ? undefined : JSON.stringify(body));
  });
});
server.listen(0, '127.0.0.1', () => console.log(`ready ${(server.address() as AddressInfo).port}`));
process.once('SIGTERM', () => process.exit(0));
