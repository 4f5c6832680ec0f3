/**
 * Who may do what, as sentences. Programs (clients, feeds, providers) were let in by their scope or source; what is
 * asked here of them is only what scopes cannot say. People are asked everything. Doors and pages ask the same
 * sentences, so that nothing is shown that would be refused.
 */
import { type Actor, delegationIn, holds, isAdministrator, leads } from './actor.ts';
import type { GroupN } from './ids.ts';
import { scopesOfPerson } from './permissions.ts';
import { Refusal } from './refusal.ts';
import { allows } from './scopes.ts';

/** What a policy looks at in a group. */
export interface GovernedGroup {
  readonly n: GroupN;
  readonly name: string;
  readonly internal: boolean;
  readonly restricted: boolean;
  /** It confers more than `groups.request`, itself or through a group that it is nested in (J-20). */
  readonly protected: boolean;
  /** It trusts the source that writes. */
  readonly trusted: boolean;
}

type GroupPolicy = (actor: Actor, group: GovernedGroup) => boolean;
type Policy = (actor: Actor) => boolean;

const isProgram: Policy = (actor) => actor.kind !== 'user';

/** J-14, J-15, J-16: leaders and group managers, and neither in an internal group. */
const manages: GroupPolicy = (actor, group) =>
  isAdministrator(actor) || (!group.internal && (leads(actor, group) || holds(actor, 'groups.manage')));

/** J-20. */
const isOpenTo: GroupPolicy = (actor, group) => isAdministrator(actor) || !group.protected || group.trusted;
/** J-17 and J-20. */
const takesMembersFrom: GroupPolicy = (actor, group) =>
  isOpenTo(actor, group) && (isAdministrator(actor) || !group.restricted);

const groupPolicies = {
  'add-members': (actor, group) =>
    takesMembersFrom(actor, group) &&
    (isProgram(actor) || manages(actor, group) || delegationIn(actor, group).canAdd),
  'remove-members': (actor, group) =>
    takesMembersFrom(actor, group) &&
    (isProgram(actor) || manages(actor, group) || delegationIn(actor, group).canRemove),
  'see-members': (actor, group) => {
    const { canAdd, canRemove } = delegationIn(actor, group);
    return isProgram(actor) || manages(actor, group) || canAdd || canRemove || holds(actor, 'audit.read');
  },
  /** J-14; a delegation is to add or remove, and to nothing else (J-18). */
  'see-log': (actor, group) => isProgram(actor) || manages(actor, group) || holds(actor, 'audit.read'),
  'see-requests': (actor, group) => isProgram(actor) || manages(actor, group),
  'decide-request': (actor, group) =>
    takesMembersFrom(actor, group) && (isProgram(actor) || manages(actor, group)),
  'give-delegation': (actor, group) =>
    takesMembersFrom(actor, group) && (isProgram(actor) || manages(actor, group)),
  'edit-group': (actor, group) =>
    isOpenTo(actor, group) &&
    (isProgram(actor) || isAdministrator(actor) || (!group.internal && holds(actor, 'groups.manage'))),
  /** Whom a protected group trusts, and what it confers, is the administrators' alone. */
  'trust-source': isAdministrator,
} satisfies Record<string, GroupPolicy>;

const policies = {
  'create-group': (actor) => isProgram(actor) || holds(actor, 'groups.manage'),
  'manage-users': (actor) => isProgram(actor) || holds(actor, 'users.manage'),
  'manage-roles': (actor) => isProgram(actor) || holds(actor, 'groups.manage'),
  'manage-protected-roles': isAdministrator,
  'reserve-names': isAdministrator,
  'retire-source': isAdministrator,
  /** D-30: people, never a token. */
  'approve-plan': (actor) =>
    actor.kind === 'operator' || (actor.kind === 'user' && holds(actor, 'plans.approve')),
  /** Lists of groups and users as a whole: what any administration needs. */
  'read-directory': (actor) =>
    actor.kind !== 'user' || allows(scopesOfPerson(actor.permissions), 'directory.read'),
  'manage-sources': (actor) => isProgram(actor) || holds(actor, 'sources.manage'),
  'manage-targets': (actor) => isProgram(actor) || holds(actor, 'targets.manage'),
  /** What the installation is set to, and what ails it. */
  'see-settings': isAdministrator,
  'read-audit': (actor) => isProgram(actor) || holds(actor, 'audit.read'),
} satisfies Record<string, Policy>;

export type GroupAct = keyof typeof groupPolicies;
export type Act = keyof typeof policies;

/** True when the actor may do this to the group. */
export function mayInGroup(act: GroupAct, actor: Actor, group: GovernedGroup): boolean {
  return groupPolicies[act](actor, group);
}

/** True when the actor may do this at all. */
export function may(act: Act, actor: Actor): boolean {
  return policies[act](actor);
}

/** Refuses `group.protected` (J-20), `group.restricted` (J-17) or `actor.not_allowed`, whichever stands in the way. */
export function requireInGroup(act: GroupAct, actor: Actor, group: GovernedGroup): void {
  if (mayInGroup(act, actor, group)) return;
  const concernsMembers = !['edit-group', 'see-members', 'see-log', 'see-requests'].includes(act);
  if (!isOpenTo(actor, group)) throw new Refusal('group.protected', { group: group.name });
  if (group.restricted && concernsMembers && !takesMembersFrom(actor, group)) {
    throw new Refusal('group.restricted', { group: group.name });
  }
  throw new Refusal('actor.not_allowed', { act, group: group.name });
}

/** Refuses `actor.not_allowed`. */
export function requireTo(act: Act, actor: Actor): void {
  if (!may(act, actor)) throw new Refusal('actor.not_allowed', { act, group: null });
}
