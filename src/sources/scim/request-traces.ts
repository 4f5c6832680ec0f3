/**
 * Traces of requests on their way into the database. They wait in memory and are written once a second, so that
 * tracing costs a request no trip; what a killed process had not written is lost. Of a client that sends very much,
 * the first 200 of a second are traced, and of what it only reads the first 50.
 */
import { isRefusal, type Refusal } from '../../core/refusal.ts';
import type { Filter } from '../../core/scim/filter.ts';
import { parseFilter } from '../../core/scim/filter-parse.ts';
import { spellFilter } from '../../core/scim/filter-spell.ts';
import type { Json, JsonObject } from '../../core/scim/json.ts';
import { type Profile, profiles } from '../../core/scim/profile.ts';
import type { Registry, ResourceType } from '../../core/scim/registry.ts';
import {
  keepable,
  keepableNote,
  keepablePath,
  keepableQuery,
  secretNames,
  type Trace,
} from '../../core/scim/trace.ts';
import type { Note } from '../../core/scim/value-read.ts';
import type { SourceN } from '../../core/ids.ts';
import type { Written } from '../../directory/work.ts';
import type { Database } from '../../store/database.ts';
import { idsOfMembers } from '../../store/effective/membership.ts';
import { insertTraces } from '../../store/scim/traces.ts';
import type { Query } from './call.ts';
import type { TraceNotes } from './trace-notes.ts';

/** A request that was answered. */
export interface TracedRequest extends TraceNotes {
  readonly source: SourceN;
  readonly profile: Profile;
  readonly at: Date;
  readonly requestId: string;
  readonly method: string;
  readonly path: string;
  readonly query: Query;
  readonly body: Json;
  readonly status: number;
  readonly milliseconds: number;
  readonly answered: JsonObject;
}

const EVERY_MS = 1_000;
const AT_ONCE = 200;
/** Reads that were answered say least, and are most. */
const READS_AT_ONCE = 50;

export class RequestTraces {
  readonly #database: Database;
  readonly #secrets: ReadonlySet<string>;
  readonly #onFault: (error: unknown) => void;
  #waiting = new Map<SourceN, TracedRequest[]>();
  #timer: NodeJS.Timeout | null = null;
  #writing: Promise<void> = Promise.resolve();

  constructor(parts: {
    readonly database: Database;
    readonly registry: Registry;
    readonly onFault: (error: unknown) => void;
  }) {
    this.#database = parts.database;
    this.#secrets = secretNames(parts.registry);
    this.#onFault = parts.onFault;
  }

  /** Takes a request to be traced, or leaves it where its client has enough of them waiting. */
  record(request: TracedRequest): void {
    const waiting = this.#waiting.get(request.source) ?? [];
    if (waiting.length >= (isAnsweredRead(request) ? READS_AT_ONCE : AT_ONCE)) return;
    waiting.push(request);
    this.#waiting.set(request.source, waiting);
    this.#timer ??= setTimeout(() => void this.flush(), EVERY_MS).unref();
  }

  /** Writes what waits. Never fails: a trace that cannot be kept is no reason for anything else not to go on. */
  flush(): Promise<void> {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    const requests = [...this.#waiting.values()].flat();
    this.#waiting = new Map();
    if (requests.length > 0) {
      this.#writing = this.#writing.then(() => this.#write(requests)).catch(this.#onFault);
    }
    return this.#writing;
  }

  /** Writes what waits and ends. */
  async stop(): Promise<void> {
    await this.flush();
  }

  async #write(requests: readonly TracedRequest[]): Promise<void> {
    const numbers = requests.flatMap(({ written }) => written.flatMap(numbersOf));
    const ids: Ids =
      numbers.length === 0 ? new Map() : await idsOfMembers(this.#database, [...new Set(numbers)]);
    const rows = requests.map((request) => ({
      ...request,
      path: keepablePath(request.path),
      trace: traceOf(request, ids, this.#secrets),
    }));
    await insertTraces(this.#database, rows);
  }
}

function isAnsweredRead({ method, status }: TracedRequest): boolean {
  return status < 400 && (method === 'GET' || method === 'HEAD');
}

type Ids = ReadonlyMap<number, { readonly id: string }>;

const MEMBERS_SHOWN = 20;

function numbersOf({ group, user, added = [], removed = [] }: Written): number[] {
  return [
    ...(group === undefined ? [] : [group]),
    ...(user === undefined ? [] : [user]),
    ...added.slice(0, MEMBERS_SHOWN),
    ...removed.slice(0, MEMBERS_SHOWN),
  ];
}

function traceOf(request: TracedRequest, ids: Ids, secrets: ReadonlySet<string>): Trace {
  const { query, body, normalised, notes, filters, written, answered } = request;
  const read = filters.filter(isFirst).flatMap(readFilter(request.profile));
  const understood = [...read.map(({ understood: filter }) => filter), ...normalised.map((make) => make())];
  const loose = read.flatMap(({ loose: note }) => note);
  return {
    received: { query: keepableQuery(query, secrets), body: keepable(body, secrets) },
    normalised: understood.slice(0, MEMBERS_SHOWN).map((value) => keepable(value, secrets)),
    notes: [...loose, ...notes].slice(0, 100).map((note) => keepableNote(note, secrets)),
    changed: written.slice(0, MEMBERS_SHOWN).map((entry) => changeOf(entry, ids, secrets)),
    answered: keepable(answered, secrets) as JsonObject,
  };
}

type SentFilter = TraceNotes['filters'][number];

/** A query over both types reads its filter more than once. */
function isFirst({ type, text }: SentFilter, at: number, all: readonly SentFilter[]): boolean {
  return all.findIndex((other) => other.type === type && other.text === text) === at;
}

/** What was understood of a filter, and what the profile `strict` refuses in it; nothing of one that was refused. */
function readFilter(
  profile: Profile,
): (sent: SentFilter) => { readonly understood: Json; readonly loose: readonly Note[] }[] {
  return ({ type, text }) => {
    const filter = parsed(type, text, profile);
    if (isRefusal(filter)) return [];
    const strict = parsed(type, text, profiles.strict);
    return [
      {
        understood: { type: type.name, filter: spellFilter(filter) },
        loose: isRefusal(strict) ? [{ path: 'filter', what: 'coerced', why: strict.message }] : [],
      },
    ];
  };
}

function parsed(type: ResourceType, text: string, profile: Profile): Filter | Refusal {
  try {
    return parseFilter(type, text, profile);
  } catch (error) {
    if (isRefusal(error)) return error;
    throw error;
  }
}

function changeOf(
  { type, group, user, ...what }: Written,
  ids: Ids,
  secrets: ReadonlySet<string>,
): JsonObject {
  const change: Record<string, Json> = { type };
  if (group !== undefined) change.group = ids.get(group)?.id ?? null;
  if (user !== undefined) change.user = ids.get(user)?.id ?? null;
  for (const list of ['added', 'removed'] as const) {
    const members = what[list] ?? [];
    if (members.length === 0) continue;
    change[list] = members.slice(0, MEMBERS_SHOWN).map((n) => ids.get(n)?.id ?? null);
    change[`${list}Total`] = members.length;
  }
  if (what.before !== undefined || what.after !== undefined) {
    Object.assign(change, differenceOf(asObject(what.before), asObject(what.after), secrets));
  }
  return change;
}

/** Of two states only what differs. */
function differenceOf(before: JsonObject, after: JsonObject, secrets: ReadonlySet<string>): JsonObject {
  const names = [...new Set([...Object.keys(before), ...Object.keys(after)])].filter(
    (name) => JSON.stringify(before[name]) !== JSON.stringify(after[name]),
  );
  const pick = (state: JsonObject): Json =>
    keepable(
      Object.fromEntries(
        names.flatMap((name) => (Object.hasOwn(state, name) ? [[name, state[name] ?? null]] : [])),
      ),
      secrets,
    );
  return { before: pick(before), after: pick(after) };
}

/** States of the directory are made of what JSON has. */
function asObject(state: unknown): JsonObject {
  return typeof state === 'object' && state !== null ? (state as JsonObject) : {};
}
