/**
 * SQL as text and values kept apart. A hole of the template takes another piece of SQL or a value; a value is
 * always bound and can never become text, whatever is in it.
 */

export type Value = string | null | readonly string[];

export interface Sql {
  /** One more than there are values, which stand between them. */
  readonly texts: readonly string[];
  readonly values: readonly Value[];
}

export function sql(strings: TemplateStringsArray, ...holes: readonly (Sql | Value)[]): Sql {
  const pieces = holes.map((hole) => (isSql(hole) ? hole : { texts: ['', ''], values: [hole] }));
  return pieces.reduce<Sql>(
    (whole, piece, at) => append(append(whole, piece), verbatim(strings[at + 1] ?? '')),
    verbatim(strings[0] ?? ''),
  );
}

function append(one: Sql, other: Sql): Sql {
  const last = one.texts.at(-1) ?? '';
  const [first = '', ...more] = other.texts;
  return {
    texts: [...one.texts.slice(0, -1), last + first, ...more],
    values: [...one.values, ...other.values],
  };
}

/** Text that is SQL already: a quoted identifier, or a type as the catalog writes it. */
export function verbatim(text: string): Sql {
  return { texts: [text], values: [] };
}

/** Pieces one after another, with a separator between. */
export function joined(pieces: readonly Sql[], separator: Sql): Sql {
  const [first, ...rest] = pieces;
  return rest.reduce((whole, piece) => sql`${whole}${separator}${piece}`, first ?? verbatim(''));
}

/** The text with what the driver wants in the place of each value. */
export function textOf({ texts }: Sql, placeholder: (nth: number) => string): string {
  return texts.map((text, at) => (at === 0 ? text : placeholder(at) + text)).join('');
}

function isSql(hole: Sql | Value): hole is Sql {
  return typeof hole === 'object' && hole !== null && 'texts' in hole;
}
