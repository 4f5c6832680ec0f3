/**
 * A probe of a SCIM server: sends requests as an identity provider does, makes throw-away users and groups, takes
 * them away again, and says what was not as it should be.
 */
import { isArray, isObject, type Json, type JsonObject, own } from '../../../core/scim/json.ts';

export const USER = 'urn:ietf:params:scim:schemas:core:2.0:User';
export const GROUP = 'urn:ietf:params:scim:schemas:core:2.0:Group';
export const ENTERPRISE = 'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User';
export const PATCH = 'urn:ietf:params:scim:api:messages:2.0:PatchOp';
export const LIST = 'urn:ietf:params:scim:api:messages:2.0:ListResponse';

/** What came back. A body that is no JSON object counts as an empty one, and as wrong where one is looked into. */
export interface Reply {
  readonly status: number;
  readonly headers: Headers;
  readonly body: JsonObject;
}

/** Something that the server should have done and did not. */
export class Unmet extends Error {
  constructor(what: string) {
    super(what);
    this.name = 'Unmet';
  }
}

export interface ProbeOptions {
  /** Base URL of the server, without a slash at its end. */
  readonly url: string;
  readonly token: string;
  /** A text that no other run uses: names of what is made end in it. */
  readonly mark: string;
  readonly send: typeof fetch;
}

export class Probe {
  readonly mark: string;
  readonly #options: ProbeOptions;
  readonly #made: string[] = [];
  #count = 0;

  constructor(options: ProbeOptions) {
    this.#options = options;
    this.mark = options.mark;
  }

  /** Sends a request; a body that is a text goes as it is. */
  async send(
    method: string,
    path: string,
    body?: Json,
    headers: Readonly<Record<string, string>> = {},
  ): Promise<Reply> {
    const response = await this.#options.send(`${this.#options.url}${path}`, {
      method,
      headers: {
        Authorization: `Bearer ${this.#options.token}`,
        Accept: 'application/scim+json',
        ...(body === undefined ? {} : { 'Content-Type': 'application/scim+json; charset=utf-8' }),
        ...headers,
      },
      ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    });
    return { status: response.status, headers: response.headers, body: parsed(await response.text()) };
  }

  get(path: string): Promise<Reply> {
    return this.send('GET', path);
  }

  filter(endpoint: string, filter: string, more = ''): Promise<Reply> {
    return this.get(`${endpoint}?filter=${encodeURIComponent(filter)}${more}`);
  }

  patch(path: string, ...operations: readonly Json[]): Promise<Reply> {
    return this.send('PATCH', path, { schemas: [PATCH], Operations: operations });
  }

  /** Sends a PATCH, and requires that it was done. */
  async patched(path: string, ...operations: readonly Json[]): Promise<Reply> {
    const reply = await this.patch(path, ...operations);
    this.status(reply, 200, 204);
    return reply;
  }

  /** A name that nothing else has. */
  name(): string {
    this.#count += 1;
    return `muster-probe-${this.#count}-${this.mark}`;
  }

  /** Sends a POST, and remembers what it made, to be taken away again. */
  async create(
    endpoint: '/Users' | '/Groups',
    body: Json,
    headers?: Readonly<Record<string, string>>,
  ): Promise<Reply> {
    const reply = await this.send('POST', endpoint, body, headers);
    const id = own(reply.body, 'id');
    if (reply.status === 201 && typeof id === 'string') this.#made.push(`${endpoint}/${id}`);
    return reply;
  }

  /** Makes a user to work with; its id. */
  async user(more: JsonObject = {}): Promise<string> {
    const userName = `${this.name()}@x.test`;
    return this.idIn(await this.create('/Users', { schemas: [USER], userName, active: true, ...more }));
  }

  /** Makes a group to work with; its id. */
  async group(members: readonly string[] = [], more: JsonObject = {}): Promise<string> {
    const body = {
      schemas: [GROUP],
      displayName: this.name(),
      members: members.map((value) => ({ value })),
      ...more,
    };
    return this.idIn(await this.create('/Groups', body));
  }

  idIn(reply: Reply): string {
    this.status(reply, 201);
    const id = own(reply.body, 'id');
    if (typeof id !== 'string') throw new Unmet('the answer to a POST has no id');
    return id;
  }

  /** Ids of a group's members, as a reader sees them. */
  async membersOf(group: string): Promise<readonly string[]> {
    const reply = await this.get(`/Groups/${group}`);
    this.status(reply, 200);
    return this.idsIn(own(reply.body, 'members'), 'value');
  }

  /** Requires the members to be these, in any order. */
  async members(group: string, wanted: readonly string[]): Promise<void> {
    const found = await this.membersOf(group);
    this.equal([...found].sort(), [...wanted].sort(), 'members');
  }

  /** Requires one of these statuses. */
  status(reply: Reply, ...wanted: readonly number[]): void {
    if (wanted.includes(reply.status)) return;
    const detail = own(reply.body, 'detail');
    throw new Unmet(
      `status ${reply.status} instead of ${wanted.join(' or ')}${typeof detail === 'string' ? ` (${detail})` : ''}`,
    );
  }

  /** Requires a list answer with so many hits. */
  hits(reply: Reply, wanted: number): void {
    this.status(reply, 200);
    this.equal(own(reply.body, 'totalResults'), wanted, 'totalResults');
    this.equal(resourcesIn(reply).length, wanted, 'number of Resources');
  }

  /** Requires what stands at a path of the body, names and indexes apart by dots, to be this. */
  at(reply: Reply, path: readonly (string | number)[], wanted: Json | undefined): void {
    this.equal(valueAt(reply.body, path), wanted, path.join('.'));
  }

  equal(found: Json | undefined, wanted: Json | undefined, what: string): void {
    if (JSON.stringify(found) === JSON.stringify(wanted)) return;
    throw new Unmet(`${what} is ${short(found)} instead of ${short(wanted)}`);
  }

  that(holds: boolean, what: string): void {
    if (!holds) throw new Unmet(what);
  }

  idsIn(list: Json | undefined, name: string): readonly string[] {
    return isArray(list) ? list.flatMap((item) => textAt(item, name)) : [];
  }

  /** Takes away what was made; what cannot be is left. */
  async cleanUp(): Promise<void> {
    for (const path of this.#made.splice(0).reverse()) await this.send('DELETE', path);
  }
}

/** The resources of a list answer. */
export function resourcesIn({ body }: Reply): readonly Json[] {
  const resources = own(body, 'Resources');
  return isArray(resources) ? resources : [];
}

/** What stands at a path of names and indexes. */
export function valueAt(value: Json | undefined, path: readonly (string | number)[]): Json | undefined {
  const [first, ...rest] = path;
  if (first === undefined) return value;
  if (isArray(value)) return typeof first === 'number' ? valueAt(value[first], rest) : undefined;
  return isObject(value) ? valueAt(own(value, String(first)), rest) : undefined;
}

function textAt(item: Json, name: string): readonly string[] {
  const text = isObject(item) ? own(item, name) : undefined;
  return typeof text === 'string' ? [text] : [];
}

function parsed(text: string): JsonObject {
  try {
    const body = JSON.parse(text) as Json;
    return isObject(body) ? body : {};
  } catch {
    return {};
  }
}

function short(value: Json | undefined): string {
  const text = value === undefined ? 'absent' : JSON.stringify(value);
  return text.length > 80 ? `${text.slice(0, 80)}…` : text;
}
