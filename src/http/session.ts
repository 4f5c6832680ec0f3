/**
 * Sessions of people, as requests carry them: a cookie that only this site gets to send along (SameSite=Lax), and
 * for whatever changes something the proof that one of our own pages sent it: Origin and Sec-Fetch-Site say so, and
 * the session's token comes with it.
 */
import { ABSOLUTE_HOURS, csrfTokenOf, hashSecret, isCsrfToken } from '../core/session.ts';
import type { Connection } from '../store/database.ts';
import { findPerson } from '../store/people.ts';
import { type EndedSession, endSession, useSession } from '../store/sessions.ts';
import type { DoorContext, SignedIn } from './context.ts';
import { HttpProblem } from './problem.ts';
import { isLoopbackHost, type Site, siteOf } from './site.ts';

export interface SessionParts {
  readonly connection: Connection;
  /** Address of the installation. */
  readonly baseUrl: string;
}

/** Header that carries the session's token where there is no form. */
export const CSRF_HEADER = 'X-CSRF-Token';

export interface Sessions {
  readonly site: Site;
  /** Whoever is signed in; null for nobody. */
  find(context: DoorContext): Promise<SignedIn | null>;
  /** Gives the browser a session that was just started, in the place of the one it had, which ends. */
  give(context: DoorContext, secret: string): Promise<void>;
  /** Ends the browser's session; answers what it was, null where it had none. */
  end(context: DoorContext): Promise<EndedSession | null>;
  /** Refuses (403) while the base URL is one over which nobody may sign in: http to another machine. */
  requireFitSite(): void;
  /** Refuses (403) a request that another site may have sent. */
  requireOwnSite(context: DoorContext): void;
  /** Refuses (403) as requireOwnSite, and a request without the session's token. */
  requireOwnForm(context: DoorContext, token: string): void;
}

/** Sessions of one installation. */
export function createSessions({ connection, baseUrl }: SessionParts): Sessions {
  const site = siteOf(baseUrl);
  const cookie = site.isSecure ? '__Host-muster' : 'muster';
  const attributes = `Path=/; HttpOnly; SameSite=Lax${site.isSecure ? '; Secure' : ''}`;
  const secretIn = (context: DoorContext): string => context.cookies.get(cookie) ?? '';

  const requireOwnSite = (context: DoorContext): void => {
    const fetchSite = context.get('Sec-Fetch-Site');
    const origin = context.get('Origin');
    const isOwn =
      (origin !== '' || fetchSite !== '') &&
      (origin === '' || isOwnOrigin(site, origin)) &&
      (fetchSite === '' || fetchSite === 'same-origin');
    if (!isOwn) throw new HttpProblem('auth.cross_site', 'This was sent by another site than Muster itself.');
  };

  return {
    site,
    find: async (context) => {
      const secret = secretIn(context);
      if (secret === '') return null;
      const user = await useSession(connection, hashSecret(secret));
      if (user === null) return null;
      const person = await findPerson(connection, user.id);
      return person === null ? null : { person, name: user.name, csrfToken: csrfTokenOf(secret) };
    },
    give: async (context, secret) => {
      const before = secretIn(context);
      if (before !== '') await endSession(connection, hashSecret(before));
      context.append('Set-Cookie', `${cookie}=${secret}; ${attributes}; Max-Age=${ABSOLUTE_HOURS * 3_600}`);
    },
    end: async (context) => {
      const secret = secretIn(context);
      const ended = secret === '' ? null : await endSession(connection, hashSecret(secret));
      context.append('Set-Cookie', `${cookie}=; ${attributes}; Max-Age=0`);
      return ended;
    },
    requireFitSite: () => {
      if (site.isFitForSignIn) return;
      const why = 'Nobody signs in over plain http. Set MUSTER_BASE_URL to an https address.';
      throw new HttpProblem('auth.cross_site', why);
    },
    requireOwnSite,
    requireOwnForm: (context, token) => {
      requireOwnSite(context);
      if (isCsrfToken(secretIn(context), token)) return;
      throw new HttpProblem('auth.cross_site', 'The form is of another session; load the page again.');
    },
  };
}

/** On loopback the names of the machine itself are as good as each other. */
function isOwnOrigin(site: Site, origin: string): boolean {
  if (!URL.canParse(origin)) return false;
  const url = new URL(origin);
  if (url.origin === site.origin) return true;
  return site.isLoopback && isLoopbackHost(url.hostname) && url.port === site.port;
}
