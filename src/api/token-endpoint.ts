/**
 * `/oauth2/token`: client credentials (RFC 6749 §4.4). The client's id or name and one of its tokens as the secret
 * give an access token for an hour. An access token is no secret: it gets no further one.
 */
import rawBody from 'raw-body';
import { z } from 'zod';
import type { Logger } from 'pino';
import { allows, parseScope, type Scope } from '../core/scopes.ts';
import { hashToken, TOKEN_BYTES } from '../core/token.ts';
import { issueAccessToken } from '../directory/clients.ts';
import { type Directory, perform } from '../directory/work.ts';
import type { DoorContext, DoorMiddleware } from '../http/context.ts';
import { overloadOf } from '../http/edge.ts';
import { answers, type Operation } from '../http/operation.ts';
import { findSecretOwner, type TokenOwnerRow } from '../store/clients.ts';

const PATH = '/oauth2/token';
const BODY_BYTES = 65_536;
const LIFETIME_SECONDS = 3_600;

export interface TokenEndpointParts {
  readonly directory: Directory;
  readonly random: (bytes: number) => Buffer;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  readonly log: Logger;
}

/** What the reference tells of it. */
export const tokenOperation: Operation = {
  method: 'POST',
  path: PATH,
  tag: 'access tokens',
  summary: 'Gives an access token for client credentials (RFC 6749 §4.4)',
  scope: null,
  query: {},
  body: {
    content: {
      'application/x-www-form-urlencoded': z.object({
        grant_type: z.literal('client_credentials'),
        scope: z.string().optional().describe('Scopes by space; all of the client when left out.'),
        client_id: z.string().optional().describe('Here, or as the user of Basic authentication.'),
        client_secret: z.string().optional().describe('A token of the client; here, or as the password.'),
      }),
    },
    isRequired: true,
  },
  answers: {
    200: answers(
      z.object({
        access_token: z.string(),
        token_type: z.literal('Bearer'),
        expires_in: z.int(),
        scope: z.string(),
      }),
    ),
  },
  problem: {
    'application/json': z
      .object({ error: z.string(), error_description: z.string() })
      .meta({ id: 'TokenError' }),
  },
};

/** Errors of RFC 6749 §5.2. */
interface TokenError {
  readonly status: 400 | 401 | 405 | 413;
  readonly error: 'invalid_request' | 'invalid_client' | 'invalid_scope' | 'unsupported_grant_type';
  readonly error_description: string;
}

type Outcome =
  TokenError | { readonly status: 200; readonly token: string; readonly scopes: readonly Scope[] };

/** Builds the door. Requests for other paths pass by. */
export function tokenEndpoint(parts: TokenEndpointParts): DoorMiddleware {
  return async (context, next) => {
    if (context.path !== PATH) {
      await next();
      return;
    }
    context.set({ 'Cache-Control': 'no-store', Pragma: 'no-cache' });
    try {
      answer(context, await grant(parts, context));
    } catch (error) {
      const { requestId } = context.state;
      const overload = overloadOf(error);
      if (overload !== null) {
        parts.log.error({ err: error, requestId }, 'A request was sent away: no connection to the database.');
        context.status = overload.status;
        context.set(overload.headers);
        context.body = { error: 'temporarily_unavailable', error_description: overload.message };
        return;
      }
      parts.log.error({ err: error, requestId }, 'A request failed.');
      context.status = 500;
      context.body = { error: 'server_error', error_description: `It is in the log under ${requestId}.` };
    }
  };
}

function answer(context: DoorContext, outcome: Outcome): void {
  context.status = outcome.status;
  if (outcome.status === 200) {
    const { token, scopes } = outcome;
    context.body = {
      access_token: token,
      token_type: 'Bearer',
      expires_in: LIFETIME_SECONDS,
      scope: scopes.join(' '),
    };
    return;
  }
  if (outcome.status === 401) context.set('WWW-Authenticate', 'Basic realm="muster"');
  if (outcome.status === 405) context.set('Allow', 'POST');
  context.body = { error: outcome.error, error_description: outcome.error_description };
}

async function grant(parts: TokenEndpointParts, context: DoorContext): Promise<Outcome> {
  if (context.method !== 'POST') return invalidRequest(405, 'Use POST.');
  const form = await readForm(context);
  if (form === null) return invalidRequest(413, 'The body is too large.');
  if (form.get('grant_type') !== 'client_credentials') {
    const why = 'Only client_credentials is granted here.';
    return { status: 400, error: 'unsupported_grant_type', error_description: why };
  }
  const credentials = basicCredentials(context.get('Authorization')) ?? {
    id: form.get('client_id') ?? '',
    secret: form.get('client_secret') ?? '',
  };
  const hash = hashToken(credentials.secret);
  // PostgreSQL takes no NUL, and no client has one in its name.
  const owner = credentials.id.includes('\0')
    ? null
    : await findSecretOwner(parts.directory.database, { client: credentials.id, hash });
  if (owner === null) {
    const why = 'There is no such client, or its secret is another.';
    return { status: 401, error: 'invalid_client', error_description: why };
  }
  const scopes = scopesFor(owner, form.get('scope'));
  if (scopes === null) {
    return {
      status: 400,
      error: 'invalid_scope',
      error_description: 'The client does not hold all of these scopes.',
    };
  }
  return { status: 200, token: await issue(parts, context, { owner, scopes }), scopes };
}

function invalidRequest(status: 400 | 405 | 413, why: string): TokenError {
  return { status, error: 'invalid_request', error_description: why };
}

async function readForm(context: DoorContext): Promise<URLSearchParams | null> {
  try {
    return new URLSearchParams(await rawBody(context.req, { limit: BODY_BYTES, encoding: 'utf8' }));
  } catch (error) {
    if (error instanceof Error && 'type' in error) return null;
    throw error;
  }
}

/** RFC 6749 §2.3.1: id and secret, each form-encoded, in the header of Basic authentication. */
function basicCredentials(header: string): { readonly id: string; readonly secret: string } | null {
  const encoded = /^Basic +([A-Za-z0-9+/=]+) *$/i.exec(header)?.[1];
  if (encoded === undefined) return null;
  const [id = '', ...secret] = Buffer.from(encoded, 'base64').toString().split(':');
  return { id: formDecoded(id), secret: formDecoded(secret.join(':')) };
}

function formDecoded(text: string): string {
  return new URLSearchParams(`v=${text}`).get('v') ?? '';
}

/** The scopes asked for, or all of the client's; null where it does not hold one that is asked for. */
function scopesFor({ scopes }: TokenOwnerRow, asked: string | null): readonly Scope[] | null {
  const held = new Set(scopes.flatMap((name) => parseScope(name) ?? []));
  if (asked === null || asked.trim() === '') return [...held];
  const wanted = asked.trim().split(/ +/).map(parseScope);
  const known = wanted
    .filter((scope) => scope !== null && allows(held, scope))
    .flatMap((scope) => scope ?? []);
  return known.length === wanted.length ? known : null;
}

async function issue(
  { directory, random, now }: TokenEndpointParts,
  context: DoorContext,
  { owner, scopes }: { readonly owner: TokenOwnerRow; readonly scopes: readonly Scope[] },
): Promise<string> {
  const { requestId } = context.state;
  const by = {
    actor: { kind: 'client', id: owner.name, scopes: new Set(scopes) },
    onBehalfOf: null,
    source: owner.name,
    origin: { kind: 'request', id: requestId },
    requestId,
  } as const;
  const expiresAt = new Date(now() + LIFETIME_SECONDS * 1_000);
  const { result } = await perform(directory, by, (work) =>
    issueAccessToken(work, { clientN: owner.n, scopes, bytes: random(TOKEN_BYTES), expiresAt }),
  );
  return result;
}
