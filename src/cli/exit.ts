import { isRefusal, type Refusal, type RefusalCode } from '../core/refusal.ts';
import { SetupProblem, Unreachable } from '../core/setup-problem.ts';
import { writeJson, type CommandIo } from './terminal.ts';

/** What a command ends with (interface.md, Command line). */
export const exit = {
  done: 0,
  unexpected: 1,
  usage: 2,
  configuration: 3,
  rowsRefused: 4,
  held: 5,
  unreachable: 6,
  notAllowed: 7,
  conflict: 8,
  different: 9,
} as const;

export type ExitCode = (typeof exit)[keyof typeof exit];

/** This door's answer to every refusal: something named wrongly, not allowed, or in conflict with what is there. */
const exitOfRefusal = {
  'user.not_found': exit.usage,
  'user.name_taken': exit.conflict,
  'user.invalid': exit.usage,
  'user.quarantined': exit.notAllowed,
  'group.not_found': exit.usage,
  'group.name_taken': exit.conflict,
  'group.name_reserved': exit.notAllowed,
  'group.invalid': exit.usage,
  'group.automatic': exit.notAllowed,
  'group.reserved': exit.notAllowed,
  'actor.not_allowed': exit.notAllowed,
  'group.protected': exit.notAllowed,
  'user.protected': exit.notAllowed,
  'group.protected_open': exit.conflict,
  'group.restricted': exit.notAllowed,
  'group.internal': exit.notAllowed,
  'join.not_permitted': exit.notAllowed,
  'join.already_member': exit.conflict,
  'leave.not_member': exit.conflict,
  'leave.indirect': exit.conflict,
  'request.not_found': exit.usage,
  'request.pending': exit.conflict,
  'request.decided': exit.conflict,
  'request.other_kind': exit.conflict,
  'permission.invalid': exit.usage,
  'permission.not_held': exit.notAllowed,
  'role.not_held': exit.notAllowed,
  'role.not_found': exit.usage,
  'role.in_use': exit.conflict,
  'delegation.invalid': exit.usage,
  'membership.over': exit.usage,
  'user.inactive': exit.conflict,
  'role.name_taken': exit.conflict,
  'inbox.not_found': exit.usage,
  'entry.not_found': exit.usage,
  'member.not_found': exit.usage,
  'nesting.cycle': exit.conflict,
  'version.mismatch': exit.conflict,
  'identity.invalid': exit.rowsRefused,
  'identity.conflict': exit.rowsRefused,
  'identity.ambiguous': exit.rowsRefused,
  'role.invalid': exit.usage,
  'role.protected': exit.notAllowed,
  'source.not_found': exit.usage,
  'source.name_taken': exit.conflict,
  'source.invalid': exit.usage,
  'client.not_found': exit.usage,
  'client.invalid': exit.usage,
  'conflict.not_found': exit.usage,
  'conflict.decided': exit.conflict,
  'target.not_found': exit.usage,
  'target.name_taken': exit.conflict,
  'target.invalid': exit.usage,
  'plan.not_found': exit.usage,
  'plan.stale': exit.conflict,
  'plan.decided': exit.conflict,
  'plan.people_only': exit.notAllowed,
  'plan.not_undoable': exit.notAllowed,
  'idp.metadata': exit.configuration,
  'sign_in.link_invalid': exit.notAllowed,
  'import.not_found': exit.usage,
  'import.unreadable': exit.rowsRefused,
  'import.no_file': exit.usage,
  'history.unknown': exit.usage,
  'cursor.unreadable': exit.usage,
  'cursor.expired': exit.conflict,
  'schema.invalid': exit.usage,
  'filter.invalid': exit.usage,
  'body.invalid': exit.usage,
  'path.invalid': exit.usage,
  'value.invalid': exit.usage,
  'attribute.immutable': exit.notAllowed,
  'patch.no_target': exit.usage,
} satisfies Record<RefusalCode, ExitCode>;

/** Tells a failure in the form that was asked for, and answers the exit code. */
export function tellFailure(error: unknown, io: CommandIo, form: 'json' | 'text'): ExitCode {
  const { code, error: name, sentence, steps } = describe(error, io);
  if (form === 'json') writeJson(io.err, { error: name, message: sentence, steps });
  else io.err.write([sentence, ...steps.map((step) => `  ${step}`)].join('\n') + '\n');
  return code;
}

/** Tells a command line that cannot be read, as JSON. */
export function tellUsage({ message }: Error, io: CommandIo): void {
  const sentence = message.replace(/^error: /, '');
  writeJson(io.err, { error: 'usage', message: sentence, steps: ['Add --help for what there is.'] });
}

interface Failure {
  readonly code: ExitCode;
  readonly error: string;
  readonly sentence: string;
  readonly steps: readonly string[];
}

function describe(error: unknown, io: CommandIo): Failure {
  if (isRefusal(error)) return describeRefusal(error);
  if (error instanceof Unreachable) {
    return { code: exit.unreachable, error: 'unreachable', sentence: error.message, steps: error.steps };
  }
  if (error instanceof SetupProblem) {
    return { code: exit.configuration, error: 'configuration', sentence: error.message, steps: error.steps };
  }
  const details = error instanceof Error ? (error.stack ?? error.message) : String(error);
  const isAsked = (io.environment.MUSTER_LOG_LEVEL ?? '') === 'debug';
  return {
    code: exit.unexpected,
    error: 'unexpected',
    sentence: `Something unexpected happened: ${error instanceof Error ? error.message : String(error)}`,
    steps: isAsked ? details.split('\n') : ['MUSTER_LOG_LEVEL=debug shows where.'],
  };
}

function describeRefusal(refusal: Refusal): Failure {
  return { code: exitOfRefusal[refusal.code], error: refusal.code, sentence: refusal.message, steps: [] };
}
