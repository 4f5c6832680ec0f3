/**
 * Members of a SCIM group: deltas, never "replace all" first (O-04). Adding a present member and removing an
 * absent one succeed at a correct server (RFC 7644 §3.5.2), so a delta may be repeated.
 */
import type { Outcome } from '../../../core/targets/outcome.ts';
import type { MemberObservation, Traits } from '../../connector.ts';
import { quoted, type ScimClient, type ScimResource } from './client.ts';
import { PATCH_SCHEMA, type PatchOperation } from './user-resource.ts';

/** Most members asked for one by one where the target lists none. */
const LARGEST_SAMPLE = 100;

export interface MemberChange {
  readonly group: string;
  readonly members: readonly string[];
}

export function addMembers(client: ScimClient, { group, members }: MemberChange): Promise<Outcome> {
  return patchGroup(client, group, [
    { op: 'add', path: 'members', value: members.map((value) => ({ value })) },
  ]);
}

/** Takes members out in the style that this target understands. */
export async function removeMembers(
  client: ScimClient,
  change: MemberChange,
  traits: Traits,
): Promise<Outcome> {
  const { group, members } = change;
  switch (traits.removal) {
    case 'filter':
      return patchGroup(
        client,
        group,
        members.map((id) => ({ op: 'remove', path: `members[value eq ${quoted(id)}]` })),
      );
    case 'value':
      return patchGroup(client, group, [
        { op: 'remove', path: 'members', value: members.map((value) => ({ value })) },
      ]);
    case 'put':
      return putWithout(client, change);
  }
}

/** The last resort: the group as it is, without these members. Only where its members can be read. */
async function putWithout(client: ScimClient, { group, members }: MemberChange): Promise<Outcome> {
  const path = groupPath(group);
  const reply = await client.resource('GET', path);
  if (reply.kind === 'failed') return reply.outcome;
  if (reply.kind === 'empty' || !Array.isArray(reply.body.members)) {
    return { kind: 'rejected', code: 0, why: 'its members cannot be read, so none can be taken out by PUT' };
  }
  const gone = new Set(members);
  const left = reply.body.members.filter(({ value }) => !gone.has(value ?? ''));
  if (left.length === reply.body.members.length) return { kind: 'noop' };
  return client.change('PUT', path, { ...reply.body, members: left });
}

function patchGroup(
  client: ScimClient,
  group: string,
  operations: readonly PatchOperation[],
): Promise<Outcome> {
  return client.change('PATCH', groupPath(group), { schemas: [PATCH_SCHEMA], Operations: operations });
}

/** Members of a group, or which of `among` are, where the target lists none. */
export async function observeMembers(
  client: ScimClient,
  { group, members: among }: MemberChange,
  traits: Traits,
): Promise<MemberObservation> {
  const reply = await client.resource('GET', groupPath(group));
  if (reply.kind === 'failed') return reply.outcome.kind === 'missing' ? { kind: 'absent' } : reply;
  if (reply.kind === 'empty') return { kind: 'unreadable' };
  const listed = memberIds(reply.body);
  // An empty list may mean that there are none, or that this target never lists any.
  if (listed.size > 0 || (traits.membersReadable && among.length === 0))
    return { kind: 'all', members: listed };
  const sample = await sampleMembers(client, group, among.slice(0, LARGEST_SAMPLE));
  if (sample.kind === 'sample' && sample.members.size === 0 && traits.membersReadable) {
    return { kind: 'all', members: listed };
  }
  return sample.kind === 'unreadable' && traits.membersReadable ? { kind: 'all', members: listed } : sample;
}

/** Asks for members one by one: `id eq … and members eq …` works where members are never listed (O-08). */
async function sampleMembers(
  client: ScimClient,
  group: string,
  among: readonly string[],
): Promise<MemberObservation> {
  const members = new Set<string>();
  for (const id of among) {
    const filter = `id eq ${quoted(group)} and members eq ${quoted(id)}`;
    const reply = await client.list('/Groups', { filter });
    if (reply.kind === 'failed') {
      // AWS IAM Identity Center answers 404 for a member that it does not know.
      if (reply.outcome.kind === 'missing') continue;
      return reply.outcome.kind === 'rejected' ? { kind: 'unreadable' } : reply;
    }
    if (reply.kind === 'body' && (reply.body.Resources ?? []).some((found) => found.id === group))
      members.add(id);
  }
  return { kind: 'sample', members, asked: new Set(among) };
}

function memberIds({ members }: ScimResource): Set<string> {
  return new Set((members ?? []).flatMap(({ value }) => (typeof value === 'string' ? [value] : [])));
}

export function groupPath(id: string): string {
  return `/Groups/${encodeURIComponent(id)}`;
}
