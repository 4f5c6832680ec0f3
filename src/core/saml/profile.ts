/** What a provider says of a person, written into the SCIM attributes of the account. */
import { foldName } from '../names.ts';

export type Profile = Readonly<Record<string, string>>;
type Document = Readonly<Record<string, unknown>>;

export interface ProfileChange {
  /** What the provider said at the login before. */
  readonly before: Profile;
  readonly after: Profile;
}

/**
 * The document with what the provider changed since its last word. What it says as before is left as it stands, so
 * that a login does not undo what another source wrote since (D-09); what it no longer says stays too.
 */
export function documentWith(document: Document, { before, after }: ProfileChange): Document {
  const changed = Object.fromEntries(Object.entries(after).filter(([field, text]) => before[field] !== text));
  const { displayName, givenName, familyName, email } = changed;
  const named = { ...recordIn(document.name), ...textsOf({ givenName, familyName }) };
  return {
    ...document,
    ...textsOf({ displayName }),
    ...(Object.keys(named).length === 0 ? {} : { name: named }),
    ...(email === undefined ? {} : { emails: withEmail(document.emails, email) }),
  };
}

/** A new address comes first; the others stay. */
function withEmail(emails: unknown, email: string): readonly unknown[] {
  const standing: readonly unknown[] = Array.isArray(emails) ? emails : [];
  const isThere = standing.some((one) => foldName(textIn(recordIn(one).value)) === foldName(email));
  return isThere ? standing : [{ value: email, type: 'work', primary: standing.length === 0 }, ...standing];
}

function textIn(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

function recordIn(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : {};
}

function textsOf(fields: Readonly<Record<string, string | undefined>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(fields).flatMap(([key, text]) => (text === undefined ? [] : [[key, text]])),
  );
}
