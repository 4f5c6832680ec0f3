/** The operator's templates for finding a user whose entry is somebody else's to keep. */
import type { Filter } from 'ldapts';
import type { TargetUser } from '../../connector.ts';
import { valuesOf } from '../user-values.ts';
import { escapeDnValue } from './dn.ts';
import { equal, mapEqualities, parseFilter, present } from './filter.ts';

/** A value of the user in a template: `{userName}`, `{id}`, `{emails}`, … */
const FIELD = /\{([^{}]+)\}/g;

/** What is wrong with a lookup filter, as a sentence; null when it is good. */
export function faultOfLookup(text: string): string | null {
  const filter = parseFilter(text);
  if (filter === null) return 'must be a search filter, such as (uid={userName})';
  const compared = equalitiesOf(filter).map(({ value }) => value);
  return compared.some((value) => value.search(FIELD) >= 0)
    ? null
    : 'must compare an attribute with {userName} or another value of the user';
}

/** The filter that finds this user. What the user is called is compared with, never read as a filter. */
export function filterFor(text: string, user: TargetUser): Filter {
  return mapEqualities(parsed(text), (attribute, value) => equal(attribute, fill(value, user)));
}

/** The filter that finds everybody whom {@link filterFor} could find. */
export function everybody(text: string): Filter {
  return mapEqualities(parsed(text), (attribute, value) =>
    value.search(FIELD) >= 0 ? present(attribute) : equal(attribute, value),
  );
}

/** Attributes that hold the userName, by the filter. */
export function nameAttributes(text: string): string[] {
  return equalitiesOf(parsed(text))
    .filter(({ value }) => value.includes('{userName}'))
    .map(({ attribute }) => attribute);
}

/** The name of a user's entry by a template; its values cannot end their step. */
export function dnFor(template: string, user: TargetUser): string {
  return fill(template, user, escapeDnValue);
}

function equalitiesOf(filter: Filter): { readonly attribute: string; readonly value: string }[] {
  const found: { attribute: string; value: string }[] = [];
  mapEqualities(filter, (attribute, value) => {
    found.push({ attribute, value });
    return equal(attribute, value);
  });
  return found;
}

function fill(text: string, user: TargetUser, write = (value: string) => value): string {
  return text.replaceAll(FIELD, (_whole, path: string) => write(valuesOf(user, path)[0] ?? ''));
}

/** The settings hold only filters that {@link faultOfLookup} let pass. */
function parsed(text: string): Filter {
  return parseFilter(text) ?? present('objectClass');
}
