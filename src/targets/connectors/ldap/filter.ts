/**
 * Search filters (RFC 4515) as trees, never as text put together: a value goes onto the wire as bytes of its
 * own and cannot become syntax, whatever is in it.
 */
import {
  AndFilter,
  EqualityFilter,
  type Filter,
  FilterParser,
  NotFilter,
  OrFilter,
  PresenceFilter,
} from 'ldapts';

export function equal(attribute: string, value: string): Filter {
  return new EqualityFilter({ attribute, value });
}

export function present(attribute: string): Filter {
  return new PresenceFilter({ attribute });
}

export function all(...filters: readonly Filter[]): Filter {
  return new AndFilter({ filters: [...filters] });
}

export function anyOf(attribute: string, values: readonly string[]): Filter {
  return new OrFilter({ filters: values.map((value) => equal(attribute, value)) });
}

/** Reads an operator's filter; null when it is none. */
export function parseFilter(text: string): Filter | null {
  try {
    return FilterParser.parseString(text);
  } catch {
    return null;
  }
}

/** The filter with another one in the place of each equality, wherever in it. */
export function mapEqualities(filter: Filter, map: (attribute: string, value: string) => Filter): Filter {
  if (filter instanceof AndFilter)
    return new AndFilter({ filters: filter.filters.map((inner) => mapEqualities(inner, map)) });
  if (filter instanceof OrFilter)
    return new OrFilter({ filters: filter.filters.map((inner) => mapEqualities(inner, map)) });
  if (filter instanceof NotFilter) return new NotFilter({ filter: mapEqualities(filter.filter, map) });
  if (filter instanceof EqualityFilter && typeof filter.value === 'string')
    return map(filter.attribute, filter.value);
  return filter;
}
