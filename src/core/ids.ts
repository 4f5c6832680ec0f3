/**
 * Identifiers. At the edge everything is a uuid; inside, users and groups share one sequence of dense
 * integers (`n`), so that a member is one integer whichever it is (docs/decisions/0001). Neither is ever
 * reused (D-06).
 */
declare const brand: unique symbol;
type Brand<T, Name extends string> = T & { readonly [brand]: Name };

export type UserId = Brand<string, 'UserId'>;
export type GroupId = Brand<string, 'GroupId'>;

/** Dense integer of a user. */
export type UserN = Brand<number, 'UserN'>;
/** Dense integer of a group. */
export type GroupN = Brand<number, 'GroupN'>;
/** Dense integer of a source. */
export type SourceN = Brand<number, 'SourceN'>;
/** Number of a row of the table `origin`. */
export type OriginN = Brand<number, 'OriginN'>;

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

/** True for the text of a uuid in its usual form. */
export function isUuid(text: string): boolean {
  return UUID.test(text);
}

/** Reads a user id from outside; null when the text is no uuid, which no user can have. */
export function parseUserId(text: string): UserId | null {
  return isUuid(text) ? (text.toLowerCase() as UserId) : null;
}

/** Reads a group id from outside; null when the text is no uuid, which no group can have. */
export function parseGroupId(text: string): GroupId | null {
  return isUuid(text) ? (text.toLowerCase() as GroupId) : null;
}
