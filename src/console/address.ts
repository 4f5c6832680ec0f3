/** Addresses within the console, and the numbers that they carry. */

/** A path with those parameters that are set. */
export function addressOf(
  path: string,
  query: Readonly<Record<string, string | number | null | undefined>>,
): string {
  const set = Object.entries(query).flatMap(([name, value]): [string, string][] =>
    value === null || value === undefined || value === '' ? [] : [[name, String(value)]],
  );
  return set.length === 0 ? path : `${path}?${new URLSearchParams(set).toString()}`;
}

/** The largest that a number of the database is. */
const MOST = 2_147_483_647;

/** A whole number that an address carries; null for anything else, since a list then begins at its beginning. */
export function numberIn(query: URLSearchParams, name: string): number | null {
  const text = query.get(name) ?? '';
  return /^\d{1,10}$/.test(text) && Number(text) <= MOST ? Number(text) : null;
}

/** One of those words that an address or a form carries; null for anything else. */
export function wordIn<T extends string>(
  query: URLSearchParams,
  name: string,
  words: readonly T[],
): T | null {
  const text = query.get(name);
  return words.find((word) => word === text) ?? null;
}
