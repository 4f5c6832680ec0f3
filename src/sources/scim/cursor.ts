/**
 * Cursors of lists (RFC 9865): the place of the last row, signed together with whose list it is, which, of what
 * page size, and when. A cursor is good for one client and one query; what a client may see is looked at anew for
 * every page.
 */
import { Refusal } from '../../core/refusal.ts';
import { readSigned, sign } from '../../core/seal.ts';
import type { RowPlace } from '../../store/scim/order.ts';
import type { ScimParts } from './call.ts';
import { ScimProblem } from './problem.ts';

/** What a cursor is bound to. */
export interface CursorTerms {
  readonly source: number;
  /** Fingerprint of filter and order. */
  readonly query: string;
  readonly count: number;
}

/** A cursor for the page after `place`. */
export function makeCursor(
  parts: ScimParts,
  { source, query, count }: CursorTerms,
  { n, key }: RowPlace,
): string {
  return sign(
    parts.cursorKey,
    Buffer.from(JSON.stringify([source, query, count, Math.floor(parts.now()), n, key])),
  );
}

/** The place that a cursor stands for. Refuses all that is not ours, in the same words; an old one; another count. */
export function readCursor(parts: ScimParts, terms: CursorTerms, text: string): RowPlace {
  const bytes = /^[\w-]{1,8192}$/.test(text) ? readSigned(parts.cursorKey, text) : null;
  if (bytes === null) throw unreadable();
  const [source, query, count, at, n, key] = JSON.parse(bytes.toString()) as [
    number,
    string,
    number,
    number,
    number,
    string | null,
  ];
  if (source !== terms.source || query !== terms.query) throw unreadable();
  if (parts.now() - at > parts.limits.cursorSeconds * 1_000) {
    throw new Refusal('cursor.expired', { why: 'start from the first page again.' });
  }
  if (count !== terms.count)
    throw new ScimProblem(400, 'invalidCount', 'The count must be the same for all pages.');
  return { n, key };
}

function unreadable(): Refusal {
  return new Refusal('cursor.unreadable', { why: 'it is not one of this list.' });
}
