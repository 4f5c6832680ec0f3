/** Finding an object of ours in an LDAP tree (O-03). */
import type { Resolution, TargetObject } from '../../connector.ts';
import { judgeHits, nameOf } from '../match.ts';
import { markText } from './entry.ts';
import { equal } from './filter.ts';
import { dnFor, filterFor } from './lookup.ts';
import { heldEntry, type Ldap, placeOf, searchPlace } from './place.ts';
import type { Searched } from './session.ts';

/** Enough to tell one from several. */
const LIMIT = 10;

/** Looks for our mark first and then for the name; users that are only looked up, by the operator's template. */
export async function resolve(ldap: Ldap, object: TargetObject): Promise<Resolution> {
  const { settings } = ldap;
  const { users, idAttribute } = settings;
  if (object.kind === 'user' && users.mode === 'lookup') {
    const looked =
      users.dn === undefined
        ? await searchPlace(ldap, 'user', filterFor(users.filter, object), LIMIT)
        : await ldap.session.search({
            ...placeOf('user', settings),
            base: dnFor(users.dn, object),
            scope: 'base',
          });
    return judged(ldap, object, looked, 'name');
  }
  const marked = await searchPlace(ldap, object.kind, equal(idAttribute, markText(object.id)), LIMIT);
  const ours = judged(ldap, object, marked, 'externalId');
  if (ours.kind !== 'none') return ours;
  const attribute = object.kind === 'user' && users.mode === 'manage' ? users.rdn : 'cn';
  const named = await searchPlace(ldap, object.kind, equal(attribute, nameOf(object)), LIMIT);
  return judged(ldap, object, named, 'name');
}

function judged(
  { settings }: Ldap,
  object: TargetObject,
  searched: Searched,
  by: 'externalId' | 'name',
): Resolution {
  if (searched.kind === 'failed') return searched;
  return judgeHits(
    object,
    searched.entries.flatMap((entry) => heldEntry(object.kind, entry, settings) ?? []),
    by,
  );
}
