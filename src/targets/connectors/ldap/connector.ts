/** The LDAP connector (RFC 4511): what the engine wants, as requests to a directory server. */
import { randomUUID } from 'node:crypto';
import type { Outcome } from '../../../core/targets/outcome.ts';
import type {
  Connector,
  Held,
  HeldPage,
  Observation,
  Operation,
  Probe,
  TargetObject,
  Traits,
} from '../../connector.ts';
import type { Exchange } from '../../exchange.ts';
import { present } from './filter.ts';
import { createGroup, deleteGroup, groupDifferences, updateGroup } from './groups.ts';
import { addMembers, observeMembers, removeMembers } from './members.ts';
import { findByKey, heldEntry, isFailed, type Ldap, type Of, placeOf, searchPlace } from './place.ts';
import { resolve } from './resolve.ts';
import { openSession, type Searched, withinTime } from './session.ts';
import type { LdapCredentials, LdapSettings } from './settings.ts';
import {
  createUser,
  deactivateUser,
  deleteUser,
  differencesOfUser,
  type Keeping,
  updateUser,
} from './users.ts';

/** Members in one request: a modify of 500 names is some 40 kB. */
const CHUNK = 500;
const CHUNK_BYTES = 256 * 1024;
/** Listings that may be under way at once; the oldest is given up for another. */
const OPEN_LISTS = 8;

/** What is known of an LDAP target before the first request. */
export function ldapTraits({ groupName, roleGroupName }: LdapSettings): Traits {
  return {
    chunk: CHUNK,
    chunkBytes: CHUNK_BYTES,
    // The last of the styles: LDAP has one way of taking members out, and a refusal is not about it.
    removal: 'put',
    membersReadable: true,
    names: { template: groupName, roleTemplate: roleGroupName, fold: 'case', longest: 256 },
  };
}

/** A connector to one directory server. It connects at the first request, and again after a connection was lost. */
export function ldapConnector(
  settings: LdapSettings,
  credentials: LdapCredentials,
  heard: (exchange: Exchange) => void = () => undefined,
): Connector {
  const session = openSession(settings, credentials, heard);
  const ldap: Ldap = { session, settings, learned: { permissive: null } };
  const lists = new Map<string, AsyncGenerator<Searched, void>>();
  return {
    keeps: { users: true, groups: true },
    probe: () => probe(ldap),
    resolve: (object) => resolve(ldap, object),
    observe: (of, remoteId) => observe(ldap, of, remoteId),
    observeMembers: (group) => observeMembers(ldap, group),
    list: (of, after) => listPage(ldap, lists, { of, after }),
    apply: (operation) =>
      apply({ ...ldap, session: withinTime(session, settings.timeoutSeconds * 1_000) }, operation),
    differences: (object, held) => differences(ldap, object, held),
    close: () => session.close(),
  };
}

/** Bound, and both bases are there. */
async function probe(ldap: Ldap): Promise<Probe> {
  const { settings } = ldap;
  for (const kind of ['user', 'group'] as const) {
    const found = await searchPlace(ldap, kind, present('objectClass'), 1);
    if (found.kind === 'failed') return found;
  }
  const { host } = new URL(settings.url);
  return { kind: 'ready', says: `${host}, users in ${settings.users.base}, groups in ${settings.groupBase}` };
}

async function observe(ldap: Ldap, of: Of, remoteId: string): Promise<Observation> {
  const entry = await findByKey(ldap, of, remoteId);
  if (isFailed(entry)) return entry;
  const object = entry === null ? null : heldEntry(of, entry, ldap.settings);
  return object === null ? { kind: 'absent' } : { kind: 'found', object };
}

/**
 * Pages of a listing belong to one connection (RFC 2696), so it is kept open under a name; one that was given up
 * or lost is begun anew.
 */
async function listPage(
  ldap: Ldap,
  lists: Map<string, AsyncGenerator<Searched, void>>,
  { of, after }: { readonly of: Of; readonly after: string | null },
): Promise<HeldPage> {
  const pages =
    after === null ? ldap.session.pages({ ...placeOf(of, ldap.settings), scope: 'sub' }) : lists.get(after);
  if (after !== null) lists.delete(after);
  if (pages === undefined)
    return { kind: 'failed', outcome: { kind: 'down', why: 'the listing was cut off' } };
  const turn = await pages.next();
  if (turn.done === true) return { kind: 'page', objects: [], next: null };
  const page = turn.value;
  if (page.kind === 'failed') return page;
  const next = randomUUID();
  lists.set(next, pages);
  const [oldest] = lists.keys();
  if (lists.size > OPEN_LISTS && oldest !== undefined) lists.delete(oldest);
  return {
    kind: 'page',
    objects: page.entries.flatMap((entry) => heldEntry(of, entry, ldap.settings) ?? []),
    next,
  };
}

async function apply(ldap: Ldap, operation: Operation): Promise<Outcome> {
  switch (operation.kind) {
    case 'create': {
      const { object } = operation;
      if (object.kind === 'group') return createGroup(ldap, object);
      const keeping = keepingOf(ldap);
      return keeping === null ? notToBeMade(object.userName) : createUser(keeping, object);
    }
    case 'update': {
      const { object, held } = operation;
      if (object.kind === 'group') return updateGroup(ldap, object, held);
      const keeping = keepingOf(ldap);
      return keeping === null ? NOT_OURS : updateUser(keeping, object, held);
    }
    case 'deactivate': {
      const keeping = keepingOf(ldap);
      return keeping === null ? NOT_OURS : deactivateUser(keeping, operation.remoteId);
    }
    case 'delete': {
      if (operation.of === 'group') return deleteGroup(ldap, operation.remoteId);
      const keeping = keepingOf(ldap);
      return keeping === null ? NOT_OURS : deleteUser(keeping, operation.remoteId);
    }
    case 'add-members':
      return addMembers(ldap, operation);
    case 'remove-members':
      return removeMembers(ldap, operation);
  }
}

function differences(ldap: Ldap, object: TargetObject, held: Held): string[] {
  if (object.kind === 'group') return groupDifferences(ldap, object, held);
  const keeping = keepingOf(ldap);
  return keeping === null ? [] : differencesOfUser(keeping, object, held);
}

/** Users that are only looked up are somebody else's: whatever they should be like, nothing is sent. */
const NOT_OURS: Outcome = { kind: 'noop' };

function notToBeMade(userName: string): Outcome {
  const why = `${userName} has no entry, and users of this target are only looked up`;
  return { kind: 'rejected', code: 422, why };
}

function keepingOf(ldap: Ldap): Keeping | null {
  const { users } = ldap.settings;
  return users.mode === 'manage' ? { ldap, users } : null;
}
