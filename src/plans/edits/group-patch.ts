/** What a change of a group may say, as a merge patch (RFC 7396): the body of a PATCH, and what a plan of it keeps. */
import { z } from 'zod';
import { type GroupId, parseGroupId, parseUserId } from '../../core/ids.ts';
import { permissions } from '../../core/permissions.ts';
import type { PlanKind } from '../../core/plans/plan.ts';
import { Refusal } from '../../core/refusal.ts';
import { readRule } from '../../core/rules.ts';
import type { Registry } from '../../core/scim/registry.ts';
import type { Expectation } from '../../core/version.ts';
import { type Governance, governGroup } from '../../directory/governance.ts';
import { changeGroup, createGroup, type GroupState, newGroupState } from '../../directory/groups.ts';
import { setGroupRoles } from '../../directory/roles.ts';
import type { Work } from '../../directory/work.ts';

/** A group's flags, its rule and its reservation. */
export const groupFlags = {
  description: z.string().max(4_000).nullable(),
  internal: z.boolean(),
  hidden: z.boolean(),
  open: z.boolean(),
  public: z.boolean(),
  restricted: z.boolean(),
  autoLeave: z.enum(['inherit', 'on', 'off']),
  rule: z.string().nullable(),
  reservedTo: z.string().nullable(),
  consoleBesides: z
    .boolean()
    .describe('Whether people add and remove members besides the source that it is reserved to.'),
};

/** Names of the roles that a group gives. */
export const groupRoles = z.array(z.string()).max(1_000);

/** What a group gives in Muster itself, who leads it, and whom it trusts. */
export const groupGovernance = {
  permissions: z.array(z.enum(permissions)).max(100),
  leaders: z.array(z.strictObject({ type: z.enum(['user', 'group']), id: z.uuid() })).max(1_000),
  trustedSources: z
    .array(z.string())
    .max(100)
    .describe('Sources that may change it although it is protected.'),
};

/** The body of a PATCH. */
export const groupPatch = z
  .strictObject({ name: z.string(), ...groupFlags, roles: groupRoles, ...groupGovernance })
  .partial();

export type GroupPatch = Partial<z.output<typeof groupPatch>>;

export interface GroupPatching {
  readonly registry: Registry;
}

export interface PatchGroup {
  readonly group: GroupId;
  readonly ifMatch: Expectation | null;
  readonly patch: GroupPatch;
}

/** What kind of plan a change of a group is: those that can take many people out of it. Null for any other. */
export function kindOfPatch(
  patch: GroupPatch,
): Extract<PlanKind, 'rule' | 'permission' | 'group-edit'> | null {
  if (patch.rule !== undefined) return 'rule';
  if (patch.permissions !== undefined) return 'permission';
  return patch.reservedTo === undefined ? null : 'group-edit';
}

/** Makes a group that is what the patch says, and for the rest as new groups are. Refuses as createGroup, setGroupRoles and governGroup. */
export async function makeGroup(
  parts: GroupPatching,
  work: Work,
  { roles, name, ...rest }: GroupPatch & { readonly name: string },
): Promise<GroupId> {
  const { id } = await createGroup(work, patched(parts, { ...newGroupState, name }, rest));
  if (roles !== undefined) await setGroupRoles(work, { group: id, roles, at: 'creation' });
  await governGroup(work, { group: id, ...governanceIn(rest), at: 'creation' });
  return id;
}

/** Changes a group as a patch says. Refuses as changeGroup, setGroupRoles and governGroup. */
export async function writePatch(
  parts: GroupPatching,
  work: Work,
  { group, ifMatch, patch: { roles, ...rest } }: PatchGroup,
): Promise<GroupId> {
  await changeGroup(work, { group, ifMatch, edit: (current) => patched(parts, current, rest) });
  if (roles !== undefined) await setGroupRoles(work, { group, roles, at: 'change' });
  await governGroup(work, { group, ...governanceIn(rest), at: 'change' });
  return group;
}

/** What a patch says of governing. Refuses `member.not_found` for leaders that are no ids. */
function governanceIn({ permissions: granted, trustedSources, leaders }: GroupPatch): Governance {
  return {
    permissions: granted,
    trustedSources,
    leaders: leaders?.map(({ type, id }) => {
      const leader = type === 'user' ? parseUserId(id) : parseGroupId(id);
      if (leader === null) throw new Refusal('member.not_found', { members: [id] });
      return { type, id: leader };
    }),
  };
}

/** The state with what a patch says of it; what it does not mention stays. */
function patched({ registry }: GroupPatching, current: GroupState, patch: GroupPatch): GroupState {
  const { name, description, internal, hidden, open, restricted, autoLeave, reservedTo, consoleBesides } = {
    ...current,
    ...defined(patch),
  };
  const rule =
    patch.rule === undefined ? current.rule : patch.rule === null ? null : readRule(registry, patch.rule);
  return {
    ...current,
    ...{ name, description, internal, hidden, open, restricted, autoLeave, reservedTo, rule },
    consoleBesides,
    public: patch.public ?? current.public,
  };
}

function defined(patch: GroupPatch): Partial<GroupState> {
  return Object.fromEntries(Object.entries(patch).filter(([, value]) => value !== undefined));
}
