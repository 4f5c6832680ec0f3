/** Plans that wait, and those that were decided. */
import { listPlans, type PlanRow } from '../../../store/plans/plans.ts';
import { addressOf, numberIn } from '../../address.ts';
import { Badge, type BadgeTone } from '../../components/badge.tsx';
import { Card } from '../../components/details.tsx';
import { DataTable, type Paging } from '../../components/data-table.tsx';
import { Empty } from '../../components/empty.tsx';
import { Moment } from '../../components/moment.tsx';
import { PageHeader } from '../../components/page-header.tsx';
import { Tabs } from '../../components/tabs.tsx';
import { useTexts } from '../../frame/here.ts';
import type { ScreenAnswer, Visit } from '../../screen.ts';

const PAGE = 50;

type Shown = 'waiting' | 'all';

/** GET /plans */
export async function showPlans({ parts, query, t }: Visit): Promise<ScreenAnswer> {
  const shown: Shown = query.get('show') === 'all' ? 'all' : 'waiting';
  const after = numberIn(query, 'after');
  const filter = { state: shown === 'all' ? null : ('held' as const), kind: null, source: null };
  const plans = await listPlans(parts.directory.database, filter, { after: after ?? 0, limit: PAGE + 1 });
  const page = plans.slice(0, PAGE);
  const at = (last: number | null): string => addressOf('/plans', { show: showWord(shown), after: last });
  const paging = {
    first: after === null ? null : at(null),
    next: plans.length > PAGE ? at(page.at(-1)?.n ?? null) : null,
  };
  return { kind: 'page', title: t.plans.title, body: <Plans {...{ shown, paging }} plans={page} /> };
}

function showWord(shown: Shown): string | null {
  return shown === 'all' ? 'all' : null;
}

interface PlansProps {
  readonly plans: readonly PlanRow[];
  readonly shown: Shown;
  readonly paging: Paging;
}

function Plans({ plans, shown, paging }: PlansProps) {
  const t = useTexts().plans;
  const tabs = [
    { href: '/plans', text: t.waiting },
    { href: '/plans?show=all', text: t.all },
  ];
  return (
    <>
      <PageHeader title={t.title} lead={t.lead} />
      <Card>
        <Tabs label={t.title} tabs={tabs} at={addressOf('/plans', { show: showWord(shown) })} />
        {plans.length === 0 ? (
          <Empty title={shown === 'all' ? t.noneAtAll : t.none}>{t.noneNext}</Empty>
        ) : (
          <DataTable
            caption={t.title}
            rows={plans}
            keyOf={({ n }) => n}
            paging={paging}
            columns={[
              {
                head: t.plan,
                kind: 'name',
                cell: ({ id, title }) => <a href={`/plans/${id}`}>{title}</a>,
              },
              { head: t.kind, cell: ({ kind }) => t.kinds[kind] },
              { head: t.state, cell: (plan) => <PlanBadge plan={plan} /> },
              { head: t.people, kind: 'number', cell: ({ people }) => people },
              { head: t.made, cell: ({ created_at: at }) => <Moment at={at} /> },
            ]}
          />
        )}
      </Card>
    </>
  );
}

const tones = {
  held: 'warn',
  approved: 'info',
  applied: 'good',
  rejected: 'neutral',
  stale: 'bad',
  replaced: 'neutral',
  tried: 'info',
} as const satisfies Record<PlanRow['state'], BadgeTone>;

export function PlanBadge({ plan: { state } }: { readonly plan: Pick<PlanRow, 'state'> }) {
  const t = useTexts().plans;
  return <Badge tone={tones[state]}>{t.states[state]}</Badge>;
}
