/** SCIM 2.0 over HTTP: paths, headers and JSON (RFC 7644 §3.1, §3.12). */
import { z } from 'zod';
import { readForeignJson } from '../../../core/targets/foreign-text.ts';
import type { Outcome } from '../../../core/targets/outcome.ts';
import type { Failed } from '../../connector.ts';
import { type HttpClient, type HttpRequest, outcomeOfReply } from '../../outgoing/http-client.ts';
import type { ScimCredentials, ScimSettings } from './settings.ts';

const scimError = z.looseObject({
  detail: z.string().optional(),
  scimType: z.string().optional(),
});

const resource = z.looseObject({
  id: z.string().optional(),
  externalId: z.string().nullish(),
  userName: z.string().nullish(),
  displayName: z.string().nullish(),
  active: z.union([z.boolean(), z.string()]).nullish(),
  members: z.array(z.looseObject({ value: z.string().nullish() })).nullish(),
});
/** A resource as the target sent it; what we do not read is kept for comparing. */
export type ScimResource = z.infer<typeof resource>;

/** Reads back a resource that came through {@link ScimClient} and was handed around as an unknown. */
export function readResource(held: unknown): ScimResource {
  return resource.parse(held);
}

const list = z.looseObject({
  totalResults: z.coerce.number().default(0),
  startIndex: z.coerce.number().optional(),
  Resources: z.array(resource).nullish(),
});
export type ScimList = z.infer<typeof list>;

export type ScimReply<Body> =
  | { readonly kind: 'body'; readonly body: Body; readonly status: number }
  /** Success without a body that can be read. */
  | { readonly kind: 'empty'; readonly status: number }
  | Failed;

export interface ScimClient {
  resource(method: 'GET' | 'POST' | 'PUT', path: string, body?: unknown): Promise<ScimReply<ScimResource>>;
  list(path: string, query: Readonly<Record<string, string>>): Promise<ScimReply<ScimList>>;
  /** A request whose answer's body does not matter. */
  change(method: 'PATCH' | 'PUT' | 'DELETE', path: string, body?: unknown): Promise<Outcome>;
  json(path: string): Promise<ScimReply<Readonly<Record<string, unknown>>>>;
  close(): Promise<void>;
}

/** A SCIM client of one target. `now` gives epoch ms, for Retry-After. */
export function scimClient(
  http: HttpClient,
  { settings, credentials, now }: { settings: ScimSettings; credentials: ScimCredentials; now: () => number },
): ScimClient {
  const headers: Record<string, string> = {
    accept: 'application/scim+json, application/json;q=0.9',
    'user-agent': 'Muster',
    ...(credentials.bearer === undefined ? {} : { authorization: `Bearer ${credentials.bearer}` }),
  };

  const send = async (method: HttpRequest['method'], path: string, body?: unknown) => {
    const url = `${settings.url}${path}`;
    const reply = await http.send(
      body === undefined
        ? { method, url, headers }
        : {
            method,
            url,
            headers: { ...headers, 'content-type': 'application/scim+json; charset=utf-8' },
            body: JSON.stringify(body),
          },
    );
    if (reply.kind === 'failed') return reply;
    const outcome = outcomeOfReply(reply, now(), describeScimError(reply.body));
    return { kind: 'answer' as const, status: reply.status, text: reply.body, outcome };
  };

  const read = async <Body>(
    shape: z.ZodType<Body>,
    ...[method, path, body]: Parameters<typeof send>
  ): Promise<ScimReply<Body>> => {
    const reply = await send(method, path, body);
    if (reply.kind === 'failed') return reply;
    if (reply.outcome.kind !== 'applied') return { kind: 'failed', outcome: reply.outcome };
    const parsed = shape.safeParse(readForeignJson(reply.text));
    if (parsed.success) return { kind: 'body', body: parsed.data, status: reply.status };
    if (method !== 'GET') return { kind: 'empty', status: reply.status };
    return {
      kind: 'failed',
      outcome: { kind: 'down', why: `${reply.status} with an answer that is no SCIM` },
    };
  };

  return {
    resource: (method, path, body) => read(resource, method, path, body),
    list: (path, query) => read(list, 'GET', `${path}?${queryText(query)}`),
    json: (path) => read(z.record(z.string(), z.unknown()), 'GET', path),
    change: async (method, path, body) => {
      const reply = await send(method, path, body);
      if (reply.kind === 'failed' || reply.outcome.kind !== 'applied' || !isPage(reply.text))
        return reply.outcome;
      return { kind: 'ambiguous', why: `${reply.status} with a page for people, which is no SCIM` };
    },
    close: () => http.close(),
  };
}

/** Of a page that asks somebody to log in, or says that all is being mended, 200 does not tell that anything was done. */
function isPage(text: string): boolean {
  return text.trimStart().startsWith('<');
}

/** A string in a filter (RFC 7644 §3.4.2.2: as in JSON). */
export function quoted(text: string): string {
  return JSON.stringify(text);
}

/** `%20` and not `+`: some servers take the plus for a plus. */
function queryText(query: Readonly<Record<string, string>>): string {
  return Object.entries(query)
    .map(([name, value]) => `${name}=${encodeURIComponent(value)}`)
    .join('&');
}

function describeScimError(text: string): string {
  const parsed = scimError.safeParse(readForeignJson(text));
  if (!parsed.success) return text.slice(0, 200);
  const { scimType, detail } = parsed.data;
  return [scimType, detail]
    .filter((part) => part !== undefined)
    .join(': ')
    .slice(0, 300);
}
