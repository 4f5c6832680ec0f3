/** Who sees groups, and which. */
import type { Person } from '../../../core/actor.ts';
import type { GroupN } from '../../../core/ids.ts';
import { may } from '../../../core/policies.ts';

/** Those who read the directory, and whoever leads a group or may manage members of one (J-14, J-18). */
export function seesGroups(person: Person): boolean {
  return may('read-directory', person) || ownGroups(person).length > 0;
}

/** Groups that somebody leads or manages members of. */
export function ownGroups(person: Person): GroupN[] {
  return [...new Set([...person.leads, ...person.delegations.keys()])];
}
