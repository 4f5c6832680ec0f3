/** If-Match and If-None-Match (RFC 9110 §13.1, RFC 7644 §3.14). Tags are compared by what is in the quotes; `W/` is ignored. */
import type { Expectation } from '../../core/version.ts';

/** The versions that a writer expects; null where it expects nothing. A tag that is none of ours fits no version. */
export function readIfMatch(header: string | null): Expectation | null {
  if (header === null || header.trim() === '') return null;
  const text = header.trim();
  return { text, versions: text === '*' ? 'any' : tagsIn(text).map(versionOf) };
}

/** True when the reader has this version already. */
export function isKnownTo(ifNoneMatch: string | null, version: number): boolean {
  if (ifNoneMatch === null) return false;
  const text = ifNoneMatch.trim();
  return text === '*' || tagsIn(text).some((tag) => versionOf(tag) === version);
}

function tagsIn(text: string): readonly string[] {
  return text.split(',').map((tag) =>
    tag
      .trim()
      .replace(/^W\//, '')
      .replace(/^"(.*)"$/, '$1'),
  );
}

function versionOf(tag: string): number {
  return /^\d{1,15}$/.test(tag) ? Number(tag) : NaN;
}
