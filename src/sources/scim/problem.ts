/** How this door answers what the directory refuses and what HTTP itself does not allow (RFC 7644 §3.12). */
import type { Logger } from 'pino';
import { isRefusal, type RefusalCode } from '../../core/refusal.ts';
import type { JsonObject } from '../../core/scim/json.ts';
import { overloadOf } from '../../http/edge.ts';
import { HttpProblem } from '../../http/problem.ts';
import type { Answer } from './call.ts';

const ERROR_URN = 'urn:ietf:params:scim:api:messages:2.0:Error';

/** Kinds of errors of RFC 7644 §3.12 and, for cursors, RFC 9865 §2.1. */
export type ScimType =
  | 'invalidFilter'
  | 'tooMany'
  | 'uniqueness'
  | 'mutability'
  | 'invalidSyntax'
  | 'invalidPath'
  | 'noTarget'
  | 'invalidValue'
  | 'invalidCursor'
  | 'expiredCursor'
  | 'invalidCount';

interface ScimAnswer {
  readonly status: number;
  readonly scimType?: ScimType;
}

/** A request that this door refuses by itself. */
export class ScimProblem extends Error {
  readonly status: number;
  readonly scimType: ScimType | null;

  constructor(status: number, scimType: ScimType | null, detail: string) {
    super(detail);
    this.name = 'ScimProblem';
    this.status = status;
    this.scimType = scimType;
  }
}

const invalidValue = { status: 400, scimType: 'invalidValue' } as const;
const uniqueness = { status: 409, scimType: 'uniqueness' } as const;
const mutability = { status: 400, scimType: 'mutability' } as const;

/** What each refusal is answered with. */
export const refusalAnswers = {
  'user.not_found': { status: 404 },
  'user.name_taken': uniqueness,
  'user.invalid': invalidValue,
  'user.quarantined': { status: 409 },
  'group.not_found': { status: 404 },
  'group.name_taken': uniqueness,
  'group.name_reserved': invalidValue,
  'group.invalid': invalidValue,
  'group.automatic': mutability,
  'group.reserved': mutability,
  'actor.not_allowed': { status: 403 },
  'group.protected': { status: 403 },
  'user.protected': { status: 403 },
  'group.protected_open': { status: 409 },
  'group.restricted': { status: 403 },
  'group.internal': { status: 403 },
  'join.not_permitted': { status: 403 },
  'join.already_member': { status: 409 },
  'leave.not_member': { status: 409 },
  'leave.indirect': { status: 409 },
  'request.not_found': { status: 404 },
  'request.pending': { status: 409 },
  'request.decided': { status: 409 },
  'request.other_kind': { status: 409 },
  'permission.invalid': invalidValue,
  'permission.not_held': { status: 403 },
  'role.not_held': { status: 403 },
  'role.not_found': invalidValue,
  'role.in_use': { status: 409 },
  'delegation.invalid': invalidValue,
  'membership.over': invalidValue,
  'user.inactive': { status: 409 },
  'role.name_taken': uniqueness,
  'inbox.not_found': { status: 404 },
  'entry.not_found': { status: 404 },
  'member.not_found': invalidValue,
  'nesting.cycle': invalidValue,
  'version.mismatch': { status: 412 },
  'identity.invalid': invalidValue,
  'identity.conflict': { status: 409 },
  'identity.ambiguous': { status: 409 },
  'role.invalid': invalidValue,
  'role.protected': { status: 403 },
  'source.not_found': invalidValue,
  'source.name_taken': uniqueness,
  'source.invalid': invalidValue,
  'client.not_found': { status: 404 },
  'client.invalid': invalidValue,
  'conflict.not_found': { status: 404 },
  'conflict.decided': { status: 409 },
  'target.not_found': { status: 404 },
  'target.name_taken': uniqueness,
  'target.invalid': invalidValue,
  'plan.not_found': { status: 404 },
  'plan.stale': { status: 409 },
  'plan.decided': { status: 409 },
  'plan.people_only': { status: 403 },
  'plan.not_undoable': { status: 409 },
  'idp.metadata': { status: 422 },
  'sign_in.link_invalid': { status: 403 },
  'import.not_found': { status: 404 },
  'import.unreadable': { status: 400, scimType: 'invalidSyntax' },
  'import.no_file': { status: 404 },
  'history.unknown': invalidValue,
  'cursor.unreadable': { status: 400, scimType: 'invalidCursor' },
  'cursor.expired': { status: 400, scimType: 'expiredCursor' },
  'schema.invalid': { status: 400, scimType: 'invalidSyntax' },
  'filter.invalid': { status: 400, scimType: 'invalidFilter' },
  'body.invalid': { status: 400, scimType: 'invalidSyntax' },
  'path.invalid': { status: 400, scimType: 'invalidPath' },
  'value.invalid': invalidValue,
  'attribute.immutable': mutability,
  'patch.no_target': { status: 400, scimType: 'noTarget' },
} as const satisfies Record<RefusalCode, ScimAnswer>;

/** The answer to an error that was expected; null for a fault. */
export function answerOfError(error: unknown): Answer | null {
  if (isRefusal(error)) {
    const known: ScimAnswer = refusalAnswers[error.code];
    return errorAnswer(known.status, known.scimType ?? null, error.message);
  }
  if (error instanceof ScimProblem) return errorAnswer(error.status, error.scimType, error.message);
  if (error instanceof HttpProblem) {
    const isSyntax = error.code === 'body.malformed' || error.code === 'request.invalid';
    const answer = errorAnswer(error.status, isSyntax ? 'invalidSyntax' : null, error.message);
    return { ...answer, headers: { ...answer.headers, ...error.headers } };
  }
  return null;
}

/** The answer to an error that nobody expected, which is logged here: 503 where the database could not be asked. */
export function fault(requestId: string | null, log: Logger, error: unknown): Answer {
  const overload = overloadOf(error);
  const answer = overload === null ? null : answerOfError(overload);
  if (answer !== null) {
    log.error({ err: error, requestId }, 'A request was sent away: no connection to the database.');
    return answer;
  }
  log.error({ err: error, requestId }, 'A request failed.');
  return errorAnswer(500, null, `Something went wrong here; it is in the log under ${requestId ?? 'SCIM'}.`);
}

/** An error message; the status is a text in it. */
export function errorAnswer(status: number, scimType: ScimType | null, detail: string): Answer {
  const body: JsonObject = {
    schemas: [ERROR_URN],
    status: String(status),
    ...(scimType === null ? {} : { scimType }),
    detail,
  };
  return { status, headers: {}, body };
}
