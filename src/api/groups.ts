/** Groups with their flags and roles. */
import { z } from 'zod';
import { type GroupId, parseGroupId, parseUserId } from '../core/ids.ts';
import { foldName } from '../core/names.ts';
import { permissions } from '../core/permissions.ts';
import { Refusal } from '../core/refusal.ts';
import type { Expectation } from '../core/version.ts';
import { readRule } from '../core/rules.ts';
import {
  changeGroup,
  createGroup,
  deleteGroup,
  type GroupState,
  newGroupState,
} from '../directory/groups.ts';
import { type Governance, governGroup } from '../directory/governance.ts';
import { setGroupRoles } from '../directory/roles.ts';
import { perform, type Performed, type Work } from '../directory/work.ts';
import { findListedGroup, listGroupPage, type ListedGroupRow } from '../store/effective/listing.ts';
import { answers, answersNothing, takes } from '../http/operation.ts';
import { isKnown, readIfMatch, versionTag } from './entity-tag.ts';
import { groupIdIn, readBody, readPaging } from './input.ts';
import { type ApiParts, writtenAt } from './parts.ts';
import { requireSight } from './people.ts';
import { answerHeld, heldAnswer } from './plan-shapes.ts';
import { plannedWrite } from './planned-write.ts';
import type { Answer, Call, Route } from './route.ts';
import { id as idShape, kindOfMember, MERGE_PATCH, pageOf, paging, time } from './shapes.ts';

const flags = {
  description: z.string().max(4_000).nullable(),
  internal: z.boolean(),
  hidden: z.boolean(),
  open: z.boolean(),
  public: z.boolean(),
  restricted: z.boolean(),
  autoLeave: z.enum(['inherit', 'on', 'off']),
  rule: z.string().nullable(),
  reservedTo: z.string().nullable(),
};
const roles = z.array(z.string()).max(1_000);
const governance = {
  permissions: z.array(z.enum(permissions)).max(100),
  leaders: z.array(z.strictObject({ type: kindOfMember, id: idShape })).max(1_000),
  trustedSources: z
    .array(z.string())
    .max(100)
    .describe('Sources that may change it although it is protected.'),
};

const creation = z
  .strictObject({ name: z.string(), ...flags, roles, ...governance })
  .partial()
  .required({ name: true });
/** The body of a PATCH. */
export const groupPatch = z.strictObject({ name: z.string(), ...flags, roles, ...governance }).partial();

export type GroupPatch = Partial<z.output<typeof groupPatch>>;

const groupShape = z
  .object({
    id: idShape,
    name: z.string(),
    kind: z.string(),
    ...flags,
    roles,
    permissions: z.array(z.string()),
    leaders: z.array(z.object({ type: kindOfMember, id: idShape })),
    trustedSources: z.array(z.string()),
    rule: z.string().nullable(),
    version: z.int(),
    created: time,
    lastModified: time,
  })
  .meta({ id: 'Group' });

export function groupRoutes(parts: ApiParts): readonly Route[] {
  const [reading, writing] = [{ scope: 'directory.read' }, { scope: 'directory.write' }] as const;
  return [
    {
      method: 'GET',
      path: '/groups',
      ...reading,
      summary: 'Groups, in the order in which they came to be',
      query: { ...paging, name: z.string().describe('Only the group of this name.') },
      answers: { 200: answers(pageOf(groupShape)) },
      handle: (call) => listGroups(parts, call),
    },
    {
      method: 'POST',
      path: '/groups',
      ...writing,
      summary: 'Creates a group',
      body: takes(creation),
      answers: { 201: answers(groupShape, 'Location', 'ETag', 'Muster-Cursor') },
      handle: (call) => postGroup(parts, call),
    },
    {
      method: 'GET',
      path: '/groups/:id',
      ...reading,
      people: 'decided-by-policies',
      summary: 'One group',
      answers: { 200: answers(groupShape, 'ETag'), 304: answersNothing('ETag') },
      handle: (call) => getGroup(parts, call),
    },
    {
      method: 'PATCH',
      path: '/groups/:id',
      ...writing,
      summary: 'Changes a group (RFC 7396)',
      body: takes(groupPatch, MERGE_PATCH),
      answers: { 200: answers(groupShape, 'ETag', 'Muster-Cursor'), 202: heldAnswer },
      handle: (call) => patchGroup(parts, call),
    },
    {
      method: 'DELETE',
      path: '/groups/:id',
      ...writing,
      summary: 'Deletes a group',
      answers: { 204: answersNothing('Muster-Cursor'), 202: heldAnswer },
      handle: (call) => removeGroup(parts, call),
    },
  ];
}

async function listGroups({ directory, listKey }: ApiParts, { query }: Call): Promise<Answer> {
  const paging = readPaging(listKey, query, 'groups');
  const name = query.get('name');
  const rows = await listGroupPage(directory.database, paging.page, name === null ? null : foldName(name));
  return {
    status: 200,
    body: { items: rows.map(groupBody), next: paging.next(rows.length, rows.at(-1)?.n) },
  };
}

async function getGroup(parts: ApiParts, call: Call): Promise<Answer> {
  const id = groupIdIn(call.params);
  await requireSight(parts, call, { group: id, act: 'show' });
  const row = await requireGroup(parts, id);
  const tag = versionTag(row.version);
  if (isKnown(call.header('If-None-Match'), tag)) return { status: 304, headers: { ETag: tag }, body: null };
  return { status: 200, headers: { ETag: tag }, body: groupBody(row) };
}

async function postGroup(parts: ApiParts, call: Call): Promise<Answer> {
  const { roles: wanted, name, ...rest } = readBody(creation, await call.json());
  const governing = governanceIn(rest);
  const performed = await perform(parts.directory, call.by, async (work) => {
    const { id } = await createGroup(work, edited(parts, { ...newGroupState, name }, rest));
    if (wanted !== undefined) await setGroupRoles(work, { group: id, roles: wanted, at: 'creation' });
    await governGroup(work, { group: id, ...governing, at: 'creation' });
    return id;
  });
  const answer = await answerWritten(parts, 201, performed);
  const location = `${parts.baseUrl}/api/v1/groups/${performed.result}`;
  return { ...answer, headers: { ...answer.headers, Location: location } };
}

async function patchGroup(parts: ApiParts, call: Call): Promise<Answer> {
  const group = groupIdIn(call.params);
  const body = readBody(groupPatch, await call.json(MERGE_PATCH));
  const ifMatch = readIfMatch(call.header('If-Match'));
  const patching = { group, ifMatch, body };
  const kind = plannedKind(body);
  if (kind === null) {
    const performed = await perform(parts.directory, call.by, (work) => writePatch(parts, work, patching));
    return answerWritten(parts, 200, performed);
  }
  const { name } = await requireGroup(parts, group);
  const planned = await plannedWrite(parts, {
    kind,
    title: `Change of the group ${name}`,
    edit: { do: 'edit-group', group, patch: body },
    by: call.by,
    write: (work) => writePatch(parts, work, patching),
  });
  return (await answerHeld(parts, planned)) ?? answerWritten(parts, 200, { ...planned, result: group });
}

/** What kind of plan a change of a group is: those that can take many people out of it. Null for any other. */
function plannedKind(body: z.output<typeof groupPatch>): 'rule' | 'permission' | 'group-edit' | null {
  if (body.rule !== undefined) return 'rule';
  if (body.permissions !== undefined) return 'permission';
  return body.reservedTo === undefined ? null : 'group-edit';
}

export type GroupPatching = Pick<ApiParts, 'registry'>;

/** Changes a group as a PATCH says. Refuses as changeGroup and setGroupRoles. */
export async function writePatch(
  parts: GroupPatching,
  work: Work,
  {
    group,
    ifMatch,
    body: { roles: wanted, ...rest },
  }: {
    readonly group: GroupId;
    readonly ifMatch: Expectation | null;
    readonly body: z.output<typeof groupPatch>;
  },
): Promise<GroupId> {
  await changeGroup(work, { group, ifMatch, edit: (current) => edited(parts, current, rest) });
  if (wanted !== undefined) await setGroupRoles(work, { group, roles: wanted, at: 'change' });
  await governGroup(work, { group, ...governanceIn(rest), at: 'change' });
  return group;
}

async function removeGroup(parts: ApiParts, call: Call): Promise<Answer> {
  const group = groupIdIn(call.params);
  const ifMatch = readIfMatch(call.header('If-Match'));
  const { name } = await requireGroup(parts, group);
  const planned = await plannedWrite(parts, {
    kind: 'group-deletion',
    title: `Deletion of the group ${name}`,
    edit: { do: 'delete-group', group },
    by: call.by,
    write: (work) => deleteGroup(work, { group, ifMatch }),
  });
  const held = await answerHeld(parts, planned);
  return held ?? { status: 204, headers: await writtenAt(parts, planned), body: null };
}

function governanceIn(body: Partial<z.output<typeof groupPatch>>): Governance {
  return {
    permissions: body.permissions,
    trustedSources: body.trustedSources,
    leaders: body.leaders?.map(({ type, id }) => {
      const leader = type === 'user' ? parseUserId(id) : parseGroupId(id);
      if (leader === null) throw new Refusal('member.not_found', { members: [id] });
      return { type, id: leader };
    }),
  };
}

/** The state with what the body says of it; what it does not mention stays. */
export function edited({ registry }: GroupPatching, current: GroupState, body: GroupPatch): GroupState {
  const { name, description, internal, hidden, open, restricted, autoLeave, reservedTo } = {
    ...current,
    ...defined(body),
  };
  const isPublic = body.public ?? current.public;
  return {
    ...current,
    name,
    description,
    internal,
    hidden,
    open,
    public: isPublic,
    restricted,
    autoLeave,
    reservedTo,
    rule: body.rule === undefined ? current.rule : body.rule === null ? null : readRule(registry, body.rule),
  };
}

function defined(body: Partial<z.output<typeof groupPatch>>): Partial<GroupState> {
  return Object.fromEntries(Object.entries(body).filter(([, value]) => value !== undefined));
}

async function answerWritten(
  parts: ApiParts,
  status: 200 | 201,
  performed: Performed<GroupId>,
): Promise<Answer> {
  const row = await requireGroup(parts, performed.result);
  const headers = { ...(await writtenAt(parts, performed)), ETag: versionTag(row.version) };
  return { status, headers, body: groupBody(row) };
}

async function requireGroup({ directory }: ApiParts, id: GroupId): Promise<ListedGroupRow> {
  const row = await findListedGroup(directory.database, id);
  if (row === null) throw new Refusal('group.not_found', { group: id });
  return row;
}

/** A group as this door and the command line tell it. */
export function groupBody(row: ListedGroupRow): object {
  return {
    id: row.id,
    name: row.name,
    kind: row.kind,
    description: row.description,
    internal: row.internal,
    hidden: row.hidden,
    open: row.open,
    public: row.public,
    restricted: row.restricted,
    autoLeave: row.auto_leave,
    roles: row.roles,
    permissions: row.permissions,
    leaders: row.leaders,
    trustedSources: row.trusted_sources,
    rule: row.rule,
    reservedTo: row.reserved_to,
    version: row.version,
    created: row.created_at.toISOString(),
    lastModified: row.modified_at.toISOString(),
  };
}
