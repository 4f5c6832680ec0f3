/** What an LDAP result code means (RFC 4511 §4.1.9), in the engine's words (O-06). */
import type { Outcome } from '../../../core/targets/outcome.ts';

export interface LdapAnswer {
  readonly kind: 'answer';
  readonly code: number;
  readonly message: string;
}

export const LDAP = {
  success: 0,
  noSuchAttribute: 16,
  attributeOrValueExists: 20,
  unavailableCriticalExtension: 12,
  noSuchObject: 32,
  objectClassViolation: 65,
} as const;

/** The server is busy or refers us elsewhere, which has nothing to do with the object. */
const DOWN = new Set([1, 3, 9, 10, 51, 52, 54, 80]);
/** Our bind is not enough: unknown, or the server asks for a stronger one. */
const UNAUTHORISED = new Set([7, 8, 13, 48, 49]);

/**
 * The outcome of a write. The code of a refusal is HTTP's word for it, for the engine has one table: 403 for
 * missing rights, 413 for a request over the server's limits, 422 for data that the server does not take (the
 * engine halves a chunk until it knows which member that is).
 */
export function outcomeOf({ code, message }: LdapAnswer): Outcome {
  const why = `LDAP ${code} ${message}`.trim();
  if (code === LDAP.success) return { kind: 'applied' };
  if (code === LDAP.noSuchObject) return { kind: 'missing', why };
  if (code === 68) return { kind: 'conflict', why };
  if (UNAUTHORISED.has(code)) return { kind: 'unauthorised', why };
  if (DOWN.has(code)) return { kind: 'down', why };
  if (code === 50) return { kind: 'rejected', code: 403, why };
  if (code === 4 || code === 11) return { kind: 'rejected', code: 413, why };
  return { kind: 'rejected', code: 422, why };
}
