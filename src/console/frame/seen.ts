/** Parts of pages that are asked for again and again: an answer that would change nothing is not sent. */

/** Header in which a browser says what it shows already. */
export const SEEN_HEADER = 'Muster-Seen';

/** Attribute of a part that says what it is. */
export function seenMark(seen: string): { readonly 'data-seen': string } {
  return { 'data-seen': seen };
}

/** Whether a page has the part as the browser shows it; `seen` is empty for a browser that asks for a page. */
export function isSeen(page: string, seen: string): boolean {
  return /^[\w-]{43}$/.test(seen) && page.includes(`data-seen="${seen}"`);
}
