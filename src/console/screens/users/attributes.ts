/** The attributes of a document, one by one, and who states them. */
import type { StatementRow } from '../../../store/screens/user-card.ts';
import type { UserDocument } from '../../../store/users.ts';

export interface ShownAttribute {
  /** Path, such as `name.givenName`. */
  readonly name: string;
  /** The path without the long name of its schema. */
  readonly label: string;
  readonly value: string;
}

/** Attributes with a value, those of an object apart. */
export function attributesOf(document: UserDocument): ShownAttribute[] {
  return Object.entries(document).flatMap(([name, value]) => attributesAt(name, value));
}

function attributesAt(name: string, value: unknown): ShownAttribute[] {
  if (value === null || value === undefined) return [];
  const label = labelOf(name);
  if (Array.isArray(value)) {
    return [{ name, label, value: value.map((each) => textOf(each)).join(', ') }];
  }
  if (typeof value === 'object') {
    return Object.entries(value).flatMap(([part, inner]) =>
      attributesAt(`${name}${name.startsWith('urn:') ? ':' : '.'}${part}`, inner),
    );
  }
  return [{ name, label, value: textOf(value) }];
}

/** The path without the long name of its schema. */
export function labelOf(name: string): string {
  return name.replace(/^urn:.*:/, '');
}

function textOf(value: unknown): string {
  if (typeof value === 'string') return value;
  if (typeof value === 'object' && value !== null && 'value' in value) return textOf(value.value);
  return JSON.stringify(value);
}

/** Names of the sources that state it; of one that nobody states by name, the source that made the account. */
export function sourceOfAttribute(statements: readonly StatementRow[], name: string): string {
  const top = name.split(/[.:]/)[0] ?? name;
  const stating = statements.filter(
    ({ attributes, ended }) =>
      !ended &&
      attributes?.some((each) => each === name || each.startsWith(`${name}.`) || each === top) === true,
  );
  if (stating.length > 0) return [...new Set(stating.map(({ source }) => source))].join(', ');
  return statements.find(({ attributes }) => attributes === null)?.source ?? '';
}
