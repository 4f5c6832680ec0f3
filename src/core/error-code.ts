/**
 * The code that Node and PostgreSQL put on their errors (`ENOENT`, `23505`); empty for anything without one.
 * Asks for the property and not for the class, because an error of another realm (a worker, a test's sandbox) is
 * no `instanceof` ours.
 */
export function errorCode(error: unknown): string {
  if (typeof error !== 'object' || error === null || !('code' in error)) return '';
  return typeof error.code === 'string' ? error.code : '';
}
