/** How each row of a file ended. */
import { KEEP_ALL_ROWS, type OutcomeRow, type RowOutcome } from '../../../store/feeds/outcomes.ts';
import type { RunRow } from '../../../store/feeds/run-rows.ts';
import { addressOf } from '../../address.ts';
import { Badge, type BadgeTone } from '../../components/badge.tsx';
import { Card } from '../../components/details.tsx';
import { DataTable, type Paging } from '../../components/data-table.tsx';
import { Empty } from '../../components/empty.tsx';
import { Tabs } from '../../components/tabs.tsx';
import { useTexts } from '../../frame/here.ts';

export const outcomes = [
  'applied',
  'unchanged',
  'refused',
  'suppressed',
  'held',
] as const satisfies readonly RowOutcome[];

export type RowOutcomeName = (typeof outcomes)[number];

const tones = {
  applied: 'good',
  unchanged: 'neutral',
  refused: 'bad',
  suppressed: 'warn',
  held: 'warn',
} as const satisfies Record<RowOutcome, BadgeTone>;

export interface RowTableProps {
  readonly run: RunRow;
  readonly rows: readonly OutcomeRow[];
  readonly outcome: RowOutcomeName | null;
  readonly paging: Paging;
}

export function RowTable({ run, rows, outcome, paging }: RowTableProps) {
  const t = useTexts().imports;
  const path = `/imports/${run.id}`;
  const tabs = [
    { href: path, text: t.run.all },
    ...outcomes.map((name) => ({
      href: addressOf(path, { outcome: name }),
      text: t.rowOutcomes[name],
      ...(run.finished_at === null ? {} : { count: run[name] ?? 0 }),
    })),
  ];
  return (
    <Card title={t.run.rowsTitle}>
      <Tabs label={t.run.outcome} tabs={tabs} at={addressOf(path, { outcome })} />
      {(run.rows_total ?? 0) > KEEP_ALL_ROWS ? <p class="quiet">{t.run.keptSome}</p> : null}
      {rows.length === 0 ? (
        <Empty title={run.finished_at === null ? t.run.noRowsYet : t.run.noRows} />
      ) : (
        <DataTable
          caption={t.run.rowsTitle}
          rows={rows}
          keyOf={({ line }) => line}
          paging={paging}
          columns={[
            {
              head: t.run.line,
              kind: 'name',
              cell: ({ line, file, file_line: inFile }) =>
                file === null ? line : `${file}, ${inFile ?? line}`,
            },
            {
              head: t.run.outcome,
              cell: ({ outcome: ended }) => <Badge tone={tones[ended]}>{t.rowOutcomes[ended]}</Badge>,
            },
            { head: t.run.original, cell: ({ original }) => <code class="row">{original.trimEnd()}</code> },
            { head: t.run.detail, cell: ({ detail }) => detail ?? '' },
          ]}
        />
      )}
    </Card>
  );
}
