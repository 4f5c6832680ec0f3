/** All targets: whether they answer, and how far behind they are. */
import { MOST_COUNTED, readTargetLags, type TargetLagRow } from '../../../store/screens/target-lag.ts';
import type { TargetView } from '../../../targets/admin/view.ts';
import { showTargetPage } from '../../../targets/admin/verbs.ts';
import { addressOf, numberIn } from '../../address.ts';
import { LinkButton } from '../../components/button.tsx';
import { Card } from '../../components/details.tsx';
import { DataTable, type Paging } from '../../components/data-table.tsx';
import { Empty } from '../../components/empty.tsx';
import { PageHeader } from '../../components/page-header.tsx';
import { Live } from '../../components/progress.tsx';
import { useTexts } from '../../frame/here.ts';
import type { ScreenAnswer, Visit } from '../../screen.ts';
import { HealthBadge, ModeBadge } from './badges.tsx';

const PAGE = 50;

/** GET /targets */
export async function showTargetList({ parts, query, t }: Visit): Promise<ScreenAnswer> {
  const after = numberIn(query, 'after');
  const [{ items, next }, lags] = await Promise.all([
    showTargetPage(parts.targets, { after: after ?? 0, limit: PAGE }),
    readTargetLags(parts.directory.database),
  ]);
  const paging = {
    first: after === null ? null : '/targets',
    next: next === null ? null : addressOf('/targets', { after: next }),
  };
  return {
    kind: 'page',
    title: t.targets.title,
    body: <TargetList items={items} lags={lags} paging={paging} />,
  };
}

interface TargetListProps {
  readonly items: readonly TargetView[];
  readonly lags: ReadonlyMap<string, TargetLagRow>;
  readonly paging: Paging;
}

function TargetList({ items, lags, paging }: TargetListProps) {
  const t = useTexts().targets;
  const add = <LinkButton href="/targets/new">{t.add}</LinkButton>;
  return (
    <>
      <PageHeader title={t.title} lead={t.lead} {...(items.length === 0 ? {} : { actions: add })} />
      <Card>
        {items.length === 0 ? (
          <Empty title={t.none} action={add}>
            {t.noneNext}
          </Empty>
        ) : (
          <Live id="targets" path="/targets" isLive={[...lags.values()].some(({ due }) => due > 0)}>
            <DataTable
              caption={t.title}
              rows={items}
              keyOf={({ id }) => id}
              paging={paging}
              columns={[
                {
                  head: t.target,
                  kind: 'name',
                  cell: ({ id, name }) => <a href={`/targets/${id}`}>{name}</a>,
                },
                { head: t.type, cell: ({ type }) => t.types[type] ?? type },
                { head: t.mode, cell: ({ mode }) => <ModeBadge mode={mode} /> },
                { head: t.state, cell: ({ health }) => <HealthBadge health={health} /> },
                { head: t.behind, cell: ({ id }) => <Behind lag={lags.get(id)} /> },
                { head: t.trouble, kind: 'number', cell: ({ id }) => lags.get(id)?.trouble ?? 0 },
              ]}
            />
          </Live>
        )}
      </Card>
    </>
  );
}

function Behind({ lag }: { readonly lag: TargetLagRow | undefined }) {
  const t = useTexts().targets;
  if (lag === undefined) return null;
  if (lag.held !== null) return <a href={`/plans/${lag.held}`}>{t.held}</a>;
  return <>{lag.due === 0 ? t.upToDate : t.behindBy(lag.due, MOST_COUNTED)}</>;
}
