/**
 * Edits of groups that may take many people out, as every door makes them: under the guards, done at once where none
 * trips, else held (D-30, D-31).
 */
import type { Attribution } from '../../core/attribution.ts';
import type { GroupId, UserId } from '../../core/ids.ts';
import { Refusal } from '../../core/refusal.ts';
import type { Expectation } from '../../core/version.ts';
import { deleteGroup } from '../../directory/groups.ts';
import { editMembers, type MembersEdited } from '../../directory/memberships.ts';
import { perform, type Performed, type Work } from '../../directory/work.ts';
import { findGroupRef } from '../../store/effective/refs.ts';
import type { Planned } from '../guarded.ts';
import { type GroupPatching, kindOfPatch, type PatchGroup, writePatch } from './group-patch.ts';
import { plannedWrite, type PlannedWriteParts } from './planned-write.ts';

export interface GroupEditParts extends PlannedWriteParts, GroupPatching {}

/** What came of an edit: a plan of it, or none where no guard asks about edits of its kind. */
export type Edited<T> = Performed<Planned<T>>;

/**
 * Changes a group. What names its rule, reservation or permissions is a plan; anything else is done at once. Refuses
 * as writePatch.
 */
export async function patchGroup(
  parts: GroupEditParts,
  by: Attribution,
  patching: PatchGroup,
): Promise<Edited<GroupId>> {
  const kind = kindOfPatch(patching.patch);
  if (kind === null) {
    return unplanned(await perform(parts.directory, by, (work) => writePatch(parts, work, patching)));
  }
  return plannedWrite(parts, {
    kind,
    title: `Change of the group ${await nameOf(parts, patching.group)}`,
    edit: { do: 'edit-group', group: patching.group, patch: patching.patch },
    by,
    write: (work) => writePatch(parts, work, patching),
  });
}

/** Deletes a group. Refuses as the verb. */
export async function deleteGroupUnderGuards(
  parts: PlannedWriteParts,
  by: Attribution,
  { group, ifMatch }: { readonly group: GroupId; readonly ifMatch: Expectation | null },
): Promise<Edited<void>> {
  return plannedWrite(parts, {
    kind: 'group-deletion',
    title: `Deletion of the group ${await nameOf(parts, group)}`,
    edit: { do: 'delete-group', group },
    by,
    write: (work) => deleteGroup(work, { group, ifMatch }),
  });
}

export interface MembershipEdit {
  readonly do: 'add' | 'remove';
  readonly group: GroupId;
  readonly member:
    { readonly type: 'user'; readonly id: UserId } | { readonly type: 'group'; readonly id: GroupId };
  /** When an added membership ends by itself; null for never. Left out: as it is, or never. */
  readonly expiresAt?: Date | null | undefined;
}

/**
 * Adds or removes one direct member. A person is written at once; a group may bring or take very many, so that its
 * nesting is a plan (D-31). Who is no member of that type is not there. Refuses as editMembers.
 */
export async function editMembership(
  parts: PlannedWriteParts,
  by: Attribution,
  edit: MembershipEdit,
): Promise<Edited<MembersEdited>> {
  const { group, member, expiresAt } = edit;
  const kinds = new Map([[member.id, member.type === 'user' ? ('u' as const) : ('g' as const)]]);
  const write = (work: Work): Promise<MembersEdited> =>
    editMembers(work, { group, steps: [{ do: edit.do, members: [member.id], kinds }], expiresAt });
  if (member.type === 'user') return unplanned(await perform(parts.directory, by, write));
  const names = [await nameOrId(parts, member.id), await nameOrId(parts, group)];
  return plannedWrite(parts, {
    kind: 'nesting',
    title: names.join(edit.do === 'add' ? ' into ' : ' out of '),
    edit:
      edit.do === 'add'
        ? { do: 'nest', group, member: member.id, expiresAt: expiresAt?.toISOString() ?? null }
        : { do: 'unnest', group, member: member.id },
    by,
    write,
  });
}

function unplanned<T>(performed: Performed<T>): Edited<T> {
  return { ...performed, result: { kind: 'unplanned', plan: null, result: performed.result } };
}

async function nameOf(parts: PlannedWriteParts, group: GroupId): Promise<string> {
  const found = await findGroupRef(parts.directory.database, group);
  if (found === null) throw new Refusal('group.not_found', { group });
  return found.name;
}

/** What is not there is refused by the write, which says of which of the two. */
async function nameOrId({ directory }: PlannedWriteParts, group: GroupId): Promise<string> {
  return (await findGroupRef(directory.database, group))?.name ?? group;
}
