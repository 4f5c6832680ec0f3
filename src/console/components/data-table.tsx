import type { ComponentChildren } from 'preact';
import { useTexts } from '../frame/here.ts';

export interface Column<Row> {
  readonly head: string;
  readonly cell: (row: Row) => ComponentChildren;
  /**
   * `number` stands right; `actions` holds buttons, its head is for screen readers; `name` heads the row; `long` may
   * have no space in it, as addresses and keys have none.
   */
  readonly kind?: 'text' | 'long' | 'number' | 'actions' | 'name';
}

export interface DataTableProps<Row> {
  /** What the table lists, for those who do not see it. */
  readonly caption: string;
  readonly columns: readonly Column<Row>[];
  readonly rows: readonly Row[];
  readonly keyOf: (row: Row) => string | number;
  readonly paging?: Paging;
}

/** Addresses of other pages of a list; null where there is none. */
export interface Paging {
  readonly first: string | null;
  readonly next: string | null;
}

/**
 * A table; on narrow screens a list of cards, each cell with its column's name. The roles are said besides, since
 * browsers forget them when cells are laid out otherwise.
 */
export function DataTable<Row>({ caption, columns, rows, keyOf, paging }: DataTableProps<Row>) {
  return (
    <>
      <div class="table">
        <table class="data" role="table">
          <caption class="sr">{caption}</caption>
          <thead role="rowgroup">
            <tr role="row">
              {columns.map(({ head, kind = 'text' }) => (
                <th key={head} scope="col" role="columnheader" class={kind}>
                  {kind === 'actions' ? <span class="sr">{head}</span> : head}
                </th>
              ))}
            </tr>
          </thead>
          <tbody role="rowgroup">
            {rows.map((row) => (
              <tr key={keyOf(row)} role="row">
                {columns.map((column) => (
                  <Cell key={column.head} column={column} row={row} />
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      {paging === undefined ? null : <Pager {...paging} />}
    </>
  );
}

function Cell<Row>({
  column: { head, cell, kind = 'text' },
  row,
}: {
  readonly column: Column<Row>;
  readonly row: Row;
}) {
  if (kind === 'name') {
    return (
      <th scope="row" role="rowheader" class="name">
        {cell(row)}
      </th>
    );
  }
  return (
    <td role="cell" class={kind} data-head={kind === 'actions' ? undefined : head}>
      {cell(row)}
    </td>
  );
}

/** Ways to the first page and to the next; nothing where there is one page. */
export function Pager({ first, next }: Paging) {
  const t = useTexts();
  if (first === null && next === null) return null;
  return (
    <nav class="pager" aria-label={t.shell.pages}>
      {first === null ? null : (
        <a class="button plain small" href={first}>
          {t.shell.first}
        </a>
      )}
      {next === null ? null : (
        <a class="button plain small" href={next} rel="next">
          {t.shell.next}
        </a>
      )}
    </nav>
  );
}
