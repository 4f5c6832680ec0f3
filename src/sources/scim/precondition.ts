/**
 * If-Match and If-None-Match (RFC 9110 §13.1, RFC 7644 §3.14). Tags are compared by what is in the quotes; `W/` is
 * ignored. A `*` fits every version, alone or among others.
 */
import { type Expectation, requireVersion } from '../../core/version.ts';
import type { Call } from './call.ts';

type Preconditions = Pick<Call, 'ifMatch' | 'ifNoneMatch'>;

/** The versions that a writer expects, and those that it does not want; null where it expects nothing. A tag that is none of ours fits no version. */
export function readPrecondition({ ifMatch, ifNoneMatch }: Preconditions): Expectation | null {
  const wanted = versionsIn(ifMatch);
  const except = versionsIn(ifNoneMatch);
  if (wanted === null && except === null) return null;
  const text = [
    ...(ifMatch === null ? [] : [ifMatch]),
    ...(ifNoneMatch === null ? [] : [`none of ${ifNoneMatch}`]),
  ];
  return { text: text.join(', '), versions: wanted ?? 'any', ...(except === null ? {} : { except }) };
}

/** Refuses (`version.mismatch`) a read that was made for another version. */
export function requireReadable({ ifMatch }: Preconditions, version: number): void {
  requireVersion(readPrecondition({ ifMatch, ifNoneMatch: null }), version);
}

/** True when the reader has this version already. */
export function isKnownTo({ ifNoneMatch }: Preconditions, version: number): boolean {
  const known = versionsIn(ifNoneMatch);
  return known !== null && (known === 'any' || known.includes(version));
}

function versionsIn(header: string | null): readonly number[] | 'any' | null {
  if (header === null || header.trim() === '') return null;
  const tags = header.split(',').map((tag) => tag.trim());
  return tags.includes('*') ? 'any' : tags.map(versionOf);
}

function versionOf(tag: string): number {
  const inner = tag.replace(/^W\//, '').replace(/^"(.*)"$/, '$1');
  return /^\d{1,15}$/.test(inner) ? Number(inner) : NaN;
}
