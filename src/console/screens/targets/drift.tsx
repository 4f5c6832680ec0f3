/** What a service changed by itself. */
import { askForObservation, type DriftItem, showDrift } from '../../../targets/admin/ledger.ts';
import { showTarget } from '../../../targets/admin/verbs.ts';
import { addressOf, numberIn } from '../../address.ts';
import { Button } from '../../components/button.tsx';
import { Card } from '../../components/details.tsx';
import { DataTable } from '../../components/data-table.tsx';
import { Empty } from '../../components/empty.tsx';
import { Form } from '../../components/form.tsx';
import { Moment } from '../../components/moment.tsx';
import { Live } from '../../components/progress.tsx';
import { useTexts } from '../../frame/here.ts';
import type { ScreenAnswer, Visit } from '../../screen.ts';
import { targetPage } from './frame.tsx';

const PAGE = 50;
const RELOAD_SECONDS = 3;
const NAMED = 10;

/** GET /targets/:id/drift */
export async function showDriftPage(visit: Visit): Promise<ScreenAnswer> {
  const { parts, params, query, t } = visit;
  const target = await showTarget(parts.targets, params.id ?? '');
  const after = numberIn(query, 'after');
  const drift = await showDrift(parts.targets, target.id, { after: after ?? 0, limit: PAGE });
  const path = `/targets/${target.id}/drift`;
  const isLive = drift.askedAt !== null;
  const paging = {
    first: after === null ? null : path,
    next: drift.next === null ? null : addressOf(path, { after: drift.next }),
  };
  return targetPage(visit, {
    target,
    tab: 'drift',
    ...(isLive ? { refresh: RELOAD_SECONDS } : {}),
    body: (
      <Live id="drift" path={path} isLive={isLive}>
        <Card
          actions={
            <Form action={path}>
              <Button tone="plain">{t.targets.drift.look}</Button>
            </Form>
          }
          title={t.targets.tabs.drift}
        >
          <p class="quiet">{t.targets.drift.lead}</p>
          {isLive ? <p>{t.targets.drift.asked}</p> : null}
          {isLive || drift.observedAt === null ? null : (
            <p>
              {t.targets.drift.observedAt} <Moment at={new Date(drift.observedAt)} />
            </p>
          )}
          {drift.unseen === null ? null : (
            <p>
              {t.targets.drift.unseen} {drift.unseen}
            </p>
          )}
          {drift.items.length === 0 ? (
            <Empty title={drift.observedAt === null ? t.targets.drift.never : t.targets.drift.none}>
              {drift.observedAt === null ? t.targets.drift.neverNext : t.targets.drift.noneNext}
            </Empty>
          ) : (
            <Findings items={drift.items} paging={paging} />
          )}
        </Card>
      </Live>
    ),
  });
}

/** POST /targets/:id/drift */
export async function postLook({ parts, params, t }: Visit): Promise<ScreenAnswer> {
  await askForObservation(parts.targets, params.id ?? '');
  const notice = { tone: 'done', text: t.targets.drift.askedNow } as const;
  return { kind: 'go', to: `/targets/${params.id ?? ''}/drift`, notice };
}

interface FindingsProps {
  readonly items: readonly DriftItem[];
  readonly paging: { readonly first: string | null; readonly next: string | null };
}

function Findings({ items, paging }: FindingsProps) {
  const t = useTexts().targets;
  return (
    <DataTable
      caption={t.tabs.drift}
      rows={items}
      keyOf={({ kind, object, foundAt }) => `${kind} ${object.id ?? object.remoteId ?? ''} ${foundAt}`}
      paging={paging}
      columns={[
        { head: t.object, kind: 'name', cell: ({ object }) => object.name ?? object.remoteId ?? '' },
        { head: t.kind, cell: ({ object }) => t.kinds[object.type] },
        {
          head: t.drift.what,
          cell: (item) => <Difference item={item} />,
        },
        { head: t.drift.found, cell: ({ foundAt }) => <Moment at={new Date(foundAt)} /> },
        {
          head: t.drift.repaired,
          cell: ({ repairedAt }) =>
            repairedAt === null ? t.drift.open : <Moment at={new Date(repairedAt)} />,
        },
      ]}
    />
  );
}

function Difference({ item: { kind, detail, members, total } }: { readonly item: DriftItem }) {
  const t = useTexts().targets.drift;
  const about = [...members.map(({ id, userName }) => userName ?? id), ...detail];
  const more = Math.max(total, about.length) - Math.min(NAMED, about.length);
  if (about.length === 0) return <>{t.kinds[kind]}</>;
  return (
    <>
      {t.kinds[kind]}: {about.slice(0, NAMED).join(', ')} {more === 0 ? null : t.andMore(more)}
    </>
  );
}
