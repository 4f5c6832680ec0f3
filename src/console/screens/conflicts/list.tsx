/** Everything that is in dispute. */
import { addressOf, numberIn, wordIn } from '../../address.ts';
import { Badge } from '../../components/badge.tsx';
import { Card } from '../../components/details.tsx';
import { DataTable, type Paging } from '../../components/data-table.tsx';
import { Empty } from '../../components/empty.tsx';
import { Moment } from '../../components/moment.tsx';
import { PageHeader } from '../../components/page-header.tsx';
import { Tabs } from '../../components/tabs.tsx';
import { useHere, useTexts } from '../../frame/here.ts';
import type { ScreenAnswer, Visit } from '../../screen.ts';
import { decisionOf, type Dispute, listDisputes, titleOf } from './dispute.ts';

const PAGE = 50;
const DECIDED = '/conflicts?state=decided';

/** GET /conflicts */
export async function showConflicts({ parts, query, t }: Visit): Promise<ScreenAnswer> {
  const state = wordIn(query, 'state', ['open', 'decided'] as const) ?? 'open';
  const before = numberIn(query, 'before');
  const found = await listDisputes(parts.directory.database, { state, before, limit: PAGE + 1 });
  const shown = found.slice(0, PAGE);
  const said = state === 'open' ? {} : { state };
  const paging = {
    first: before === null ? null : addressOf('/conflicts', said),
    next: found.length > PAGE ? addressOf('/conflicts', { ...said, before: shown.at(-1)?.row.n }) : null,
  };
  return {
    kind: 'page',
    title: t.conflicts.title,
    body: (
      <>
        <PageHeader title={t.conflicts.title} lead={t.conflicts.lead} />
        <Card>
          <ConflictTabs at={addressOf('/conflicts', said)} />
          {shown.length > 0 ? (
            <Disputes rows={shown} state={state} paging={paging} />
          ) : state === 'open' ? (
            <Empty title={t.conflicts.none}>{t.conflicts.noneNext}</Empty>
          ) : (
            <Empty title={t.conflicts.noneDecided} />
          )}
        </Card>
      </>
    ),
  };
}

/** Open, decided, and the keys that are held back. */
export function ConflictTabs({ at }: { readonly at: string }) {
  const t = useTexts().conflicts;
  return (
    <Tabs
      label={t.which}
      tabs={[
        { href: '/conflicts', text: t.open },
        { href: DECIDED, text: t.decided },
        { href: '/conflicts/held-keys', text: t.heldKeys },
      ]}
      at={at}
    />
  );
}

interface DisputesProps {
  readonly rows: readonly Dispute[];
  readonly state: 'open' | 'decided';
  readonly paging: Paging;
}

function Disputes({ rows, state, paging }: DisputesProps) {
  const { t: texts } = useHere();
  const { conflicts: t } = texts;
  return (
    <DataTable
      caption={t.title}
      rows={rows}
      keyOf={({ row }) => row.id}
      paging={paging}
      columns={[
        {
          head: t.what,
          kind: 'name',
          cell: (dispute) => <a href={`/conflicts/${dispute.row.id}`}>{titleOf(texts, dispute)}</a>,
        },
        { head: t.kind, cell: ({ row }) => t.kinds[row.kind] },
        { head: t.who, cell: (dispute) => sayerOf(dispute) },
        { head: t.times, kind: 'number', cell: ({ row }) => row.times },
        { head: t.last, cell: ({ row }) => <Moment at={row.last_at} /> },
        ...(state === 'open'
          ? []
          : [{ head: t.decided, cell: (dispute: Dispute) => <Decided dispute={dispute} /> }]),
      ]}
    />
  );
}

/** The client or feed that a conflict is with. */
export function sayerOf(dispute: Dispute): string {
  return dispute.of === 'client' ? dispute.row.client : dispute.row.source;
}

/** How it was decided. */
export function Decided({ dispute }: { readonly dispute: Dispute }) {
  const t = useTexts().conflicts;
  const decision = decisionOf(dispute);
  return decision === null ? null : <Badge>{t.decidedAs[decision]}</Badge>;
}
