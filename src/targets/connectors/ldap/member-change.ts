/** Changing the member values of one group entry: deltas that may be repeated (O-04). */
import { type Change, Control } from 'ldapts';
import type { Outcome } from '../../../core/targets/outcome.ts';
import type { Failed } from '../../connector.ts';
import { LDAP } from './answer.ts';
import { normalDn } from './dn.ts';
import { valuesIn } from './entry.ts';
import { change, outcomeOfWrite } from './entry-writes.ts';
import { equal, present } from './filter.ts';
import type { Ldap } from './place.ts';
import type { LdapSettings } from './settings.ts';
import type { Written } from './session.ts';

/**
 * With it, adding a present value and deleting an absent one succeed beside others. OpenLDAP does not advertise it,
 * so it is tried; it also still refuses to delete values of which none is there.
 */
const PERMISSIVE_MODIFY = '1.2.840.113556.1.4.1413';
/** A delta made from what was read loses a race with another writer so many times, then is observed anew. */
const TRIES = 3;

const MEMBER_ATTRIBUTE = {
  groupOfNames: 'member',
  groupOfUniqueNames: 'uniqueMember',
  posixGroup: 'memberUid',
} as const satisfies Record<LdapSettings['groupClass'], string>;

/** Attribute that lists the members. */
export function memberAttribute({ groupClass }: LdapSettings): string {
  return MEMBER_ATTRIBUTE[groupClass];
}

/** Whether members are listed by the names of their entries; otherwise by their uid. */
export function listsNames({ groupClass }: LdapSettings): boolean {
  return groupClass !== 'posixGroup';
}

/** The form under which two member values are the same. */
export function normalMember(value: string, settings: LdapSettings): string {
  // uniqueMember may carry a bit string after the name (RFC 4517 §3.3.21).
  return listsNames(settings) ? (normalDn(value.replace(/#'[01]*'B$/, '')) ?? value) : value;
}

/** True where the class demands a member, so that a group is made with a placeholder. */
export function beginsWithPlaceholder(settings: LdapSettings): boolean {
  return listsNames(settings) && settings.emptyGroup !== 'allow';
}

interface MemberDelta {
  readonly add: readonly string[];
  readonly remove: readonly string[];
}

/** `last`: the group would have no member left, which its class does not allow. */
type Changed = Outcome | { readonly kind: 'last'; readonly why: string };

/** Adds members; with the first ones the placeholder goes. */
export async function addValues(ldap: Ldap, dn: string, values: readonly string[]): Promise<Outcome> {
  const { placeholder } = ldap.settings;
  const remove =
    beginsWithPlaceholder(ldap.settings) && (await mayHold(ldap, dn, placeholder)) ? [placeholder] : [];
  return refusedIfLast(await changed(ldap, dn, { add: values, remove }));
}

/** Takes members out. What becomes of a group that would have none left is a setting. */
export async function removeValues(ldap: Ldap, dn: string, values: readonly string[]): Promise<Outcome> {
  const { settings } = ldap;
  const outcome = await changed(ldap, dn, { add: [], remove: values });
  return outcome.kind === 'last' && settings.emptyGroup === 'placeholder'
    ? refusedIfLast(await changed(ldap, dn, { add: [settings.placeholder], remove: values }))
    : refusedIfLast(outcome);
}

/** The values that a group lists now; null when it is not there. */
export async function readValues({ session, settings }: Ldap, dn: string): Promise<ReadValues> {
  const attribute = memberAttribute(settings);
  const searched = await session.search({
    base: dn,
    scope: 'base',
    filter: present('objectClass'),
    attributes: [attribute],
  });
  if (searched.kind === 'failed') return searched;
  const [entry] = searched.entries;
  if (entry === undefined) return { kind: 'absent' };
  const placeholder = normalMember(settings.placeholder, settings);
  const values = new Map(valuesIn(entry, attribute).map((value) => [normalMember(value, settings), value]));
  return { kind: 'values', values, holdsPlaceholder: listsNames(settings) && values.delete(placeholder) };
}

type ReadValues =
  | {
      readonly kind: 'values';
      /** Without the placeholder: the form to compare by -> as it is written there. */
      readonly values: ReadonlyMap<string, string>;
      readonly holdsPlaceholder: boolean;
    }
  | { readonly kind: 'absent' }
  | Failed;

/** Sends the delta; where a value clashes with what the group lists, reads that and sends what is left of it. */
async function changed(ldap: Ldap, dn: string, delta: MemberDelta): Promise<Changed> {
  let rest = delta;
  for (let tries = 0; tries < TRIES; tries += 1) {
    const written = await send(ldap, dn, rest);
    if (!hasCode(written, LDAP.attributeOrValueExists, LDAP.noSuchAttribute)) return judged(written);
    const held = await readValues(ldap, dn);
    if (held.kind === 'failed') return held.outcome;
    if (held.kind === 'absent') return { kind: 'missing', why: `no group ${dn}` };
    rest = whatIsLeft(delta, held, ldap.settings);
    if (rest.add.length + rest.remove.length === 0) return { kind: 'noop' };
  }
  return { kind: 'ambiguous', why: `${dn} is changed by somebody else all the time` };
}

async function send({ session, learned, settings }: Ldap, dn: string, delta: MemberDelta): Promise<Written> {
  const changes = changesOf(settings, delta);
  if (learned.permissive === false) return session.modify(dn, changes);
  const written = await session.modify(dn, changes, new Control(PERMISSIVE_MODIFY, { critical: true }));
  learned.permissive = !hasCode(written, LDAP.unavailableCriticalExtension);
  return learned.permissive ? written : session.modify(dn, changes);
}

function whatIsLeft(
  { add, remove }: MemberDelta,
  held: Extract<ReadValues, { kind: 'values' }>,
  settings: LdapSettings,
): MemberDelta {
  const isHeld = (value: string): boolean =>
    value === settings.placeholder ? held.holdsPlaceholder : held.values.has(normalMember(value, settings));
  return { add: add.filter((value) => !isHeld(value)), remove: remove.filter(isHeld) };
}

/** Additions come first, so that a group is never empty in between. */
function changesOf(settings: LdapSettings, { add, remove }: MemberDelta): Change[] {
  const attribute = memberAttribute(settings);
  return [
    ...(add.length > 0 ? [change('add', attribute, add)] : []),
    ...(remove.length > 0 ? [change('delete', attribute, remove)] : []),
  ];
}

function judged(written: Written): Changed {
  if (written.kind === 'answer' && written.code === LDAP.objectClassViolation) {
    return { kind: 'last', why: written.message };
  }
  return outcomeOfWrite(written);
}

function refusedIfLast(outcome: Changed): Outcome {
  if (outcome.kind !== 'last') return outcome;
  const why = `the group would have no member left, which its class does not allow: ${outcome.why}`;
  return { kind: 'rejected', code: 422, why };
}

/** Asked without its other members, which may be many. Unknown counts as held: the server's answer will tell. */
async function mayHold({ session, settings }: Ldap, dn: string, value: string): Promise<boolean> {
  const filter = equal(memberAttribute(settings), value);
  const searched = await session.search({ base: dn, scope: 'base', filter, attributes: ['1.1'] });
  return searched.kind === 'failed' || searched.entries.length > 0;
}

function hasCode(written: Written, ...codes: readonly number[]): boolean {
  return written.kind === 'answer' && codes.includes(written.code);
}
