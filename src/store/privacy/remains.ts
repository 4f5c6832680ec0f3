/** Where words stand in the database at all: every text, list of texts and JSON of every table of ours. */
import type { Tx } from '../database.ts';

export interface Remains {
  readonly table: string;
  readonly column: string;
  readonly rows: number;
}

const tables = `
  select c.relname as "table", array_agg(a.attname::text order by a.attnum) as columns
  from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
  where c.relkind = 'r' and c.relnamespace = current_schema()::regnamespace and c.relname !~ '^knex_'
    and a.atttypid in ('text'::regtype, 'text[]'::regtype, 'varchar'::regtype, 'jsonb'::regtype, 'json'::regtype)
  group by c.oid, c.relname order by c.relname`;

/** Rows that hold something that the pattern (patternOf) finds, by table and column. Reads everything. */
export async function findRemains(tx: Tx, pattern: string): Promise<Remains[]> {
  const found: Remains[] = [];
  for (const { table, columns } of await tx.rows<{ table: string; columns: string[] }>({ text: tables })) {
    const counts = columns.map(
      (column, at) => `count(*) filter (where normalize("${column}"::text) ~* $1)::int as c${at}`,
    );
    const [row] = await tx.rows<Record<string, number>>(
      { text: `select ${counts.join(', ')} from "${table}"` },
      [pattern],
    );
    columns.forEach((column, at) => {
      const rows = row?.[`c${at}`] ?? 0;
      if (rows > 0)
        found.push({ table: table.replace(/^change_(\d{4}_\d{2}|default)$/, 'change'), column, rows });
    });
  }
  return found;
}
