/** Whom the screens of the first section are for. */
import type { Person } from '../../core/actor.ts';
import { may } from '../../core/policies.ts';

/** Whoever looks after anything as a whole. */
export function seesOverview(person: Person): boolean {
  return may('read-directory', person);
}

/** Those who lead a group, and group managers (J-14, J-16). */
export function decidesRequests(person: Person): boolean {
  return person.leads.size > 0 || may('create-group', person);
}
