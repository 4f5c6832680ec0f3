/** Members of groups as clients write them: what a POST, PUT or PATCH says becomes steps of the directory. */
import { type GroupId, parseGroupId, type UserId } from '../../core/ids.ts';
import { Refusal } from '../../core/refusal.ts';
import type { Filter } from '../../core/scim/filter.ts';
import { isArray, isObject, type Json, type JsonObject, own } from '../../core/scim/json.ts';
import type { Mutation } from '../../core/scim/patch.ts';
import type { Profile } from '../../core/scim/profile.ts';
import type { MembersStep } from '../../directory/memberships.ts';

type MemberId = UserId | GroupId;
type Dangling = Profile['danglingMembers'];

/** A step, or a removal of the members that fit a test, which has to be asked of the database first. */
export type WantedStep = MembersStep | { readonly do: 'removeFitting'; readonly test: Filter };

/** True when a mutation is about the members of the group. */
export function isOfMembers({ path }: Mutation): boolean {
  return path.extension === null && path.attribute.name === 'members';
}

/** The step that a mutation of `members` stands for. Refuses as {@link memberIds}. */
export function memberStep(mutation: Mutation, dangling: Dangling): WantedStep {
  switch (mutation.kind) {
    case 'append':
      return { do: 'add', members: memberIds(mutation.values, dangling) };
    case 'assign':
      return mutation.values.length === 0
        ? { do: 'clear', kind: null }
        : { do: 'replace', members: memberIds(mutation.values, dangling) };
    case 'removeValues':
      return { do: 'remove', members: memberIds(mutation.values, 'ignore') };
    case 'removeElements': {
      const ids = idsNamed(mutation.test);
      return ids === null ? { do: 'removeFitting', test: mutation.test } : { do: 'remove', members: ids };
    }
    case 'changeElements':
      // Nothing of a member can be changed; one that the filter names and is not there is added.
      return typeof mutation.seed === 'string'
        ? { do: 'add', members: [] }
        : { do: 'add', members: memberIds([mutation.seed], dangling) };
    case 'set':
    case 'clear':
    case 'merge':
      return { do: 'add', members: [] };
  }
}

/** Ids in the values of `members`: `value`, else the end of `$ref`. Text that can be no id is refused (`member.not_found`) or left out. */
export function memberIds(values: readonly Json[], dangling: Dangling): readonly MemberId[] {
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
