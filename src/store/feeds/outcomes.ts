/** How the rows of a run ended: each in exactly one outcome, and the counts add up to the rows. */
import { type Connection, onlyRow, type Tx } from '../database.ts';
import type { RunN } from './staging.ts';
import type { RowTally } from './tally.ts';

/** Every row of a file up to this size keeps its outcome; of a larger one, those that were not simply applied. */
export const KEEP_ALL_ROWS = 10_000;

export type RowOutcome = 'applied' | 'unchanged' | 'refused' | 'suppressed' | 'held';

export interface RowCounts {
  readonly total: number;
  readonly applied: number;
  readonly unchanged: number;
  readonly refused: number;
  readonly suppressed: number;
  readonly held: number;
}

export interface OutcomeRow {
  readonly line: number;
  readonly outcome: RowOutcome;
  readonly code: string | null;
  readonly detail: string | null;
  readonly original: string;
  /** The file of a set that the row stands in, and its line there; null for a single file. */
  readonly file: string | null;
  readonly file_line: number | null;
}

/** Lines that made a change of the net difference: a membership, a group, a role. */
const APPLIED = `
  select line from staged_pair where moves and line is not null
  union
  select made_line from staged_name where made_line is not null
  union
  select line from staged_effect`;
/** How many those are where no row can make more than one pair: without sorting a million lines. */
const APPLIED_ONE_BY_ONE = `
  select (select count(*) from staged_pair where moves and line is not null) + (
    select count(*) from (
      select made_line as line from staged_name where made_line is not null union select line from staged_effect) m
    where not exists (select 1 from staged_pair p where p.line = m.line and p.moves))`;
/** Lines that restate what was taken out explicitly (D-02). */
const SUPPRESSED = `
  select distinct line from staged_pair where action = 's' and line not in (${APPLIED})`;

/** Counts the outcomes of so many rows, and keeps them: of a small file all, of a large one what was not simply applied. */
export async function writeOutcomes(tx: Tx, run: RunN, tally: RowTally): Promise<RowCounts> {
  const { rows: total, hasStars, hasRoles, hasPeople } = tally;
  const isOnePairARow = !hasStars && !hasRoles && !hasPeople;
  const count = `
    select (${isOnePairARow ? APPLIED_ONE_BY_ONE : `select count(*) from (${APPLIED}) a`})::int as applied,
           (select count(*) from staged_refusal)::int as refused,
           (select count(*) from (${SUPPRESSED}) s)::int as suppressed`;
  const { applied, refused, suppressed } = onlyRow(
    await tx.rows<Pick<RowCounts, 'applied' | 'refused' | 'suppressed'>>({ text: count }),
  );
  if (total <= KEEP_ALL_ROWS) await tx.rows({ text: keepAll }, [run]);
  else if (refused + suppressed > 0) await tx.rows({ text: keepSome }, [run]);
  return { total, applied, unchanged: total - applied - refused - suppressed, refused, suppressed, held: 0 };
}

const keepAll = `
  insert into import_row (run_n, line, outcome, code, detail, original)
  select $1, s.line,
         case when r.line is not null then 'refused' when a.line is not null then 'applied'
           when u.line is not null then 'suppressed' else 'unchanged' end,
         r.code, r.detail, s.original
  from staged_row s
  left join staged_refusal r on r.line = s.line
  left join (${APPLIED}) a on a.line = s.line
  left join (${SUPPRESSED}) u on u.line = s.line`;

const keepSome = `
  insert into import_row (run_n, line, outcome, code, detail, original)
  select $1, s.line, k.outcome, k.code, k.detail, s.original
  from (
    select line, 'refused' as outcome, code, detail from staged_refusal
    union all
    select line, 'suppressed', null, null from (${SUPPRESSED}) u) k
  join staged_row s on s.line = k.line`;

/** Says of the rows of a set in which of its files they stand, and on which line there. */
export async function placeOutcomes(
  tx: Tx,
  run: RunN,
  set: readonly { readonly file: string; readonly before: number }[],
): Promise<void> {
  const text = `
    with part as (
      select file, before, lead(before) over (order by before) as until
      from unnest($2::text[], $3::int[]) as t(file, before))
    update import_row r set file = p.file, file_line = r.line - p.before
    from part p where r.run_n = $1 and r.line > p.before and (p.until is null or r.line <= p.until)`;
  await tx.rows({ text }, [run, set.map(({ file }) => file), set.map(({ before }) => before)]);
}

/** Writes outcomes down again that went with the changes of a dry run. */
export async function keepOutcomes(tx: Tx, run: RunN, rows: readonly OutcomeRow[]): Promise<void> {
  const text = `
    insert into import_row (run_n, line, outcome, code, detail, original, file, file_line)
    select $1, * from unnest($2::int[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::int[])`;
  await tx.rows({ text }, [
    run,
    rows.map(({ line }) => line),
    rows.map(({ outcome }) => outcome),
    rows.map(({ code }) => code),
    rows.map(({ detail }) => detail),
    rows.map(({ original }) => original),
    rows.map(({ file }) => file),
    rows.map(({ file_line: line }) => line),
  ]);
}

/** Forgets how the rows of a run ended, before it is carried out again. */
export async function dropOutcomes(tx: Tx, run: RunN): Promise<void> {
  await tx.rows({ text: 'delete from import_row where run_n = $1' }, [run]);
}

/** Lines of `*` deletions of the file in hand (F-07). */
export async function listStarLines(tx: Tx): Promise<number[]> {
  const text = `select line from staged_row where kind in ('U', 'G')`;
  return (await tx.rows<{ line: number }>({ text })).map(({ line }) => line);
}

/** Outcomes of rows in file order, after a line; `outcome` null for all. */
export async function listOutcomes(
  connection: Connection,
  { run, after, limit, outcome }: { run: RunN; after: number; limit: number; outcome: RowOutcome | null },
): Promise<OutcomeRow[]> {
  const text = `
    select line, outcome, code, detail, original, file, file_line from import_row
    where run_n = $1 and line > $2 and ($4::text is null or outcome = $4) order by line limit $3`;
  return connection.rows<OutcomeRow>({ text }, [run, after, limit, outcome]);
}
