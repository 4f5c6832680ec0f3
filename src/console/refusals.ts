/** How the pages say no: the status, and what to do about it. What happened, the refusal says itself. */
import { isRefused, type Refusal, type RefusalCode } from '../core/refusal.ts';
import { toYourself } from './texts/en/refusals.ts';
import type { Texts } from './texts/en.ts';

interface PageAnswer {
  readonly status: number;
  readonly hint: keyof Texts['refusals'];
}

const gone = { status: 404, hint: 'gone' } as const;
const taken = { status: 409, hint: 'taken' } as const;
const input = { status: 400, hint: 'input' } as const;
const ask = { status: 403, hint: 'ask' } as const;
const again = { status: 409, hint: 'again' } as const;
const decided = { status: 409, hint: 'decided' } as const;

export const pageAnswers = {
  'user.not_found': gone,
  'user.name_taken': taken,
  'user.invalid': input,
  'user.quarantined': { status: 409, hint: 'release' },
  'user.protected': ask,
  'group.not_found': gone,
  'group.name_taken': taken,
  'group.name_reserved': { status: 403, hint: 'taken' },
  'group.invalid': input,
  'group.automatic': { status: 409, hint: 'automatic' },
  'group.reserved': { status: 403, hint: 'source' },
  'actor.not_allowed': ask,
  'group.protected': ask,
  'group.protected_open': input,
  'group.restricted': ask,
  'group.internal': { status: 403, hint: 'askLeader' },
  'join.not_permitted': ask,
  'join.already_member': again,
  'leave.not_member': again,
  'leave.indirect': { status: 409, hint: 'indirect' },
  'request.not_found': gone,
  'request.pending': { status: 409, hint: 'pending' },
  'request.decided': decided,
  'request.other_kind': again,
  'permission.invalid': input,
  'permission.not_held': ask,
  'role.not_held': ask,
  'role.not_found': gone,
  'role.in_use': { status: 409, hint: 'roleInUse' },
  'delegation.invalid': input,
  'user.inactive': again,
  'role.name_taken': taken,
  'inbox.not_found': gone,
  'entry.not_found': gone,
  'member.not_found': gone,
  'membership.over': again,
  'nesting.cycle': { status: 409, hint: 'cycle' },
  'version.mismatch': { status: 412, hint: 'again' },
  'identity.invalid': input,
  'identity.conflict': { status: 409, hint: 'input' },
  'identity.ambiguous': { status: 409, hint: 'input' },
  'role.invalid': input,
  'role.protected': ask,
  'source.not_found': gone,
  'source.name_taken': taken,
  'source.invalid': input,
  'client.not_found': gone,
  'client.invalid': input,
  'conflict.not_found': gone,
  'conflict.decided': decided,
  'target.not_found': gone,
  'target.name_taken': taken,
  'target.invalid': input,
  'plan.not_found': gone,
  'plan.stale': again,
  'plan.decided': decided,
  'plan.people_only': { status: 403, hint: 'person' },
  'plan.not_undoable': decided,
  'idp.metadata': { status: 422, hint: 'input' },
  'sign_in.link_invalid': { status: 403, hint: 'link' },
  'import.not_found': gone,
  'import.unreadable': input,
  'import.no_file': { status: 404, hint: 'input' },
  'history.unknown': { status: 400, hint: 'history' },
  'cursor.unreadable': { status: 400, hint: 'again' },
  'cursor.expired': { status: 410, hint: 'again' },
  'schema.invalid': input,
  'filter.invalid': input,
  'body.invalid': input,
  'path.invalid': input,
  'value.invalid': input,
  'attribute.immutable': { status: 409, hint: 'input' },
  'patch.no_target': input,
} as const satisfies Record<RefusalCode, PageAnswer>;

/** What a refusal says. In the pages everybody joins and leaves for themselves, so that is said to them. */
export function wordsOf(refusal: Refusal): string {
  if (isRefused(refusal, 'leave.indirect')) return toYourself.indirect(refusal.details);
  if (isRefused(refusal, 'leave.not_member')) return toYourself.notMember(refusal.details.group);
  if (isRefused(refusal, 'join.already_member')) return toYourself.alreadyMember(refusal.details.group);
  return refusal.message;
}
