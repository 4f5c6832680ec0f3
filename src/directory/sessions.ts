/** Signing in and out. A session is a row; the browser holds its secret and nothing else. */
import type { UserN } from '../core/ids.ts';
import { foldName } from '../core/names.ts';
import { requireTo } from '../core/policies.ts';
import { Refusal } from '../core/refusal.ts';
import { hashSecret } from '../core/session.ts';
import { nameUsers } from '../store/lookup.ts';
import {
  endSessionsOfUser,
  insertSession,
  insertSignInLink,
  lockAdministrator,
  type NewSession,
  setAdministrator,
  takeSignInLink,
} from '../store/sessions.ts';
import { externalIdIssuer, findUserByName } from '../store/users.ts';
import { createUser } from './users.ts';
import { record, type Work } from './work.ts';

/** Whose a sign-in link is: a user's, or the administrator's account, which its first use makes. */
export type LinkOwner = UserN | 'administrator';

/** What the account of the installation's links is called, where nobody else is. */
export const ADMINISTRATOR = 'administrator';

/** Makes a link good for one use within 15 minutes. The log says for whom, never the link. */
export async function makeSignInLink(work: Work, owner: LinkOwner, secret: string): Promise<void> {
  const user = owner === 'administrator' ? null : owner;
  await insertSignInLink(work.tx, hashSecret(secret), user);
  await record(work, { type: 'sign_in_link.made', ...(user === null ? {} : { user }) });
}

/**
 * Uses a link up and starts a session with it. Refuses `sign_in.link_invalid` for a link that is unknown, used or
 * too old, and whose user has gone or is inactive.
 */
export async function redeemSignInLink(
  work: Work,
  { link, secret }: { readonly link: string; readonly secret: string },
): Promise<void> {
  const taken = await takeSignInLink(work.tx, hashSecret(link));
  if (taken === null) throw new Refusal('sign_in.link_invalid', {});
  const user = taken.user ?? (await administratorOf(work));
  const named = (await nameUsers(work.tx, [user])).get(user);
  if (named?.active !== true) throw new Refusal('sign_in.link_invalid', {});
  const plain = { source: null, nameId: null, sessionIndex: null, notOnOrAfter: null };
  await startSession(work, { ...plain, hash: hashSecret(secret), user, how: 'link' });
}

/** Starts a session; the log tells who came in, and how. */
export async function startSession(work: Work, session: NewSession): Promise<void> {
  await insertSession(work.tx, session);
  await record(work, { type: 'session.started', user: session.user, after: { how: session.how } });
}

/** Signs a user out: of one session, or of all where none is named. Answers how many ended. Refuses `actor.not_allowed`. */
export async function endSessions(
  work: Work,
  { user, session }: { readonly user: UserN; readonly session: number | null },
): Promise<number> {
  requireTo('manage-users', work.by.actor);
  const ended = await endSessionsOfUser(work.tx, user, session);
  if (ended > 0) await record(work, { type: 'session.ended', user });
  return ended;
}

/** The account `administrator`; of a name that is free where somebody else has that one. */
async function administratorOf(work: Work): Promise<UserN> {
  const standing = await lockAdministrator(work.tx);
  if (standing !== null) {
    await setAdministrator(work.tx, standing.n);
    return standing.n;
  }
  const userName = await freeName(work, ADMINISTRATOR);
  const document = { displayName: 'Administrator' };
  const user = await createUser(work, { userName, active: true, externalId: null, document });
  await setAdministrator(work.tx, user.n);
  return user.n;
}

async function freeName(work: Work, name: string): Promise<string> {
  for (let attempt = 1; ; attempt += 1) {
    const tried = attempt === 1 ? name : `${name}-${attempt}`;
    if ((await findUserByName(work.tx, foldName(tried), externalIdIssuer(work.sourceN))) === null)
      return tried;
  }
}
