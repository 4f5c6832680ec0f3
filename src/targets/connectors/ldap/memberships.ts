/**
 * Memberships that name an entry which goes, comes or is renamed. A group lists names, and a name may be given
 * to somebody else one day, who must not inherit them. Servers with referential integrity (the refint overlay)
 * do the same by themselves; then nothing is found here. Only groups that carry our mark are touched.
 */
import type { Outcome } from '../../../core/targets/outcome.ts';
import { isSettled } from '../../../core/targets/outcome.ts';
import { markOf } from './entry.ts';
import { all, equal, present } from './filter.ts';
import { addValues, listsNames, memberAttribute, removeValues } from './member-change.ts';
import { type Ldap, searchPlace } from './place.ts';

/** What groups may list an entry by. */
export interface Listed {
  readonly dn: string;
  readonly uid: string;
}

/** Takes an entry out of all groups of ours; null when that is done, else what stood in the way. */
export function dropMemberships(ldap: Ldap, of: Listed): Promise<Outcome | null> {
  return eachListing(ldap, of, (group, value) => removeValues(ldap, group, [value]));
}

/** Puts the new name in the place of the old one in all groups of ours. */
export function moveMemberships(ldap: Ldap, from: Listed, to: Listed): Promise<Outcome | null> {
  return eachListing(ldap, from, async (group, value) => {
    const added = await addValues(ldap, group, [valueOf(ldap, to)]);
    return isSettled(added) ? removeValues(ldap, group, [value]) : added;
  });
}

async function eachListing(
  ldap: Ldap,
  listed: Listed,
  work: (group: string, value: string) => Promise<Outcome>,
): Promise<Outcome | null> {
  const { settings } = ldap;
  const value = valueOf(ldap, listed);
  if (value === '') return null;
  const searched = await searchPlace(
    ldap,
    'group',
    all(equal(memberAttribute(settings), value), present(settings.idAttribute)),
  );
  if (searched.kind === 'failed') return searched.outcome;
  for (const entry of searched.entries) {
    if (markOf(entry, settings.idAttribute) === null) continue;
    const outcome = await work(entry.dn, value);
    if (!isSettled(outcome) && outcome.kind !== 'missing') return outcome;
  }
  return null;
}

function valueOf({ settings }: Ldap, { dn, uid }: Listed): string {
  return listsNames(settings) ? dn : uid;
}
