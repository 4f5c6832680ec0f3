/** The routes of /api/v1 are a table; each folder that adds some hands over rows of this form. */
import type { Readable } from 'node:stream';
import type { z } from 'zod';
import type { Attribution } from '../core/attribution.ts';
import type { Scope } from '../core/scopes.ts';
import { readJson } from '../http/body.ts';
import { attributionOf } from '../http/attribution.ts';
import type { AnswerShapes, BodyShape, Operation } from '../http/operation.ts';
import type { ClientIdentity, DoorContext, SignedIn } from '../http/context.ts';
import { HttpProblem } from '../http/problem.ts';
import { clientOf } from '../http/token.ts';

export type Method = Operation['method'];

export interface Route {
  readonly method: Method;
  /** Below /api/v1, with `:name` for what varies. */
  readonly path: string;
  readonly scope: Scope;
  /** Set where people who are signed in pass without the scope: the policies decide of what they ask. */
  readonly people?: 'decided-by-policies';
  /** One line for the reference. */
  readonly summary: string;
  /** What may stand behind `?`, by name; anything else is refused. The handler reads the values. */
  readonly query?: Readonly<Record<string, z.ZodType>>;
  /** What the handler reads as the body; absent where there is none. */
  readonly body?: BodyShape;
  /** A POST that only reads. */
  readonly isReading?: true;
  /** What it answers by status, apart from problems, which are of one form. */
  readonly answers: AnswerShapes;
  readonly handle: (call: Call) => Promise<Answer>;
}

/** Whether a route writes: each of those answers its place in the log (P-05). */
export function isWrite({ method, isReading }: Route): boolean {
  return method !== 'GET' && isReading !== true;
}

/** A request as a route sees it. */
export interface Call {
  readonly params: Readonly<Record<string, string>>;
  readonly query: URLSearchParams;
  readonly client: ClientIdentity;
  /** Who is signed in, where a session stands in for a token; null for a program. */
  readonly session: SignedIn | null;
  /** Whom a write is put down to. */
  readonly by: Attribution;
  /** A header, or null. */
  header(name: string): string | null;
  /** The body as JSON, of `type` or the types given. Refuses as readJson. */
  json(types?: readonly string[]): Promise<unknown>;
  /** The body as JSON alike, or an empty object where there is no body. */
  jsonIfAny(): Promise<unknown>;
  /** The body as it comes, of one of `types` or none named. Refuses (415) another type. */
  content(types: readonly string[]): Readable;
  /** Ends when the caller has gone. */
  readonly gone: AbortSignal;
}

export interface Answer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** Something to write as JSON, a Readable of the type that the headers name, or null for no body. */
  readonly body: object | null;
}

const BODY_BYTES = 1_048_576;

/** Takes a request apart for its route. */
export function callOf(context: DoorContext, params: Readonly<Record<string, string>>): Call {
  const json = async (types: readonly string[] = ['application/json']): Promise<unknown> => {
    const body = await readJson(context, { bytes: BODY_BYTES, types });
    if (hasNul(body)) throw new HttpProblem('body.malformed', 'The body contains a NUL character.');
    return body;
  };
  const gone = new AbortController();
  context.res.once('close', () => gone.abort());
  return {
    params,
    query: new URLSearchParams(context.querystring),
    client: clientOf(context),
    session: context.state.session ?? null,
    by: attributionOf(context),
    header: (name) => {
      const value = context.get(name);
      return value === '' ? null : value;
    },
    json,
    jsonIfAny: () => (isBodiless(context) ? Promise.resolve({}) : json()),
    content: (types) => {
      const type = context.request.type.toLowerCase();
      if (type === '' || types.includes(type)) return context.req;
      throw new HttpProblem('body.unsupported_type', `${type} is not read here; send ${types.join(' or ')}.`);
    },
    gone: gone.signal,
  };
}

/** True for a request that says it has no body: neither a length over 0 nor one in chunks. */
function isBodiless(context: DoorContext): boolean {
  const length = context.get('Content-Length');
  return context.get('Transfer-Encoding') === '' && (length === '' || length === '0');
}

/** True when a key or text in it holds a NUL, which PostgreSQL cannot store. readJson bounds the depth. */
function hasNul(value: unknown): boolean {
  if (typeof value === 'string') return value.includes('\0');
  if (typeof value !== 'object' || value === null) return false;
  return Object.entries(value).some(([key, part]) => key.includes('\0') || hasNul(part));
}
