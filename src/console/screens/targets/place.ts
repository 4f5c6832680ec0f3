/** The numbers of objects of a ledger, negative ones of roles among them, are carried by addresses from zero on. */
const MOST_PLACE = 4_294_967_295;

/** A place in a ledger's list that an address carries; null for anything else, since a list then begins at its beginning. */
export function placeIn(query: URLSearchParams, name: string): number | null {
  const text = query.get(name) ?? '';
  return /^\d{1,10}$/.test(text) && Number(text) <= MOST_PLACE ? Number(text) : null;
}
