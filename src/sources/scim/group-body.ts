/**
 * Groups with their members as bodies of answers. Members are read in portions; what fits in one is answered
 * whole, what does not is streamed from one snapshot, so that a group of a million members takes no more memory
 * than one of ten thousand.
 */
import { once } from 'node:events';
import { PassThrough, type Readable } from 'node:stream';
import type { GroupN } from '../../core/ids.ts';
import type { JsonObject } from '../../core/scim/json.ts';
import { project, type Projection, wantsCore } from '../../core/scim/projection.ts';
import type { Connection, Tx } from '../../store/database.ts';
import type { ScimGroupRow } from '../../store/scim/group-rows.ts';
import {
  beforeAllMembers,
  listMembers,
  type MemberPlace,
  type MemberRow,
  MEMBERS_AT_ONCE,
} from '../../store/scim/member-rows.ts';
import type { Caller } from './call.ts';
import { groupResource, memberOfGroup } from './resource.ts';

/**
 * Whether an answer tells the members of a group. A list leaves out those of everyone signed in, who are all people
 * of the directory, unless it is asked for members by name; the group itself is always answered with them.
 */
export function tellsMembers(
  { kind }: ScimGroupRow,
  { mode }: Projection,
  answer: 'one group' | 'a list',
): boolean {
  return answer === 'one group' || kind !== 'everyone-signed-in' || mode === 'only';
}

/** Groups as resources, members included where the projection wants them; null when there are too many members to hold. */
export async function wholeGroups(
  connection: Connection,
  caller: Caller,
  {
    rows,
    projection,
    answer,
  }: {
    readonly rows: readonly ScimGroupRow[];
    readonly projection: Projection;
    readonly answer: 'one group' | 'a list';
  },
): Promise<readonly JsonObject[] | null> {
  if (!wantsCore(projection, caller.registry.group, 'members') || rows.length === 0) {
    return rows.map((row) => groupWith(caller, row, [], projection));
  }
  const groups = rows.filter((row) => tellsMembers(row, projection, answer)).map(({ n }) => n);
  const members = await listMembers(connection, caller.view, { groups, after: beforeAllMembers });
  if (members.length === MEMBERS_AT_ONCE) return null;
  const byGroup = new Map<GroupN, MemberRow[]>(groups.map((n) => [n, []]));
  for (const member of members) byGroup.get(member.group_n)?.push(member);
  return rows.map((row) => groupWith(caller, row, byGroup.get(row.n) ?? [], projection));
}

function groupWith(
  caller: Caller,
  row: ScimGroupRow,
  members: readonly MemberRow[],
  projection: Projection,
): JsonObject {
  const type = caller.registry.group;
  const { baseUrl } = caller.view;
  const listed = members.flatMap((member) => memberOfGroup(baseUrl, member) ?? []);
  const resource = groupResource(type, baseUrl, row);
  return project(type, listed.length === 0 ? resource : { ...resource, members: listed }, projection);
}

/** What a stream writes: the text before the groups, the groups, the text after them. */
export interface GroupsToStream {
  readonly before: string;
  readonly rows: readonly ScimGroupRow[];
  readonly after: string;
  readonly projection: Projection;
  readonly answer: 'one group' | 'a list';
}

/** A reader that takes nothing for so long is cut off: what it reads holds a connection. */
const STALL_MS = 30_000;

/**
 * Starts `task` in one read-only snapshot and gives what it writes as a stream; the snapshot ends with it. A reader
 * that goes away, or takes nothing for half a minute, ends it too.
 */
export function streamFrom(
  snapshot: (read: (tx: Tx) => Promise<void>) => Promise<void>,
  task: (tx: Tx, write: (text: string) => Promise<void>) => Promise<void>,
): Readable {
  const stream = new PassThrough();
  const write = async (text: string): Promise<void> => {
    if (stream.destroyed) throw new Error('The reader of a stream is gone.');
    if (!stream.write(text)) await roomIn(stream);
  };
  snapshot((tx) => task(tx, write)).then(
    () => stream.end(),
    (error: unknown) => stream.destroy(error instanceof Error ? error : new Error('A stream broke off.')),
  );
  return stream;
}

/** Waits until a stream takes more. Fails when it is closed instead, which it is after STALL_MS. */
async function roomIn(stream: PassThrough): Promise<void> {
  const settled = new AbortController();
  const { signal } = settled;
  const stall = setTimeout(() => stream.destroy(), STALL_MS);
  try {
    await Promise.race([once(stream, 'drain', { signal }), once(stream, 'close', { signal })]);
  } finally {
    clearTimeout(stall);
    settled.abort();
  }
  if (stream.destroyed) throw new Error('The reader of a stream is gone.');
}

/** Writes groups with all their members, comma between the groups. */
export async function writeGroups(
  connection: Connection,
  caller: Caller,
  { before, rows, after, projection, answer }: GroupsToStream,
  write: (text: string) => Promise<void>,
): Promise<void> {
  await write(before);
  for (const [at, row] of rows.entries()) {
    await write(at === 0 ? '' : ',');
    if (tellsMembers(row, projection, answer)) {
      await writeGroup(connection, caller, { row, projection }, write);
    } else await write(JSON.stringify(groupWith(caller, row, [], projection)));
  }
  await write(after);
}

async function writeGroup(
  connection: Connection,
  caller: Caller,
  { row, projection }: { readonly row: ScimGroupRow; readonly projection: Projection },
  write: (text: string) => Promise<void>,
): Promise<void> {
  const head = JSON.stringify(groupWith(caller, row, [], projection));
  let opened = false;
  for await (const members of portions(connection, caller, row.n)) {
    const listed = groupWith(caller, row, members, projection).members;
    const text = listed === undefined ? '' : JSON.stringify(listed).slice(1, -1);
    if (text === '') continue;
    await write(opened ? `,${text}` : `${head.slice(0, -1)},"members":[${text}`);
    opened = true;
  }
  await write(opened ? ']}' : head);
}

async function* portions(
  connection: Connection,
  caller: Caller,
  group: GroupN,
): AsyncGenerator<readonly MemberRow[]> {
  let after: MemberPlace = beforeAllMembers;
  for (;;) {
    const members = await listMembers(connection, caller.view, { groups: [group], after });
    if (members.length > 0) yield members;
    const last = members.at(-1);
    if (last === undefined || members.length < MEMBERS_AT_ONCE) return;
    after = { group: last.group_n, member: last.member_n };
  }
}
