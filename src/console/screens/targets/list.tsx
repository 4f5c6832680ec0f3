/** All targets: whether they answer, and how far behind they are. */
import { showLags, type TargetLag } from '../../../targets/admin/lag.ts';
import type { TargetView } from '../../../targets/admin/view.ts';
import { showTargetPage } from '../../../targets/admin/verbs.ts';
import { addressOf, numberIn } from '../../address.ts';
import { LinkButton } from '../../components/button.tsx';
import { Card } from '../../components/details.tsx';
import { DataTable, type Paging } from '../../components/data-table.tsx';
import { Empty } from '../../components/empty.tsx';
import { ExactMoment } from '../../components/moment.tsx';
import { PageHeader } from '../../components/page-header.tsx';
import { Live } from '../../components/progress.tsx';
import { WayTo } from '../../components/way-to.tsx';
import { useTexts } from '../../frame/here.ts';
import type { ScreenAnswer, Visit } from '../../screen.ts';
import { HealthBadge, ModeBadge } from './badges.tsx';

const PAGE = 50;

/** GET /targets */
export async function showTargetList({ parts, query, t }: Visit): Promise<ScreenAnswer> {
  const after = numberIn(query, 'after');
  const [{ items, next }, lags] = await Promise.all([
    showTargetPage(parts.targets, { after: after ?? 0, limit: PAGE }),
    showLags(parts.targets),
  ]);
  const paging = {
    first: after === null ? null : '/targets',
    next: next === null ? null : addressOf('/targets', { after: next }),
  };
  return {
    kind: 'page',
    title: t.targets.title,
    body: <TargetList items={items} lags={new Map(lags.map((lag) => [lag.id, lag]))} paging={paging} />,
  };
}

interface TargetListProps {
  readonly items: readonly TargetView[];
  readonly lags: ReadonlyMap<string, TargetLag>;
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
          <Live id="targets" path="/targets" isLive={[...lags.values()].some(isMoving)}>
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
                {
                  head: t.state,
                  cell: ({ id, health }) => (
                    <HealthBadge health={health} isTried={lags.get(id)?.isTried ?? true} />
                  ),
                },
                { head: t.behind, cell: ({ id }) => <Behind lag={lags.get(id)} /> },
                { head: t.trouble, kind: 'number', cell: ({ id }) => lags.get(id)?.blocked ?? 0 },
              ]}
            />
          </Live>
        )}
      </Card>
    </>
  );
}

/** What is not in step, or away, is followed: it comes back by itself. */
function isMoving({ mode, health, toSend }: TargetLag): boolean {
  return mode !== 'off' && (toSend.count > 0 || health.state !== 'ok');
}

function Behind({ lag }: { readonly lag: TargetLag | undefined }) {
  const t = useTexts().targets;
  if (lag === undefined) return null;
  if (lag.held !== null) return <WayTo href={`/plans/${lag.held}`}>{t.held}</WayTo>;
  const { since } = lag.toSend;
  return (
    <>
      {lag.toSend.count === 0 ? t.upToDate : t.counted(lag.toSend)}
      {since === null ? null : (
        <span class="under">
          {t.waitsSince} <ExactMoment at={new Date(since)} />
        </span>
      )}
    </>
  );
}
