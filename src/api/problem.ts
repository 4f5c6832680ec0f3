/** How this door says no: RFC 9457, `application/problem+json`. */
import type { Refusal, RefusalCode } from '../core/refusal.ts';
import type { DoorContext } from '../http/context.ts';
import type { ErrorForm } from '../http/edge.ts';
import type { ProblemCode } from '../http/problem.ts';

interface ProblemAnswer {
  readonly status: number;
  readonly title: string;
}

const notFound = (what: string): ProblemAnswer => ({ status: 404, title: `No such ${what}` });
const taken = { status: 409, title: 'The name is in use' } as const;
const invalid = { status: 400, title: 'The value cannot be taken' } as const;

const answers = {
  'user.not_found': notFound('user'),
  'user.name_taken': taken,
  'user.invalid': invalid,
  'user.quarantined': { status: 409, title: 'The name is in quarantine' },
  'user.protected': { status: 403, title: 'The account holds permissions' },
  'group.not_found': notFound('group'),
  'group.name_taken': taken,
  'group.name_reserved': { status: 403, title: 'The name is reserved' },
  'group.invalid': invalid,
  'group.automatic': { status: 409, title: 'The group is automatic' },
  'group.reserved': { status: 403, title: 'The members belong to a source' },
  'actor.not_allowed': { status: 403, title: 'This is not yours to do' },
  'group.protected': { status: 403, title: 'The group is protected' },
  'group.protected_open': { status: 409, title: 'A protected group cannot be open or public' },
  'group.restricted': { status: 403, title: 'The group is restricted' },
  'group.internal': { status: 403, title: 'The group is internal' },
  'join.not_permitted': { status: 403, title: 'Joining is not permitted' },
  'join.already_member': { status: 409, title: 'A member already' },
  'leave.not_member': { status: 409, title: 'No member' },
  'leave.indirect': { status: 409, title: 'A member only through another group' },
  'request.not_found': notFound('request'),
  'request.pending': { status: 409, title: 'A request is waiting already' },
  'request.decided': { status: 409, title: 'The request is decided' },
  'request.other_kind': { status: 409, title: 'The request is of the other kind' },
  'permission.invalid': invalid,
  'permission.not_held': { status: 403, title: 'Nobody grants what they do not hold' },
  'role.not_held': { status: 403, title: 'Nobody gives what they do not hold' },
  'role.not_found': notFound('role'),
  'role.in_use': { status: 409, title: 'The role is in use' },
  'delegation.invalid': invalid,
  'membership.over': invalid,
  'user.inactive': { status: 409, title: 'The user is not active' },
  'role.name_taken': taken,
  'inbox.not_found': notFound('message'),
  'entry.not_found': notFound('entry of the log'),
  'member.not_found': notFound('member'),
  'nesting.cycle': { status: 409, title: 'The nesting would close a cycle' },
  'version.mismatch': { status: 412, title: 'It changed in the meantime' },
  'identity.invalid': invalid,
  'identity.conflict': { status: 409, title: 'The identity names two users' },
  'identity.ambiguous': { status: 409, title: 'The identity fits several users' },
  'role.invalid': invalid,
  'role.protected': { status: 403, title: 'The role is protected' },
  'source.not_found': notFound('source'),
  'source.name_taken': taken,
  'source.invalid': invalid,
  'client.not_found': notFound('client'),
  'client.invalid': invalid,
  'conflict.not_found': notFound('conflict'),
  'conflict.decided': { status: 409, title: 'The conflict was decided already' },
  'target.not_found': notFound('target'),
  'target.name_taken': taken,
  'target.invalid': invalid,
  'plan.not_found': notFound('plan'),
  'plan.stale': { status: 409, title: 'The plan is stale' },
  'plan.decided': { status: 409, title: 'The plan is decided' },
  'plan.people_only': { status: 403, title: 'A person has to decide' },
  'plan.not_undoable': { status: 409, title: 'The plan cannot be undone' },
  'idp.metadata': { status: 422, title: 'The metadata cannot be used' },
  'sign_in.link_invalid': { status: 403, title: 'The sign-in link is not good' },
  'import.not_found': notFound('import'),
  'import.unreadable': { status: 400, title: 'The file cannot be read' },
  'import.no_file': { status: 404, title: 'There is no such file' },
  'history.unknown': { status: 400, title: 'The moment is not known' },
  'cursor.unreadable': { status: 400, title: 'The cursor cannot be read' },
  'cursor.expired': { status: 410, title: 'The cursor is no longer good' },
  'schema.invalid': invalid,
  'filter.invalid': { status: 400, title: 'The filter cannot be read' },
  'body.invalid': { status: 400, title: 'The body cannot be read' },
  'path.invalid': invalid,
  'value.invalid': invalid,
  'attribute.immutable': { status: 409, title: 'The attribute cannot be changed' },
  'patch.no_target': { status: 400, title: 'The change has no target' },
} as const satisfies Record<RefusalCode, ProblemAnswer>;

const titles = {
  'auth.required': 'A token is needed',
  'auth.invalid': 'The token is not good',
  'auth.scope': 'The token does not allow this',
  'auth.address': 'The address is not allowed',
  'auth.cross_site': 'Another site sent this',
  'request.invalid': 'The request cannot be read',
  'body.malformed': 'The body cannot be read',
  'body.too_large': 'The body is too large',
  'body.unsupported_type': 'The type of the body is not read here',
  'path.not_found': 'There is no such path',
  'method.not_allowed': 'The method cannot be used here',
  'rate.limited': 'Too many requests',
  'not.ready': 'Not ready yet',
} as const satisfies Record<ProblemCode, string>;

/** The form of this door; `snapshotUrl` is where a reader with an expired cursor starts anew. */
export function apiErrorForm(snapshotUrl: string): ErrorForm {
  return {
    refusal: (context, refusal) => {
      const { status, title } = answers[refusal.code];
      write(
        context,
        { status, title, detail: refusal.message, code: refusal.code },
        extrasOf(refusal, snapshotUrl),
      );
    },
    problem: (context, { status, code, message }) =>
      write(context, { status, title: titles[code], detail: message, code }, {}),
    fault: (context) => {
      const detail = `It is in the log under ${context.state.requestId}.`;
      write(context, { status: 500, title: 'Something went wrong here', detail, code: 'fault' }, {});
    },
  };
}

/** What a program wants to know besides the sentence. */
function extrasOf({ code, details }: Refusal, snapshotUrl: string): Readonly<Record<string, unknown>> {
  if (code === 'cursor.expired') return { snapshot: snapshotUrl };
  // The reason is in the sentence already.
  return Object.fromEntries(Object.entries(details).filter(([name]) => name !== 'why'));
}

function write(
  context: DoorContext,
  { status, title, detail, code }: ProblemAnswer & { readonly detail: string; readonly code: string },
  extras: Readonly<Record<string, unknown>>,
): void {
  const { requestId } = context.state;
  context.status = status;
  context.body = JSON.stringify({
    ...extras,
    type: `urn:muster:problem:${code}`,
    title,
    status,
    detail,
    code,
    requestId,
  });
  context.set('Content-Type', 'application/problem+json');
  context.set('Cache-Control', 'no-store');
}
