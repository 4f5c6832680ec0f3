/** What a person is called, from what sources state of the name. */

/** The attributes of a user that say its name, as a document has them (RFC 7643 §4.1.1); anything may be missing. */
export interface NameParts {
  readonly displayName?: unknown;
  readonly name?: unknown;
}

/**
 * The name in full: as it is to be shown, else as it is written as a whole, else given name and family name, whichever
 * there are. Null where nothing of it is known; a page then has the userName.
 */
export function fullNameOf({ displayName, name }: NameParts): string | null {
  const { formatted, givenName, familyName } = partsOf(name);
  const composed = [textOf(givenName), textOf(familyName)].filter((part) => part !== null).join(' ');
  return textOf(displayName) ?? textOf(formatted) ?? textOf(composed);
}

function partsOf(name: unknown): { formatted?: unknown; givenName?: unknown; familyName?: unknown } {
  return typeof name === 'object' && name !== null ? name : {};
}

function textOf(value: unknown): string | null {
  return typeof value === 'string' && value.trim() !== '' ? value.trim() : null;
}
