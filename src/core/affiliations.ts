/** Affiliations: what an identity provider says a person is to an institution, and the groups that follow it (D-16). */
import { foldName, foldText } from './names.ts';

/** One affiliation as it was received; `scope` null for an unscoped one. */
export interface Affiliation {
  readonly value: string;
  readonly scope: string | null;
}

const PREFIX = 'affiliation.';
const MAX_KEY = 400;
// eslint-disable-next-line no-control-regex -- control characters are what this looks for
const UNFIT = /[\u0000-\u001f\u007f@]/;

/**
 * The form under which two affiliations are the same: `value` or `value@scope`, without case. Null for one
 * that is none: empty, over 400 characters, with control characters, or with an `@` of its own, by which an
 * unscoped value could pass for a scoped one.
 */
export function affiliationKey({ value, scope }: Affiliation): string | null {
  const parts = [value, ...(scope === null ? [] : [scope])].map((part) => foldText(part.trim()));
  const key = parts.join('@');
  const isFit = parts.every((part) => part !== '' && !UNFIT.test(part) && part.isWellFormed());
  return isFit && key.length <= MAX_KEY ? key : null;
}

/** The affiliation that a group of that name follows, in its folded form; null when the name is of another kind. */
export function affiliationFollowedBy(groupName: string): string | null {
  const name = foldName(groupName);
  return name.startsWith(PREFIX) ? name.slice(PREFIX.length) : null;
}
