/** The SCIM 2.0 connector (RFC 7643, 7644): what the engine wants, as requests. */
import { isRemoteId } from '../../../core/targets/foreign-text.ts';
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
import { type HttpClient } from '../../outgoing/http-client.ts';
import { readResource, scimClient, type ScimClient } from './client.ts';
import { extensionJudge } from './extensions.ts';
import { addMembers, groupPath, observeMembers, removeMembers } from './members.ts';
import { PROFILES } from './profiles.ts';
import { heldResource, resolve } from './resolve.ts';
import type { ScimCredentials, ScimSettings } from './settings.ts';
import {
  faultOfUser,
  groupBody,
  groupDifferences,
  PATCH_SCHEMA,
  type PatchOperation,
  userBody,
  userDifferences,
} from './user-resource.ts';

const PAGE = 100;

export interface ScimTarget {
  readonly settings: ScimSettings;
  readonly credentials: ScimCredentials;
  readonly http: HttpClient;
  /** Epoch ms. */
  readonly now: () => number;
}

/** What is known of a SCIM target before the first request. */
export function scimTraits({ profile, groupName, roleGroupName }: ScimSettings): Traits {
  const { chunk, chunkBytes, removal, membersReadable, names } = PROFILES[profile];
  return {
    chunk,
    chunkBytes,
    removal,
    membersReadable,
    names: { ...names, template: groupName, roleTemplate: roleGroupName },
  };
}

export function scimConnector({ http, ...target }: ScimTarget): Connector {
  const client = scimClient(http, target);
  // What the target turned out not to know is neither sent to it nor compared.
  const known = ({ refusedAttributes = [] }: Traits): ScimSettings => ({
    ...target.settings,
    attributes: target.settings.attributes.filter((name) => !refusedAttributes.includes(name)),
  });
  const judge = extensionJudge(client);
  return {
    keeps: { users: true, groups: true },
    mayBeAnsweredFor: true,
    probe: () => probe(client),
    resolve: (object) => resolve(client, object),
    observe: (of, remoteId) => observe(client, pathOf(of, remoteId)),
    observeMembers: (group, among, traits) => observeMembers(client, { group, members: among }, traits),
    list: (of, after) => listPage(client, of, after),
    apply: (operation, traits) => apply(client, { operation, traits, settings: known(traits) }),
    differences: (object, held, traits) => operationsFor(object, held, known(traits)).map(({ path }) => path),
    unknownAttributes: (refused, why, traits) => judge(refused, { why, settings: known(traits) }),
    close: () => client.close(),
  };
}

/** A list of one user needs the same permission as everything else, and every server has it. */
async function probe(client: ScimClient): Promise<Probe> {
  const users = await client.list('/Users', { startIndex: '1', count: '1' });
  if (users.kind === 'failed') {
    const { outcome } = users;
    if (outcome.kind !== 'missing') return users;
    return { kind: 'failed', outcome: { kind: 'rejected', code: 404, why: 'no SCIM service at this URL' } };
  }
  const total = users.kind === 'body' ? users.body.totalResults : 0;
  return { kind: 'ready', says: `SCIM 2.0 service with ${total} users` };
}

async function observe(client: ScimClient, path: string): Promise<Observation> {
  const reply = await client.resource('GET', path);
  if (reply.kind === 'failed') return reply.outcome.kind === 'missing' ? { kind: 'absent' } : reply;
  const object = reply.kind === 'body' ? heldResource(reply.body) : null;
  if (object !== null) return { kind: 'found', object };
  return { kind: 'failed', outcome: { kind: 'down', why: 'the answer has no id that could be used' } };
}

async function listPage(client: ScimClient, of: 'user' | 'group', after: string | null): Promise<HeldPage> {
  const startIndex = after ?? '1';
  const reply = await client.list(of === 'user' ? '/Users' : '/Groups', {
    startIndex,
    count: String(PAGE),
    ...(of === 'group' ? { excludedAttributes: 'members' } : {}),
  });
  if (reply.kind === 'failed') return reply;
  const resources = reply.kind === 'body' ? (reply.body.Resources ?? []) : [];
  const total = reply.kind === 'body' ? reply.body.totalResults : 0;
  const reached = Number(startIndex) + resources.length;
  return {
    kind: 'page',
    objects: resources.flatMap((found) => heldResource(found) ?? []),
    next: resources.length > 0 && reached <= total ? String(reached) : null,
  };
}

interface Applying {
  readonly operation: Operation;
  readonly traits: Traits;
  readonly settings: ScimSettings;
}

async function apply(client: ScimClient, { operation, traits, settings }: Applying): Promise<Outcome> {
  switch (operation.kind) {
    case 'create':
      return create(client, operation.object, settings);
    case 'update': {
      const { object, held } = operation;
      const operations = operationsFor(object, held, settings);
      if (operations.length === 0) return { kind: 'noop' };
      const fault = faultOfRename(object, held, operations, settings);
      if (fault !== null) return { kind: 'rejected', code: 422, why: fault };
      return client.change('PATCH', pathOf(object.kind, held.remoteId), {
        schemas: [PATCH_SCHEMA],
        Operations: operations,
      });
    }
    case 'deactivate':
      return client.change('PATCH', pathOf('user', operation.remoteId), {
        schemas: [PATCH_SCHEMA],
        Operations: [{ op: 'replace', path: 'active', value: false }],
      });
    case 'delete':
      return client.change('DELETE', pathOf(operation.of, operation.remoteId));
    case 'add-members':
      return addMembers(client, operation);
    case 'remove-members':
      return removeMembers(client, operation, traits);
  }
}

function operationsFor(object: TargetObject, held: Held, settings: ScimSettings): PatchOperation[] {
  const resource = readResource(held.held);
  if (object.kind === 'user') return userDifferences(object, resource, settings);
  const operations = groupDifferences(object, resource);
  // Where nothing is renamed, PATCH of a group knows members alone, so our id cannot be written to an adopted one.
  return PROFILES[settings.profile].renames
    ? operations
    : operations.filter(({ path }) => path === NAME.group);
}

const NAME = { user: 'userName', group: 'displayName' } as const;

/** Why this update cannot be made where names are for ever; null where it can. */
function faultOfRename(
  object: TargetObject,
  held: Held,
  operations: readonly PatchOperation[],
  { profile }: ScimSettings,
): string | null {
  if (PROFILES[profile].renames || !operations.some(({ path }) => path === NAME[object.kind])) return null;
  const name = object.kind === 'user' ? object.userName : object.name;
  return `${held.name} cannot become ${name}, for ${profile} renames nothing`;
}

/** A create whose answer tells no id is looked up before anything else happens to the object. */
async function create(client: ScimClient, object: TargetObject, settings: ScimSettings): Promise<Outcome> {
  const fault = object.kind === 'user' ? faultOfUser(object, settings) : null;
  if (fault !== null) return { kind: 'rejected', code: 422, why: fault };
  const [path, body] =
    object.kind === 'user' ? ['/Users', userBody(object, settings)] : ['/Groups', groupBody(object)];
  const reply = await client.resource('POST', path, body);
  if (reply.kind === 'failed') {
    const { outcome } = reply;
    // Nothing can be missing before it is made: the URL is no SCIM service's.
    return outcome.kind === 'missing' ? { kind: 'rejected', code: 404, why: outcome.why } : outcome;
  }
  const remoteId = reply.kind === 'body' ? reply.body.id : undefined;
  return isRemoteId(remoteId)
    ? { kind: 'applied', remoteId }
    : { kind: 'ambiguous', why: `${reply.status} without an id that could be used` };
}

function pathOf(of: 'user' | 'group', id: string): string {
  return of === 'group' ? groupPath(id) : `/Users/${encodeURIComponent(id)}`;
}
