/** The SCIM door: `/scim/v2` in front of the routes. What goes wrong leaves in SCIM's own form. */
import { Readable } from 'node:stream';
import { profileNamed, profiles } from '../../core/scim/profile.ts';
import { type Registry, withoutGovernance } from '../../core/scim/registry.ts';
import { allows } from '../../core/scopes.ts';
import { attributionOf } from '../../http/attribution.ts';
import { readJson } from '../../http/body.ts';
import type { ClientIdentity, DoorContext, DoorMiddleware } from '../../http/context.ts';
import { HttpProblem } from '../../http/problem.ts';
import { type Authenticate, authenticateRequest, requireScope } from '../../http/token.ts';
import type { Json, JsonObject } from '../../core/scim/json.ts';
import { type Place, placeOfNow } from '../../store/changes.ts';
import { type Address, addressOf, placeOf, SCIM_BASE_PATH } from './address.ts';
import type { Answer, Call, Caller, ScimParts } from './call.ts';
import { answerOfError, fault, ScimProblem } from './problem.ts';
import type { RequestTraces } from './request-traces.ts';
import { discoveryRoutes, findRoute, notAllowed } from './routes.ts';
import { noTraceNotes, type TraceNotes } from './trace-notes.ts';

const MEDIA_TYPE = 'application/scim+json';
const BODY_TYPES = [MEDIA_TYPE, 'application/json'];

export interface ScimDoorParts extends ScimParts {
  readonly registry: Registry;
  /** Address of the installation, without a slash at its end. */
  readonly baseUrl: string;
  readonly authenticate: Authenticate;
  /** Cursor of a place in the log. */
  readonly cursorOf: (place: Place) => string;
  readonly traces: Pick<RequestTraces, 'record'>;
}

/** Builds the door. Requests for other paths pass by. */
export function scimDoor(parts: ScimDoorParts): DoorMiddleware {
  const baseUrl = `${parts.baseUrl}${SCIM_BASE_PATH}`;
  const ungoverned = withoutGovernance(parts.registry);
  const callerOf = (client: ClientIdentity): Caller => ({
    name: client.name,
    profile: profileNamed(client.profile) ?? profiles.auto,
    registry: allows(client.scopes, 'groups.govern') ? parts.registry : ungoverned,
    view: { source: client.sourceN, namespace: client.namespace, baseUrl },
  });

  /** Discovery is open; a token that may govern groups is shown their flags as it may write them. */
  const discoverableBy = async (context: DoorContext): Promise<Registry> => {
    if (context.get('Authorization') === '') return ungoverned;
    try {
      return callerOf(await authenticateRequest(context, parts.authenticate)).registry;
    } catch (error) {
      if (error instanceof HttpProblem) return ungoverned;
      throw error;
    }
  };

  const handle = async (
    context: DoorContext,
    address: Address,
    trace: TraceNotes & { body: Json },
  ): Promise<Answer> => {
    const place = placeOf(address.path);
    const discover = discoveryRoutes[place.pattern];
    if (discover !== undefined) {
      if (!isRead(context)) throw notAllowed(['GET']);
      const registry = await discoverableBy(context);
      return discover({ parts, registry, baseUrl, id: place.id, query: address.query });
    }
    const route = findRoute(place, isRead(context) ? 'GET' : context.method);
    const client = await authenticateRequest(context, parts.authenticate);
    requireScope(client, route.scope);
    if (route.bytes !== undefined) trace.body = await readBody(context, route.bytes);
    const written: Place[] = [];
    const directory = { ...parts.directory, onWritten: (at: Place) => void written.push(at) };
    const answer = await route.answer({
      parts: { ...parts, directory },
      caller: callerOf(client),
      by: attributionOf(context),
      id: place.id,
      query: address.query,
      body: trace.body,
      ifMatch: header(context, 'If-Match'),
      ifNoneMatch: header(context, 'If-None-Match'),
      trace,
    } satisfies Call);
    if (route.scope !== 'scim.write' || answer.status >= 400) return answer;
    const cursor = parts.cursorOf(written.at(-1) ?? (await placeOfNow(directory.database)));
    return { ...answer, headers: { ...answer.headers, 'Muster-Cursor': cursor } };
  };

  return async (context, next) => {
    const address = addressOf(context.path, context.querystring);
    if (address === null) {
      await next();
      return;
    }
    const began = parts.now();
    const trace = { ...noTraceNotes(), body: null };
    const answer = await handle(context, address, trace).catch(
      (error: unknown) => answerOfError(error) ?? fault(context.state.requestId, parts.log, error),
    );
    write(context, answer);
    const { client, requestId } = context.state;
    if (client === undefined) return;
    parts.traces.record({
      ...trace,
      source: client.sourceN,
      profile: callerOf(client).profile,
      at: new Date(began),
      requestId,
      method: context.method,
      path: address.path,
      query: address.query,
      status: answer.status,
      milliseconds: Math.round(parts.now() - began),
      answered: tellAnswer(answer),
    });
  };
}

/** Of an answer what a reader of the trace cannot see elsewhere: where the resource is, or why there is none. */
function tellAnswer({ status, headers, body }: Answer): JsonObject {
  const { Location: location, ETag: version } = headers;
  const isTold = status >= 400 && body !== null && !(body instanceof Readable);
  return {
    ...(location === undefined ? {} : { location }),
    ...(version === undefined ? {} : { version }),
    ...(isTold ? body : {}),
  };
}

function isRead({ method }: DoorContext): boolean {
  return method === 'GET' || method === 'HEAD';
}

async function readBody(context: DoorContext, bytes: number): Promise<Json> {
  const body = (await readJson(context, { bytes, types: BODY_TYPES })) as Json;
  if (body === null) throw new ScimProblem(400, 'invalidSyntax', 'The body must be a JSON object.');
  return body;
}

function header(context: DoorContext, name: string): string | null {
  const value = context.get(name);
  return value === '' ? null : value;
}

function write(context: DoorContext, { status, headers, body }: Answer): void {
  context.status = status;
  context.set('Cache-Control', 'no-store');
  context.set(headers);
  if (body === null) return;
  // First, so that koa does not look for a type of its own.
  context.set('Content-Type', MEDIA_TYPE);
  context.body = body instanceof Readable ? body : JSON.stringify(body);
}
