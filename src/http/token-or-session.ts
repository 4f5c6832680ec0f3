/** What lets a request of /api/v1 pass: a bearer token, or a session of the console. */
import type { Person } from '../core/actor.ts';
import { scopesOfPerson } from '../core/permissions.ts';
import type { SourceN } from '../core/ids.ts';
import type { ClientIdentity, DoorContext, DoorMiddleware, SignedIn } from './context.ts';
import { CSRF_HEADER, type Sessions } from './session.ts';
import { type Authenticate, authenticateRequest } from './token.ts';

const SAFE = new Set(['GET', 'HEAD', 'OPTIONS']);

/**
 * Lets a request pass with either. A token goes before a session; a session that would change something has to prove
 * that one of our own pages sent it (403).
 */
export function tokenOrSession(authenticate: Authenticate, sessions: Sessions): DoorMiddleware {
  return async (context, next) => {
    const session = context.get('Authorization') === '' ? await sessions.find(context) : null;
    if (session === null) await authenticateRequest(context, authenticate);
    else enter(context, session, sessions);
    await next();
  };
}

function enter(context: DoorContext, session: SignedIn, sessions: Sessions): void {
  if (!SAFE.has(context.method)) sessions.requireOwnForm(context, context.get(CSRF_HEADER));
  context.state.session = session;
  context.state.client = asClient(session.person);
}

/** The source `console` is the second of those that every directory is made with; nobody's externalIds are its. */
function asClient({ id, permissions }: Person): ClientIdentity {
  return {
    id,
    name: 'console',
    sourceN: CONSOLE,
    scopes: scopesOfPerson(permissions),
    profile: 'auto',
    namespace: 'all',
    ratePerSecond: null,
    allow: [],
  };
}

const CONSOLE = 2 as SourceN;
