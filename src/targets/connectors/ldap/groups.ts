/** Groups as entries: made, renamed, marked as ours, deleted. Their members are changed apart from them. */
import { createHash } from 'node:crypto';
import type { Outcome } from '../../../core/targets/outcome.ts';
import type { Held, TargetGroup } from '../../connector.ts';
import { firstType, firstValue, parentOf, rdn } from './dn.ts';
import { markText, readHeldEntry, valuesIn, withMark } from './entry.ts';
import { createEntry, markDifferences, outcomeOfWrite, replaceValues } from './entry-writes.ts';
import { equal } from './filter.ts';
import { beginsWithPlaceholder, memberAttribute } from './member-change.ts';
import { findByKey, isFailed, type Ldap, searchPlace } from './place.ts';

/** Numbers that are tried for a POSIX group before it is given up. */
const GID_TRIES = 64;

/** Makes the entry, empty but for the placeholder that its class may demand. */
export async function createGroup(ldap: Ldap, group: TargetGroup): Promise<Outcome> {
  const { settings } = ldap;
  const { idClass, idAttribute, groupBase, groupClass, placeholder } = settings;
  const numbered = groupClass === 'posixGroup' ? await freeGid(ldap, group.id) : null;
  if (numbered?.kind === 'failed') return numbered.outcome;
  return createEntry(ldap, `${rdn('cn', group.name)},${groupBase}`, {
    objectClass: [groupClass, ...(idClass === null ? [] : [idClass])],
    cn: [group.name],
    [idAttribute]: [markText(group.id)],
    ...(beginsWithPlaceholder(settings) ? { [memberAttribute(settings)]: [placeholder] } : {}),
    ...(numbered === null ? {} : { gidNumber: [String(numbered.gid)] }),
  });
}

/** Brings the name and our mark in line. The entry keeps its key when it is renamed, and so its members. */
export async function updateGroup(ldap: Ldap, group: TargetGroup, held: Held): Promise<Outcome> {
  const entry = readHeldEntry(held.held);
  const isNamed = firstType(entry.dn) === 'cn';
  let dn = entry.dn;
  if (isNamed && firstValue(dn) !== group.name) {
    const name = rdn('cn', group.name);
    const outcome = outcomeOfWrite(await ldap.session.rename(dn, name));
    if (outcome.kind !== 'applied') return outcome;
    dn = `${name},${parentOf(dn)}`;
  }
  const marks = valuesIn(entry, ldap.settings.idAttribute);
  const isCalled = isNamed || valuesIn(entry, 'cn').includes(group.name);
  const outcome = await replaceValues(ldap, dn, {
    ...(isCalled ? {} : { cn: [group.name] }),
    ...markDifferences(
      ldap.settings,
      { marks, classes: valuesIn(entry, 'objectClass') },
      withMark(marks, group.id),
    ),
  });
  return outcome.kind === 'noop' && dn !== entry.dn ? { kind: 'applied' } : outcome;
}

/** Attributes that an update would change. */
export function groupDifferences({ settings }: Ldap, group: TargetGroup, held: Held): string[] {
  const entry = readHeldEntry(held.held);
  const names = firstType(entry.dn) === 'cn' ? [firstValue(entry.dn)] : valuesIn(entry, 'cn');
  const marks = valuesIn(entry, settings.idAttribute);
  const known = { marks, classes: valuesIn(entry, 'objectClass') };
  return [
    ...(names.includes(group.name) ? [] : ['cn']),
    ...Object.keys(markDifferences(settings, known, withMark(marks, group.id))),
  ];
}

export async function deleteGroup(ldap: Ldap, key: string): Promise<Outcome> {
  const entry = await findByKey(ldap, 'group', key);
  if (isFailed(entry)) return entry.outcome;
  if (entry === null) return { kind: 'missing', why: `no group ${key}` };
  return outcomeOfWrite(await ldap.session.remove(entry.dn));
}

type Numbered =
  { readonly kind: 'free'; readonly gid: number } | { readonly kind: 'failed'; readonly outcome: Outcome };

/**
 * A number that no group has, begun at a place of the range that follows from our id: a group that is made again
 * has its old number again, and files its old owner.
 */
async function freeGid(ldap: Ldap, id: string): Promise<Numbered> {
  const { from, to } = ldap.settings.gidNumbers;
  const size = to - from + 1;
  const start = createHash('sha256').update(id).digest().readUInt32BE() % size;
  for (let step = 0; step < Math.min(GID_TRIES, size); step += 1) {
    const gid = from + ((start + step) % size);
    const holders = await searchPlace(ldap, 'group', equal('gidNumber', String(gid)), 1);
    if (holders.kind === 'failed') return holders;
    if (holders.entries.length === 0) return { kind: 'free', gid };
  }
  const why = `no free gidNumber found between ${from} and ${to}`;
  return { kind: 'failed', outcome: { kind: 'rejected', code: 422, why } };
}
