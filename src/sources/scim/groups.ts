/** Groups over SCIM (RFC 7644 §3). Members are never read when the answer leaves them out. */
import type { Readable } from 'node:stream';
import { type GroupId, parseGroupId, type UserId } from '../../core/ids.ts';
import { Refusal } from '../../core/refusal.ts';
import type { Filter } from '../../core/scim/filter.ts';
import type { JsonObject } from '../../core/scim/json.ts';
import { applyMutations } from '../../core/scim/patch-apply.ts';
import { normalisePatch, operationsAsJson } from '../../core/scim/patch-normalise.ts';
import { resolveOperation } from '../../core/scim/patch-resolve.ts';
import { keepImmutable, readResource } from '../../core/scim/resource-read.ts';
import { type Projection, wantsCore } from '../../core/scim/projection.ts';
import { changeGroup, createGroup, deleteGroup, newGroupState } from '../../directory/groups.ts';
import type { MembersStep } from '../../directory/memberships.ts';
import type { Work } from '../../directory/work.ts';
import type { Connection } from '../../store/database.ts';
import { findScimGroup, type ScimGroupRow } from '../../store/scim/group-rows.ts';
import { listScimGroups } from '../../store/scim/list.ts';
import { listInNamespace, listFittingMembers } from '../../store/scim/member-attribute.ts';
import { type Answer, type Call, emptyAnswer, readerOf } from './call.ts';
import { documentOfGroup, stateOfGroup } from './group-state.ts';
import { type GroupsToStream, streamFrom, wholeGroups, writeGroups } from './group-body.ts';
import { listHead } from './list-answer.ts';
import { readListRequest, readProjectionOf } from './list-query.ts';
import { isOfMembers, membersIn, membersStep, memberStep, type WantedStep } from './members.ts';
import { isKnownTo, readPrecondition, requireReadable } from './precondition.ts';
import { entityTag } from './resource.ts';
import { writeFor } from './writing.ts';

/** RFC 7644 §3.4.1. Never 304 with members that follow from facts, whose changes do not move the version. */
export async function readGroup(call: Call): Promise<Answer> {
  const type = call.caller.registry.group;
  const projection = readProjectionOf(call.query, type);
  const row = await requireGroup(call, call.parts.directory.database, idOf(call));
  requireReadable(call, row.version);
  const isVersioned = row.kind === 'regular' || !wantsCore(projection, type, 'members');
  if (isVersioned && isKnownTo(call, row.version)) {
    return { status: 304, headers: { ETag: entityTag(row.version) }, body: null };
  }
  return shown(call, row, projection, 200);
}

/** RFC 7644 §3.4.2. */
export async function listGroups(call: Call): Promise<Answer> {
  const request = readListRequest(call, call.caller.registry.group);
  const page = await listScimGroups(call.parts.directory.database, call.caller.view, request.query);
  const head = listHead(call.parts, request, { ...page, shown: page.rows.length });
  return {
    status: 200,
    headers: {},
    body: await listBody(call, { head, first: [], rows: page.rows, projection: request.projection }),
  };
}

/** A list that ends in groups: whole where their members can be held, else streamed. */
export async function listBody(
  call: Call,
  list: {
    readonly head: JsonObject;
    /** Resources that go before the groups. */
    readonly first: readonly JsonObject[];
    readonly rows: readonly ScimGroupRow[];
    readonly projection: Projection;
  },
): Promise<JsonObject | Readable> {
  const { head, first, rows, projection } = list;
  const groups = await wholeGroups(call.parts.directory.database, call.caller, {
    ...{ rows, projection },
    answer: 'a list',
  });
  if (groups !== null) return { ...head, Resources: [...first, ...groups] };
  const before = `${JSON.stringify(head).slice(0, -1)},"Resources":[`;
  const others = first.map((resource) => `${JSON.stringify(resource)},`).join('');
  return streamed(call, { before: before + others, rows, after: ']}', projection, answer: 'a list' });
}

/** RFC 7644 §3.3. */
export async function postGroup(call: Call): Promise<Answer> {
  const type = call.caller.registry.group;
  const projection = readProjectionOf(call.query, type);
  const document = readResource(type, call.body, readerOf(call));
  call.trace.normalised.push(() => document);
  const { profile } = call.caller;
  const dangling = profile.danglingMembers;
  const wanted = membersStep('add', membersIn(document), profile);
  const result = await writeFor(call, async (work) => {
    const steps = await visibleSteps(call, work, [wanted]);
    const { id } = await createGroup(
      work,
      stateOfGroup(document, { registry: call.caller.registry, rest: newGroupState }),
      { steps, dangling },
    );
    return requireGroup(call, work.tx, id);
  });
  const answer = await shown(call, result, projection, 201);
  const location = `${call.caller.view.baseUrl}/Groups/${result.id}`;
  return { ...answer, headers: { ...answer.headers, Location: location } };
}

/** RFC 7644 §3.5.1. The members are compared, not rewritten: who stays is not touched. */
export async function putGroup(call: Call): Promise<Answer> {
  const type = call.caller.registry.group;
  const projection = readProjectionOf(call.query, type);
  const document = readResource(type, call.body, readerOf(call));
  call.trace.normalised.push(() => document);
  const { profile } = call.caller;
  const dangling = profile.danglingMembers;
  const wanted = membersStep('replace', membersIn(document), profile);
  const result = await writeFor(call, async (work) => {
    const group = await visibleGroup(call, work);
    const steps = await visibleSteps(call, work, [wanted]);
    await changeGroup(work, {
      group,
      ifMatch: readPrecondition(call),
      edit: (current) => {
        keepImmutable(type, documentOfGroup(current), document);
        return stateOfGroup(document, { registry: call.caller.registry, rest: current });
      },
      // Members that follow from facts are readOnly, which a PUT ignores (RFC 7644 §3.5.1).
      members: { steps, dangling, automatic: 'leave' },
    });
    return requireGroup(call, work.tx, group);
  });
  return shown(call, result, projection, 200);
}

/** RFC 7644 §3.5.2. Cost follows the number of operations, never the size of the group. */
export async function patchGroup(call: Call): Promise<Answer> {
  const type = call.caller.registry.group;
  const projection = readProjectionOf(call.query, type);
  const reader = readerOf(call);
  const { profile } = call.caller;
  const dangling = profile.danglingMembers;
  const patched = { type, id: idOf(call) };
  const operations = normalisePatch(type, call.body, reader);
  call.trace.normalised.push(() => operationsAsJson(operations));
  const mutations = operations.flatMap((operation) => resolveOperation(patched, operation, reader));
  const wanted = mutations.filter(isOfMembers).map((mutation) => memberStep(mutation, profile));
  const attributes = mutations.filter((mutation) => !isOfMembers(mutation));
  const isAnswered = projection.mode !== 'default' || profile.patchedGroup === 200;
  const result = await writeFor(call, async (work) => {
    const group = await visibleGroup(call, work);
    const changed = await changeGroup(work, {
      group,
      ifMatch: readPrecondition(call),
      ...(attributes.length === 0
        ? {}
        : {
            edit: (current) =>
              stateOfGroup(applyMutations(documentOfGroup(current), attributes), {
                registry: call.caller.registry,
                rest: current,
              }),
          }),
      ...(wanted.length === 0
        ? {}
        : { members: { steps: await visibleSteps(call, work, wanted), dangling } }),
    });
    const moved = (changed.added.length > 0 ? 1 : 0) + (changed.removed.length > 0 ? 1 : 0);
    return isAnswered ? await requireGroup(call, work.tx, group) : changed.group.version + moved;
  });
  return typeof result === 'number'
    ? emptyAnswer({ ETag: entityTag(result) })
    : shown(call, result, projection, 200);
}

/** RFC 7644 §3.6: gone at once, and the name free (D-06). */
export async function removeGroup(call: Call): Promise<Answer> {
  await writeFor(call, async (work) => {
    const group = await visibleGroup(call, work);
    await deleteGroup(work, { group, ifMatch: readPrecondition(call) });
  });
  return emptyAnswer();
}

async function shown(
  call: Call,
  row: ScimGroupRow,
  projection: Projection,
  status: 200 | 201,
): Promise<Answer> {
  const groups = await wholeGroups(call.parts.directory.database, call.caller, {
    ...{ rows: [row], projection },
    answer: 'one group',
  });
  const body =
    groups?.[0] ?? streamed(call, { before: '', rows: [row], after: '', projection, answer: 'one group' });
  return { status, headers: { ETag: entityTag(row.version) }, body };
}

function streamed(call: Call, groups: GroupsToStream): Readable {
  return streamFrom(
    (read) =>
      call.parts.directory.database.transaction(read, { isolation: 'repeatable read', readOnly: true }),
    (tx, write) => writeGroups(tx, call.caller, groups, write),
  );
}

/** The id in the path, of a group that the caller can see; the directory itself knows no namespaces. */
async function visibleGroup(call: Call, work: Work): Promise<GroupId> {
  const group = idOf(call);
  if (call.caller.view.namespace === 'own') await requireGroup(call, work.tx, group);
  return group;
}

/** Steps whose filters are answered. For a client of its own namespace foreign members are not there: not to be added, not to be removed. */
async function visibleSteps(
  call: Call,
  work: Work,
  wanted: readonly WantedStep[],
): Promise<readonly MembersStep[]> {
  const steps: MembersStep[] = [];
  for (const step of wanted) steps.push(...(await visibleStep(call, work, step)));
  return steps;
}

async function visibleStep(call: Call, work: Work, step: WantedStep): Promise<readonly MembersStep[]> {
  const { view } = call.caller;
  const fitting = (test: Filter | null): Promise<readonly (UserId | GroupId)[]> =>
    listFittingMembers(work.tx, view, { group: idOf(call), test });
  if (step.do === 'removeFitting') return [{ do: 'remove', members: await fitting(step.test) }];
  if (step.do === 'requireFitting') {
    if ((await fitting(step.test)).length > 0) return [];
    throw new Refusal('patch.no_target', { path: 'members', why: 'no member fits the filter.' });
  }
  if (view.namespace === 'all') return [step];
  const wipe = async (): Promise<MembersStep> => ({ do: 'wipe', members: await fitting(null) });
  if (step.do === 'clear') return [await wipe()];
  const visible = new Set(await listInNamespace(work.tx, view, step.members));
  const foreign = step.members.filter((id) => !visible.has(id));
  if (foreign.length > 0 && step.do !== 'remove' && call.caller.profile.danglingMembers === 'refuse') {
    throw new Refusal('member.not_found', { members: foreign });
  }
  const members = step.members.filter((id) => visible.has(id));
  return step.do === 'replace' ? [await wipe(), { ...step, do: 'add', members }] : [{ ...step, members }];
}

async function requireGroup(call: Call, connection: Connection, id: GroupId): Promise<ScimGroupRow> {
  const row = await findScimGroup(connection, call.caller.view, id);
  if (row === null) throw new Refusal('group.not_found', { group: call.id === '' ? id : call.id });
  return row;
}

function idOf({ id }: Call): GroupId {
  const group = parseGroupId(id);
  if (group === null) throw new Refusal('group.not_found', { group: id });
  return group;
}
