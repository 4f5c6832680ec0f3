/**
 * Bulk (RFC 7644 §3.7): operations in their order, except that one waits for what it refers to. Where several
 * refer to each other in a circle, one is made without its references and gets them once the others are there; only
 * when that is refused too does it end in 409. Each operation is a transaction of its own.
 */
import { isObject, type Json, type JsonObject } from '../../core/scim/json.ts';
import { PATCH_URN } from '../../core/scim/patch-normalise.ts';
import { resourceOf } from './address.ts';
import { type BulkOperation, readBulk } from './bulk-message.ts';
import { divide, referencesIn, withIds } from './bulk-reference.ts';
import type { Answer, Call } from './call.ts';
import { answerOfError, errorAnswer, fault } from './problem.ts';

const RESPONSE_URN = 'urn:ietf:params:scim:api:messages:2.0:BulkResponse';

/** One operation, as a request of its own. */
export type BulkRequest = Pick<BulkOperation, 'method' | 'path' | 'data' | 'version'>;

/** Finds the route of a request and has it answered. */
export type Dispatch = (call: Call, request: BulkRequest) => Promise<Answer>;

/** An operation on its way; `completes` is the one that it gives its references to, which was made without them. */
interface Task {
  readonly operation: BulkOperation;
  readonly names: ReadonlySet<string>;
  readonly completes: BulkOperation | null;
}

/** A Bulk on its way. */
interface Run {
  readonly call: Call;
  readonly dispatch: Dispatch;
  readonly pending: Task[];
  /** Ids of what was made, by bulkId. */
  readonly made: Map<string, string>;
  /** bulkIds of what could not be made. */
  readonly failed: Set<string>;
  readonly answers: Map<BulkOperation, Answered>;
}

/** What an operation was answered, and the path that it went to with all references in it resolved. */
interface Answered {
  readonly path: string;
  readonly answer: Answer;
}

/**
 * POST /Bulk. Refuses more operations than are advertised (413); after `failOnErrors` errors the rest is left undone,
 * but for what gives its references to something that was made without them.
 */
export async function runBulk(call: Call, dispatch: Dispatch): Promise<Answer> {
  const { operations, failOnErrors } = readBulk(call.body, call.parts.limits);
  const run: Run = {
    call,
    dispatch,
    pending: operations.map((operation) => taskOf(operation, null)),
    made: new Map(),
    failed: new Set(),
    answers: new Map(),
  };
  while (run.pending.length > 0 && errorsIn(run) < failOnErrors) await step(run);
  for (const task of run.pending) {
    if (task.completes !== null) await complete(run, task, task.completes);
  }
  const told = operations.flatMap((operation) => {
    const answered = run.answers.get(operation);
    return answered === undefined ? [] : [resultOf(call, operation, answered)];
  });
  return { status: 200, headers: {}, body: { schemas: [RESPONSE_URN], Operations: told } };
}

function taskOf(operation: BulkOperation, completes: BulkOperation | null): Task {
  return { operation, names: referencesIn(operation), completes };
}

function errorsIn({ answers }: Run): number {
  return [...answers.values()].filter(({ answer }) => answer.status >= 400).length;
}

/** Carries out the first operation that waits for none, or begins a circle with the first that makes something. */
async function step(run: Run): Promise<void> {
  const awaited = new Set(
    run.pending.flatMap(({ operation, completes }) => (completes === null ? (operation.bulkId ?? []) : [])),
  );
  const isReady = ({ names }: Task): boolean => [...names].every((name) => !awaited.has(name));
  const ready = run.pending.find(isReady);
  const task = ready ?? run.pending.find(({ operation }) => operation.method === 'POST') ?? run.pending[0];
  if (task === undefined) return;
  run.pending.splice(run.pending.indexOf(task), 1);
  if (task.completes !== null) await complete(run, task, task.completes);
  else if (ready === undefined && task.operation.method === 'POST' && isObject(task.operation.data))
    await begin(run, task.operation, task.operation.data);
  else keep(run, task.operation, await answerTo(run, task.operation));
}

/** Makes a resource of a circle without what it refers to, which follows as an operation of its own. */
async function begin(run: Run, operation: BulkOperation, data: JsonObject): Promise<void> {
  const { plain, later } = divide(data);
  const answer = await answerTo(run, { ...operation, data: plain });
  keep(run, operation, answer);
  const id = run.made.get(operation.bulkId ?? '');
  if (answer.status >= 400 || id === undefined || later.length === 0) return;
  const path = `${belowOf(operation.path)}/${id}`;
  const patch = { schemas: [PATCH_URN], Operations: later };
  run.pending.push(taskOf({ method: 'PATCH', path, data: patch, version: null, bulkId: null }, operation));
}

/** Gives a resource of a circle its references, which moves its version. Where they are refused, it goes again and its operation ends in 409. */
async function complete(run: Run, { operation }: Task, owner: BulkOperation): Promise<void> {
  const answer = await answerTo(run, operation);
  if (answer.status < 400) {
    const made = run.answers.get(owner);
    const { ETag } = answer.headers;
    if (made === undefined || ETag === undefined) return;
    const headers = { ...made.answer.headers, ETag };
    run.answers.set(owner, { ...made, answer: { ...made.answer, headers } });
    return;
  }
  await answerTo(run, { method: 'DELETE', path: operation.path, data: null, version: null, bulkId: null });
  const detail = answer.body !== null && 'detail' in answer.body ? answer.body.detail : null;
  const why = typeof detail === 'string' ? detail : 'The references were refused.';
  keep(run, owner, errorAnswer(409, null, why));
}

async function answerTo(run: Run, operation: BulkOperation): Promise<Answer> {
  const missing = [...referencesIn(operation)].filter((name) => !run.made.has(name));
  const failed = missing.find((name) => run.failed.has(name));
  if (failed !== undefined) return errorAnswer(409, null, `bulkId:${failed} could not be made.`);
  if (missing.length > 0)
    return errorAnswer(400, 'invalidValue', `No operation makes bulkId:${missing.join(', bulkId:')}.`);
  try {
    return await run.dispatch(run.call, withIds(operation, run.made));
  } catch (error) {
    // A fault of ours ends one operation; those before it stand, and what became of them has to be told.
    return answerOfError(error) ?? fault(run.call.by.requestId, run.call.parts.log, error);
  }
}

function keep(run: Run, operation: BulkOperation, answer: Answer): void {
  run.answers.set(operation, { path: withIds(operation, run.made).path, answer });
  if (operation.method !== 'POST' || operation.bulkId === null) return;
  const id = idIn(answer);
  if (answer.status < 400 && id !== null) {
    run.made.set(operation.bulkId, id);
  } else {
    run.made.delete(operation.bulkId);
    run.failed.add(operation.bulkId);
  }
}

function idIn({ headers }: Answer): string | null {
  const location = headers.Location;
  return location === undefined ? null : location.slice(location.lastIndexOf('/') + 1);
}

/** What the message says of one operation; the whole body only of errors. */
function resultOf(call: Call, { method, bulkId }: BulkOperation, { path, answer }: Answered): JsonObject {
  const location = answer.headers.Location ?? (method === 'POST' ? undefined : locationOf(call, path));
  const { ETag: version } = answer.headers;
  const result: Record<string, Json> = { method };
  if (bulkId !== null) result.bulkId = bulkId;
  if (location !== undefined) result.location = location;
  if (version !== undefined) result.version = version;
  result.status = String(answer.status);
  if (answer.status >= 400 && answer.body !== null && !('pipe' in answer.body)) result.response = answer.body;
  return result;
}

/** Address of the resource that a path leads to; undefined for one that names none, or one that was never made. */
function locationOf({ caller: { view } }: Call, path: string): string | undefined {
  const { endpoint, id } = resourceOf(belowOf(path));
  if (endpoint === null || id.toLowerCase().startsWith('bulkid:')) return undefined;
  return `${view.baseUrl}${endpoint}/${encodeURIComponent(id)}`;
}

/** The path without its parameters, a slash at its end, and with one at its start. */
function belowOf(path: string): string {
  const [below = ''] = path.split('?');
  return `/${below.replace(/^\/+|\/+$/g, '')}`;
}
