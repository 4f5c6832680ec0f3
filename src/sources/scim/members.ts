/** Members of groups as clients write them: what a POST, PUT or PATCH says becomes steps of the directory. */
import { type GroupId, parseGroupId, type UserId } from '../../core/ids.ts';
import { Refusal } from '../../core/refusal.ts';
import type { Filter } from '../../core/scim/filter.ts';
import { isArray, isObject, type Json, type JsonObject, own } from '../../core/scim/json.ts';
import type { Mutation } from '../../core/scim/patch.ts';
import type { Profile } from '../../core/scim/profile.ts';
import { invalidValue } from '../../core/scim/value-read.ts';
import type { MembersStep } from '../../directory/memberships.ts';
import type { MemberKind } from '../../store/assertions.ts';

type MemberId = UserId | GroupId;
type Dangling = Profile['danglingMembers'];
type Named = Extract<MembersStep, { readonly members: unknown }>;

/**
 * A step, or one that has to ask the database first which members fit a test: to remove them, or to be refused where
 * there is none.
 */
export type WantedStep =
  | MembersStep
  | { readonly do: 'removeFitting'; readonly test: Filter }
  | { readonly do: 'requireFitting'; readonly test: Filter };

/** True when a mutation is about the members of the group. */
export function isOfMembers({ path }: Mutation): boolean {
  return path.extension === null && path.attribute.name === 'members';
}

/** The step that a mutation of `members` stands for. Refuses as {@link membersStep}, and a change of what a member is. */
export function memberStep(mutation: Mutation, profile: Profile): WantedStep {
  switch (mutation.kind) {
    case 'append':
      return membersStep('add', mutation.values, profile);
    case 'assign':
      return membersStep('replace', mutation.values, profile);
    case 'removeValues':
      return membersStep('remove', mutation.values, profile);
    case 'removeElements': {
      const { test } = mutation;
      const ids = idsNamed(test);
      return ids === null ? { do: 'removeFitting', test } : { do: 'remove', members: ids };
    }
    case 'changeElements':
      return changeStep(mutation, profile);
    case 'set':
    case 'clear':
    case 'merge':
      return nothing;
  }
}

const nothing: WantedStep = { do: 'add', members: [] };

/**
 * Nothing of a member can be changed (RFC 7643 §4.2); saying of one what it is already is no change. One that the
 * filter names and that is not there is added, where the profile takes a replacement for that.
 */
function changeStep(
  { test, subs, seed }: Extract<Mutation, { readonly kind: 'changeElements' }>,
  profile: Profile,
): WantedStep {
  if (test === null || seed === 'skip') return nothing;
  const ids = idsNamed(test);
  const only = isObject(seed) ? own(seed, 'value') : ids?.length === 1 ? ids[0] : undefined;
  if (Object.hasOwn(subs, 'value') && (typeof only !== 'string' || !isSameId(subs.value, only))) {
    throw new Refusal('attribute.immutable', {
      attribute: 'members.value',
      why: 'is immutable; remove the member and add the other.',
    });
  }
  if (seed === 'refuse' || typeof only !== 'string') return { do: 'requireFitting', test };
  const isSaid = Object.values(subs).some((value) => value !== undefined);
  return isSaid ? membersStep('add', [{ ...seed, ...subs, value: only }], profile) : nothing;
}

function isSameId(said: Json | undefined, id: string): boolean {
  return typeof said === 'string' && (said === id || parseGroupId(said) === (parseGroupId(id) ?? said));
}

/**
 * The step for values of `members`. Refuses (`member.not_found`) text that can be no id, where the profile does not
 * leave it out; a strict one is also held to the `type` that it says.
 */
export function membersStep(
  act: Exclude<Named['do'], 'wipe'>,
  values: readonly Json[],
  profile: Profile,
): MembersStep {
  if (act === 'replace' && values.length === 0) return { do: 'clear', kind: null };
  const members = memberIds(values, act === 'remove' ? 'ignore' : profile.danglingMembers);
  if (profile.looseTypes === 'coerce') return { do: act, members };
  return { do: act, members, kinds: new Map(values.flatMap(kindSaid)) };
}

function kindSaid(value: Json): [MemberId, MemberKind][] {
  const id = parseGroupId(idIn(value));
  const type = isObject(value) ? own(value, 'type') : undefined;
  if (id === null || typeof type !== 'string') return [];
  const kind = MEMBER_KINDS.get(type.toLowerCase());
  if (kind === undefined) throw invalidValue('members.type', 'must be User or Group.');
  return [[id, kind]];
}

const MEMBER_KINDS: ReadonlyMap<string, MemberKind> = new Map([
  ['user', 'u'],
  ['group', 'g'],
]);

/** Ids in the values of `members`: `value`, else the end of `$ref`. Text that can be no id is refused (`member.not_found`) or left out. */
function memberIds(values: readonly Json[], dangling: Dangling): readonly MemberId[] {
  return values.flatMap((value) => {
    const text = idIn(value);
    const id = parseGroupId(text);
    if (id === null && dangling === 'refuse') throw new Refusal('member.not_found', { members: [text] });
    return id ?? [];
  });
}

function idIn(value: Json): string {
  if (!isObject(value)) return typeof value === 'string' ? value : JSON.stringify(value);
  const id = own(value, 'value');
  if (typeof id === 'string') return id.trim();
  const reference = own(value, '$ref');
  return typeof reference === 'string'
    ? reference.slice(reference.lastIndexOf('/') + 1)
    : JSON.stringify(value);
}

/** The ids that a test names by `value eq`, alone or joined by `or`; null for any other test. Text that is no id names nobody. */
function idsNamed(test: Filter): readonly MemberId[] | null {
  if (test.kind === 'or') {
    const named = test.terms.map(idsNamed);
    return named.includes(null) ? null : named.flatMap((ids) => ids ?? []);
  }
  if (
    test.kind !== 'compare' ||
    test.path.sub?.name !== 'value' ||
    test.with.op !== 'eq' ||
    test.with.kind !== 'text'
  ) {
    return null;
  }
  const id = parseGroupId(test.with.text);
  return id === null ? [] : [id];
}

/** The values of `members` in a document that was read. */
export function membersIn(document: JsonObject): readonly Json[] {
  const members = own(document, 'members');
  return isArray(members) ? members : [];
}
