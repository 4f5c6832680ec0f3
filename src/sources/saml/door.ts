/** `/saml/{idp}/{metadata,login,acs,logout}`: open to everybody, so everything that comes is measured first. */
import { Router } from '@koa/router';
import { LoginRefused } from '../../core/saml/reason.ts';
import { holds } from '../../core/actor.ts';
import type { DoorContext, DoorMiddleware, DoorState } from '../../http/context.ts';
import { isLoopbackHost } from '../../http/site.ts';
import { protectPage } from '../../http/page-headers.ts';
import { HttpProblem } from '../../http/problem.ts';
import { findProvider, type ProviderRow } from '../../store/saml/providers.ts';
import { addressesFor } from './addresses.ts';
import { type Answered, beginLogin, ownPath, takeAnswer } from './login.ts';
import { takeLogoutRequest } from './logout.ts';
import { ownMetadata } from './metadata/own.ts';
import { takeLogoutAnswer } from './own-logout.ts';
import type { SamlParts } from './parts.ts';
import { readRedirect } from './redirect.ts';

export interface SamlDoorParts extends SamlParts {
  /** Counts a request of an address; false for one too many. */
  readonly admits: (address: string) => boolean;
  /** The pages that people see at the end of a login that did not work, of a trial, and of a logout. */
  readonly pages: SamlPages;
}

export interface SamlPages {
  readonly refused: (what: { readonly sentence: string; readonly requestId: string }) => string;
  readonly tried: (tried: Extract<Answered, { kind: 'tried' }>['tried']) => string;
  readonly signedOut: (at: { readonly isOverAtProvider: boolean }) => string;
}

type Answer = (parts: SamlDoorParts, context: DoorContext, provider: ProviderRow) => Promise<void>;

/** Builds the door. Requests for other paths pass by. */
export function samlDoor(parts: SamlDoorParts): DoorMiddleware {
  const router = new Router<DoorState>({ prefix: '/saml/:idp' });
  const route = (method: 'get' | 'post', path: string, answer: Answer): void => {
    router[method](path, async (context) => {
      protectPage(context);
      context.set('Cache-Control', 'no-store');
      const name = String(context.params.idp);
      await refusing(parts, context, name, async () => {
        if (path !== '/metadata' && !parts.admits(context.ip)) throw new LoginRefused('rate.limited');
        await answer(parts, context, await requireProvider(parts, name));
      });
    });
  };
  route('get', '/metadata', answerMetadata);
  route('get', '/login', answerLogin);
  route('post', '/acs', answerAcs);
  route('get', '/logout', answerLogout);
  // The router's own context type asks for what it sets itself.
  return router.routes() as unknown as DoorMiddleware;
}

async function requireProvider({ directory }: SamlDoorParts, name: string): Promise<ProviderRow> {
  // PostgreSQL takes no NUL, and no provider has one in its name.
  const provider = name.includes('\0') ? null : await findProvider(directory.database, name);
  if (provider?.name !== name) throw new LoginRefused('provider.unknown');
  return provider;
}

async function answerMetadata(
  parts: SamlDoorParts,
  context: DoorContext,
  { name }: ProviderRow,
): Promise<void> {
  context.body = ownMetadata(addressesFor(parts.baseUrl, name), await parts.keys.certificates());
  context.set('Content-Type', 'application/samlmetadata+xml');
}

/** `next` is where to go on to; `test` tries a login out, for those who manage sources. */
async function answerLogin(parts: SamlDoorParts, context: DoorContext, provider: ProviderRow): Promise<void> {
  const { site } = parts.sessions;
  const query = new URLSearchParams(context.querystring);
  if (site.isLoopback && isLoopbackHost(context.hostname) && !query.has('again')) {
    const own = new URL(context.originalUrl, site.origin);
    own.searchParams.set('again', 'true');
    // The answer comes to the name of this machine that the provider knows, and only there is the cookie sent along.
    if (context.hostname !== own.hostname) return seeOther(context, own.href);
  }
  const isTest = query.get('test') === 'true';
  if (isTest) {
    const session = await parts.sessions.find(context);
    if (session === null || !holds(session.person, 'sources.manage')) {
      throw new HttpProblem('auth.scope', 'Logins are tried out by whoever may manage sources.');
    }
  }
  const purpose = isTest ? 'test' : 'login';
  const returnTo = ownPath(query.get('next'));
  seeOther(context, await beginLogin(parts, context, { provider, purpose, returnTo }));
}

async function answerAcs(parts: SamlDoorParts, context: DoorContext, provider: ProviderRow): Promise<void> {
  const answered = await takeAnswer(parts, context, provider);
  if (answered.kind === 'tried') {
    context.type = 'html';
    context.body = parts.pages.tried(answered.tried);
    return;
  }
  parts.metrics.logins.inc({ provider: provider.name, outcome: 'signed-in' });
  await parts.sessions.give(context, answered.secret);
  seeOther(context, answered.returnTo);
}

async function answerLogout(
  parts: SamlDoorParts,
  context: DoorContext,
  provider: ProviderRow,
): Promise<void> {
  const message = readRedirect(context.querystring, provider.metadata.certificates);
  const tell = (isOverAtProvider: boolean): void => {
    context.type = 'html';
    context.body = parts.pages.signedOut({ isOverAtProvider });
  };
  if (message.parameter === 'SAMLResponse') {
    tell(await takeLogoutAnswer(parts, provider, { context, message }));
    return;
  }
  const answer = await takeLogoutRequest(parts, provider, message);
  if (answer === null) tell(true);
  else seeOther(context, answer);
}

const statuses: Partial<Record<LoginRefused['reason'], number>> = {
  'provider.unknown': 404,
  'rate.limited': 429,
  'verify.busy': 503,
  'body.too_large': 413,
};

/** What is refused is counted and logged by its code, and told to the person in a sentence with the request's id. */
async function refusing(
  { log, metrics, pages }: SamlDoorParts,
  context: DoorContext,
  provider: string,
  work: () => Promise<void>,
): Promise<void> {
  const { requestId } = context.state;
  const tell = (status: number, sentence: string): void => {
    context.status = status;
    context.type = 'html';
    context.body = pages.refused({ sentence, requestId });
  };
  try {
    await work();
  } catch (error) {
    if (error instanceof LoginRefused) {
      const known = error.reason === 'provider.unknown' ? 'unknown' : provider;
      metrics.logins.inc({ provider: known, outcome: error.reason });
      log.warn({ provider: known, reason: error.reason, requestId }, 'A login was refused.');
      tell(statuses[error.reason] ?? 403, error.message);
    } else if (error instanceof HttpProblem) {
      tell(error.status, error.message);
    } else {
      log.error({ err: error, requestId }, 'A login failed.');
      tell(500, 'Something went wrong here.');
    }
  }
}

function seeOther(context: DoorContext, address: string): void {
  context.redirect(address);
  context.status = 303;
}
