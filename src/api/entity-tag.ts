/** Entity tags and the conditions on them (RFC 9110 §8.8.3, §13.1). */
import type { Expectation } from '../core/version.ts';

/** A strong tag of a version. */
export function versionTag(version: number): string {
  return `"${version}"`;
}

/** The versions that a writer expects by If-Match; null where it expects nothing. A foreign tag fits no version. */
export function readIfMatch(header: string | null): Expectation | null {
  if (header === null) return null;
  const text = header.trim();
  return {
    text,
    versions:
      text === '*'
        ? 'any'
        : tagsIn(text).map((tag) => (/^"\d{1,15}"$/.test(tag) ? Number(tag.slice(1, -1)) : NaN)),
  };
}

/** True when If-None-Match names the tag: the reader has it already (weak comparison). */
export function isKnown(ifNoneMatch: string | null, tag: string): boolean {
  if (ifNoneMatch === null) return false;
  return ifNoneMatch.trim() === '*' || tagsIn(ifNoneMatch).includes(tag);
}

function tagsIn(header: string): readonly string[] {
  return header.split(',').map((tag) => tag.trim().replace(/^W\//, ''));
}
