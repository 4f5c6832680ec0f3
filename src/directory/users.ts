/** What can be done with users. One verb per use case; each writes the change and its log entry together. */
import { emailKeysOf } from '../core/emails.ts';
import type { UserId } from '../core/ids.ts';
import { canonicalJson } from '../core/json.ts';
import { faultOfKey, foldName, readUserName } from '../core/names.ts';
import { Refusal } from '../core/refusal.ts';
import { type Expectation, requireVersion } from '../core/version.ts';
import { endFactsOfUser } from '../store/affiliations.ts';
import { dropMemberships, listRegularGroupsListing } from '../store/assertions.ts';
import { lockFacts } from '../store/facts-lock.ts';
import { bumpGroups } from '../store/groups.ts';
import {
  externalIdIssuer,
  insertUser,
  lockAdoptableStubs,
  lockUser,
  syncEmailKeys,
  syncUserExternalId,
  tombstoneUser,
  updateUser,
  type UserDocument,
  type UserRow,
} from '../store/users.ts';
import { dropGovernance } from '../store/governance.ts';
import { requireTo } from '../core/policies.ts';
import { endWaitingRequests } from './waiting-requests.ts';
import { followRecord, type RecordOfUser } from './automatic-groups.ts';
import {
  accountChange,
  requireNoHigher,
  requireRightTo,
  tellEndOfAdministrators,
} from './higher-accounts.ts';
import { record, refusing, type Work } from './work.ts';

/** A user as its writers see it. */
export interface UserState {
  readonly userName: string | null;
  readonly active: boolean;
  /** The externalId that the writing source gives; other sources' stay. */
  readonly externalId: string | null;
  /** SCIM attributes but id, userName, active, externalId, groups and meta, in canonical spelling. */
  readonly document: UserDocument;
}

export interface NewUser extends UserState {
  readonly userName: string;
}

/**
 * Creates a user. A stub that was waiting for it, by that userName or, without a userName, by one of its e-mails
 * alone, becomes this user and keeps its id and memberships. Refuses a userName in use (`user.name_taken`), a stub that
 * holds more as {@link requireNoHigher}, and to programs one that holds more and is found by its e-mail
 * (`user.protected`).
 */
export async function createUser(work: Work, user: NewUser): Promise<UserRow> {
  requireTo('manage-users', work.by.actor);
  const state = { ...user, userName: readUserName(user.userName) };
  const stub = await adoptableStub(work, state);
  if (stub !== null) {
    await requireNoHigher(work, stub);
    // Who is said to be of that name is the provisioning program's to say; of an e-mail it would choose the name.
    await requireRightTo(work, stub.n, { isRenamed: stub.user_name === null, ends: false, returns: false });
  }
  const write = { ...state, userNameKey: foldName(state.userName), stub: false };
  const row = await refusing(
    stub === null ? insertUser(work.tx, write, work.sourceN) : updateUser(work.tx, stub.n, write),
    { users_user_name_unique: () => new Refusal('user.name_taken', { userName: state.userName }) },
  );
  await writeKeys(work, row, null, state);
  await record(work, { type: 'user.created', user: row.n, after: told(state) });
  await followRecord(work, recordOf(row));
  return { ...row, external_id: state.externalId };
}

/** Creates a stub: a user known only by identity keys, because a membership named it before it arrived (F-04). */
export async function createStub(
  work: Work,
  { userName, document }: { readonly userName: string | null; readonly document: UserDocument },
): Promise<UserRow> {
  const state = {
    userName: userName === null ? null : readUserName(userName),
    active: true,
    externalId: null,
    document,
  };
  const userNameKey = state.userName === null ? null : foldName(state.userName);
  const row = await refusing(insertUser(work.tx, { ...state, userNameKey, stub: true }, work.sourceN), {
    users_user_name_unique: () => new Refusal('user.name_taken', { userName: state.userName ?? '' }),
  });
  await writeKeys(work, row, null, state);
  await record(work, { type: 'user.stubbed', user: row.n, after: told(state) });
  return row;
}

export interface ChangeUser {
  readonly user: UserId;
  /** `complete` turns a stub into a full user: it has arrived. */
  readonly stub?: 'keep' | 'complete';
  readonly ifMatch: Expectation | null;
  /** The state wanted, from the one that stands under the lock. The same object means: no change. */
  readonly edit: (current: UserState, row: UserRow) => UserState;
}

/**
 * Changes a user under its lock. An edit that leads to an equal state writes nothing and moves no version (D-04).
 * Refuses `user.not_found`, `version.mismatch`, `user.name_taken`, `group.protected` where the record would put it into
 * a rule group that gives permissions (J-20), `actor.not_allowed` as {@link requireNoHigher}, and `user.protected` as
 * {@link requireRightTo}.
 */
export async function changeUser(
  work: Work,
  { user, stub = 'keep', ifMatch, edit }: ChangeUser,
): Promise<UserRow> {
  requireTo('manage-users', work.by.actor);
  const row = await lockUser(work.tx, user, externalIdIssuer(work.sourceN));
  if (row === null) throw new Refusal('user.not_found', { user });
  await requireNoHigher(work, row);
  requireVersion(ifMatch, row.version);
  const current = stateOf(row);
  const wanted = readNames(edit(current, row));
  const arrives = stub === 'complete' && row.stub;
  if (isEqualState(current, wanted) && !arrives) return row;
  const change = accountChange(current, wanted);
  await requireRightTo(work, row.n, change);
  if (change.ends) await tellEndOfAdministrators(work, [row.n], 'deactivated');
  const write = {
    ...wanted,
    userNameKey: wanted.userName === null ? null : foldName(wanted.userName),
    stub: row.stub && !arrives,
  };
  const written = await refusing(updateUser(work.tx, row.n, write), {
    users_user_name_unique: () => new Refusal('user.name_taken', { userName: wanted.userName ?? '' }),
  });
  await writeKeys(work, written, current, wanted);
  const type = arrives ? 'user.created' : 'user.updated';
  await record(work, { type, user: row.n, before: told(current), after: told(wanted) });
  if (!written.stub) await followRecord(work, recordOf(written));
  return { ...written, external_id: wanted.externalId };
}

/**
 * Deletes a user: a tombstone stays, the userName is free at once, every membership ends and the groups that
 * listed it move their versions (D-06, D-07). Refuses `user.not_found`, `version.mismatch`, `actor.not_allowed` and
 * `user.protected` as {@link changeUser}.
 */
export async function deleteUser(
  work: Work,
  { user, ifMatch }: { readonly user: UserId; readonly ifMatch: Expectation | null },
): Promise<void> {
  requireTo('manage-users', work.by.actor);
  const row = await lockUser(work.tx, user, externalIdIssuer(work.sourceN));
  if (row === null) throw new Refusal('user.not_found', { user });
  await requireNoHigher(work, row);
  requireVersion(ifMatch, row.version);
  await requireRightTo(work, row.n, { isRenamed: false, ends: true, returns: false });
  await tellEndOfAdministrators(work, [row.n], 'deleted');
  await lockFacts(work.tx);
  await bumpGroups(work.tx, await listRegularGroupsListing(work.tx, row.n));
  await dropMemberships(work.tx, row.n);
  await dropGovernance(work.tx, row.n);
  await endFactsOfUser(work.tx, row.n);
  await tombstoneUser(work.tx, row.n);
  await record(work, { type: 'user.deleted', user: row.n, before: told(stateOf(row)) });
  const gone = { state: 'cancelled', reason: 'the user was deleted' } as const;
  await endWaitingRequests(work, { of: 'user', user: row.n }, gone);
}

/** A stored user as its writers see it. */
export function stateOf(row: UserRow): UserState {
  return {
    userName: row.user_name,
    active: row.active,
    externalId: row.external_id,
    document: row.document,
  };
}

function recordOf(row: UserRow): RecordOfUser {
  const { n, id, user_name: userName, active, created_at: createdAt, document } = row;
  return { n, id, userName, active, createdAt, document };
}

async function adoptableStub(work: Work, state: NewUser): Promise<UserRow | null> {
  const stubs = await lockAdoptableStubs(work.tx, {
    userNameKey: foldName(state.userName),
    emailKeys: emailKeysOf(state.document).map(({ key }) => key),
    issuer: externalIdIssuer(work.sourceN),
  });
  const [first, second] = stubs;
  if (first === undefined) return null;
  const isByName = first.user_name !== null;
  return isByName || second === undefined ? first : null;
}

function readNames(state: UserState): UserState {
  return state.userName === null ? state : { ...state, userName: readUserName(state.userName) };
}

async function writeKeys(
  work: Work,
  row: UserRow,
  before: UserState | null,
  after: UserState,
): Promise<void> {
  const emails = emailKeysOf(after.document);
  const ofEmails = emails.map(({ value }) => faultOfKey(value)).find((fault) => fault !== null);
  if (ofEmails !== undefined) throw new Refusal('user.invalid', { why: `An e-mail address ${ofEmails}.` });
  const ofExternalId = faultOfKey(after.externalId ?? '');
  if (ofExternalId !== null) throw new Refusal('user.invalid', { why: `externalId ${ofExternalId}.` });
  const had = before === null ? [] : emailKeysOf(before.document);
  if (JSON.stringify(emails) !== JSON.stringify(had)) {
    await syncEmailKeys(work.tx, row.n, emails, work.sourceN);
  }
  if ((before?.externalId ?? null) !== after.externalId) {
    await syncUserExternalId(work.tx, row.n, after.externalId, work.sourceN);
  }
}

function isEqualState(a: UserState, b: UserState): boolean {
  return (
    a === b ||
    (a.userName === b.userName &&
      a.active === b.active &&
      a.externalId === b.externalId &&
      canonicalJson(a.document) === canonicalJson(b.document))
  );
}

function told({ userName, active, externalId, document }: UserState): Record<string, unknown> {
  return { userName, active, externalId, ...document };
}
