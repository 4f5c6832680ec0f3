/**
 * Signing in by an identity provider. One transaction finds or makes the account, writes what the provider says of the
 * person, replaces its affiliations, and starts the session.
 */
import type { UserN } from '../core/ids.ts';
import { foldName } from '../core/names.ts';
import { isRefusal } from '../core/refusal.ts';
import { chooseAccount } from '../core/saml/account-choice.ts';
import type { Claims } from '../core/saml/claims.ts';
import type { NameId } from '../core/saml/message.ts';
import { documentWith } from '../core/saml/profile.ts';
import { LoginRefused } from '../core/saml/reason.ts';
import { lockFacts } from '../store/facts-lock.ts';
import {
  type AccountKeys,
  attachKeys,
  findAccounts,
  findProfile,
  type FoundAccount,
  isQuarantined,
  keepProfile,
  lockLogin,
} from '../store/saml/accounts.ts';
import { isAdministratorsAccount } from '../store/sessions.ts';
import { applyAffiliations, type AppliedAffiliations, type LoginProvider } from './login-affiliations.ts';
import { ADMINISTRATOR, startSession } from './sessions.ts';
import { changeUser, createUser } from './users.ts';
import { record, type Work } from './work.ts';

export type { LoginProvider } from './login-affiliations.ts';

export interface Login {
  readonly provider: LoginProvider;
  readonly claims: Claims;
  /** Of the secret that the browser gets; how the provider names the session, and when it ends there. */
  readonly session: {
    readonly hash: Buffer;
    readonly nameId: NameId | null;
    readonly sessionIndex: string | null;
    readonly notOnOrAfter: Date | null;
  };
  /** Milliseconds since 1970. */
  readonly now: number;
}

export interface SignedInUser extends AppliedAffiliations {
  readonly user: UserN;
  /** How the account came to be this person's: known by its key, bound to it now, a stub that has arrived, made. */
  readonly account: 'known' | 'bound' | 'arrived' | 'created';
}

/**
 * Signs a person in. Refuses (LoginRefused): nothing to know the person by, keys that name two accounts or several,
 * an account that this provider may not sign in to, one whose key belonged to somebody else until recently (D-08),
 * an inactive one, and where no account may be made.
 */
export async function signIn(work: Work, login: Login): Promise<SignedInUser> {
  const { provider, claims, session, now } = login;
  const keys = keysOf(login);
  if (keys.loginKeys.length === 0 && keys.nameKey === null) throw new LoginRefused('identity.none');
  // Before any row: who fills a group by facts holds this lock alone and reads users without locking them.
  await lockFacts(work.tx);
  await lockLogin(work.tx, lockNames(keys));
  const account = await settleAccount(work, login, keys);
  await bindKeys(work, login, account.user);
  await keepProfile(work.tx, { idp: provider.n, user: account.user, profile: claims.profile });
  const applied = await applyAffiliations(work, { provider, claims, user: account.user, now });
  await startSession(work, { ...session, user: account.user, how: 'saml', source: work.sourceN });
  return { ...account, ...applied };
}

function keysOf({ provider, claims }: Login): AccountKeys {
  return {
    issuer: provider.entityId,
    loginKeys: claims.loginKeys,
    nameKey: claims.userName === null ? null : foldName(claims.userName),
    emailKey: claims.email === null ? null : foldName(claims.email),
  };
}

function lockNames({ issuer, loginKeys, nameKey, emailKey }: AccountKeys): string[] {
  const own = loginKeys.map(({ kind, value }) => `${kind} ${issuer} ${value}`);
  return [
    ...own,
    ...(nameKey === null ? [] : [`name ${nameKey}`]),
    ...(emailKey === null ? [] : [`mail ${emailKey}`]),
  ];
}

interface Account {
  readonly user: UserN;
  readonly account: SignedInUser['account'];
}

async function settleAccount(work: Work, login: Login, keys: AccountKeys): Promise<Account> {
  const { trustedFor, provision } = login.provider.settings;
  const maySayName = login.claims.isNameOwned || trustedFor.includes('userName');
  const maySayEmail = trustedFor.includes('email');
  const rules = { issuer: keys.issuer, maySayName, maySayEmail };
  const choice = chooseAccount(await findAccounts(work.tx, keys), rules);
  if (choice.kind === 'refused') throw new LoginRefused(choice.reason);
  const found = choice.kind === 'account' ? choice.account : null;
  if (found?.by !== 'login' && (await isQuarantined(work.tx, keys, found?.n ?? null))) {
    throw new LoginRefused('identity.quarantined');
  }
  // Many a directory has somebody of that name: the account of this installation's links is bound by hand alone.
  if (found !== null && found.by !== 'login' && (await isAdministratorsAccount(work.tx, found.n))) {
    throw new LoginRefused('identity.unbound');
  }
  // Nor is it given its name before the first of those links has made it.
  if ((found?.user_name ?? null) === null && foldName(nameFor(login.claims)) === ADMINISTRATOR) {
    throw new LoginRefused('identity.unbound');
  }
  if (found !== null) return enter(work, login, found);
  if (provision === 'refuse') throw new LoginRefused('user.unknown');
  // An account that this provider could never find again would be lost on its person.
  if (keys.loginKeys.length === 0 && !maySayName && !(maySayEmail && keys.emailKey !== null)) {
    throw new LoginRefused('identity.none');
  }
  return { user: await makeAccount(work, login), account: 'created' };
}

/** Writes what the provider changed since its last word (D-09); a stub has arrived. */
async function enter(work: Work, { provider, claims }: Login, found: FoundAccount): Promise<Account> {
  if (!found.active) throw new LoginRefused('user.inactive');
  const before = await findProfile(work.tx, provider.n, found.n);
  await refusingNames(
    changeUser(work, {
      user: found.id,
      stub: 'complete',
      ifMatch: null,
      edit: (current) => ({
        ...current,
        userName: current.userName ?? claims.userName,
        document: documentWith(current.document, { before: before ?? {}, after: claims.profile }),
      }),
    }),
  );
  return { user: found.n, account: found.stub ? 'arrived' : found.by === 'login' ? 'known' : 'bound' };
}

async function makeAccount(work: Work, { claims }: Login): Promise<UserN> {
  const userName = nameFor(claims);
  const document = documentWith({}, { before: {}, after: claims.profile });
  const made = await refusingNames(createUser(work, { userName, active: true, externalId: null, document }));
  return made.n;
}

function nameFor({ userName, email, loginKeys }: Claims): string {
  return userName ?? email ?? loginKeys[0]?.value ?? '';
}

async function refusingNames<T>(write: Promise<T>): Promise<T> {
  try {
    return await write;
  } catch (error) {
    if (!isRefusal(error)) throw error;
    if (error.code === 'group.protected') throw new LoginRefused('group.protected');
    throw new LoginRefused(error.code === 'user.name_taken' ? 'identity.conflict' : 'identity.none');
  }
}

/** The keys that only this provider can say find the account from now on. */
async function bindKeys(work: Work, { provider, claims }: Login, user: UserN): Promise<void> {
  const { loginKeys: keys } = claims;
  const bound = await attachKeys(work.tx, { user, issuer: provider.entityId, source: work.sourceN, keys });
  if (bound > 0) {
    const kinds = [...new Set(keys.map(({ kind }) => kind))];
    await record(work, { type: 'user.bound', user, after: { issuer: provider.entityId, kinds } });
  }
}
