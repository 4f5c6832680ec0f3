/** What an error of a database means, by SQLSTATE (SQL:2016 part 2, 24.1), in the engine's words (O-06). */
import type { Outcome } from '../../../core/targets/outcome.ts';

/** Ends a transaction with an outcome that is no fault: what was done in it is undone. */
export class RolledBack extends Error {
  readonly outcome: Outcome;

  constructor(outcome: Outcome) {
    super(outcome.kind);
    this.name = 'RolledBack';
    this.outcome = outcome;
  }
}

/**
 * The outcome of an answer. A refusal's code is HTTP's word for it, for the engine has one table: 403 for missing
 * rights, 422 for data that the database does not take (the engine halves a chunk until it knows which member
 * that is).
 */
export function outcomeOfState(state: string, message: string): Outcome {
  const why = `SQLSTATE ${state} ${message}`;
  if (state.startsWith('28')) return { kind: 'unauthorised', why };
  if (state === '23505' || isDuplicate(state, message)) return { kind: 'conflict', why };
  // 42501 of PostgreSQL; MariaDB says 42000 for rights, syntax and more.
  if (state === '42501' || (state === '42000' && /denied/i.test(message))) {
    return { kind: 'rejected', code: 403, why };
  }
  if (/^(21|22|23|44)/.test(state) || isUnfit(state, message)) return { kind: 'rejected', code: 422, why };
  // Anything else is about the server, the connection, the table as a whole, or a clash that passes.
  return { kind: 'down', why };
}

/** MariaDB has one state for every broken constraint, and puts the kind into words. */
function isDuplicate(state: string, message: string): boolean {
  return state === '23000' && /^Duplicate entry/i.test(message);
}

/** MariaDB's HY000 for values that a column does not take. */
function isUnfit(state: string, message: string): boolean {
  return state === 'HY000' && /^(Incorrect|Field|Out of range|Data)/i.test(message);
}
