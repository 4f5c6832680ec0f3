/** Requests: what waits for an answer, and what was decided. */
import { holds } from '../../../core/actor.ts';
import { Refusal } from '../../../core/refusal.ts';
import { listShownRequests, type ShownRequest } from '../../../store/screens/request-history.ts';
import { addressOf, numberIn, wordIn } from '../../address.ts';
import { Badge, type BadgeTone } from '../../components/badge.tsx';
import { Button } from '../../components/button.tsx';
import { type Column, DataTable, type Paging } from '../../components/data-table.tsx';
import { Card } from '../../components/details.tsx';
import { Empty } from '../../components/empty.tsx';
import { Form } from '../../components/form.tsx';
import { Moment } from '../../components/moment.tsx';
import { PageHeader } from '../../components/page-header.tsx';
import { Tabs } from '../../components/tabs.tsx';
import { Name } from '../../components/name.tsx';
import { useTexts } from '../../frame/here.ts';
import type { ScreenAnswer, Visit } from '../../screen.ts';
import { openGroup } from '../groups/access.ts';
import { groupPage } from '../groups/frame.tsx';
import type { GroupN } from '../../../core/ids.ts';

const PAGE = 50;

/** GET /requests */
export async function showRequests(visit: Visit): Promise<ScreenAnswer> {
  const { person, t } = visit;
  const managesAll = holds(person, 'groups.manage');
  return {
    kind: 'page',
    title: t.requests.title,
    body: (
      <>
        <PageHeader title={t.requests.title} lead={managesAll ? t.requests.leadAll : t.requests.lead} />
        {await requestsCard(visit, { groups: managesAll ? null : [...person.leads], path: '/requests' })}
      </>
    ),
  };
}

/** GET /groups/:id/requests */
export async function showGroupRequests(visit: Visit): Promise<ScreenAnswer> {
  const group = await openGroup(visit);
  if (!group.may('see-requests')) throw new Refusal('group.not_found', { group: group.row.id });
  return groupPage(visit, {
    group,
    tab: 'requests',
    body: await requestsCard(visit, {
      groups: [group.row.n],
      path: `${group.path}/requests`,
      about: 'group',
    }),
  });
}

interface Asked {
  readonly groups: readonly GroupN[] | null;
  readonly path: string;
  readonly about?: 'group';
}

async function requestsCard({ parts, query, t }: Visit, { groups, path, about }: Asked) {
  const which = wordIn(query, 'which', ['waiting', 'decided'] as const) ?? 'waiting';
  const after = numberIn(query, 'after') ?? 0;
  const rows = await listShownRequests(parts.directory.database, {
    ...{ groups, which, after },
    limit: PAGE + 1,
  });
  const shown = rows.slice(0, PAGE);
  const said = which === 'waiting' ? {} : { which };
  const paging = {
    first: after === 0 ? null : addressOf(path, said),
    next: rows.length > PAGE ? addressOf(path, { ...said, after: shown.at(-1)?.n }) : null,
  };
  return (
    <Card>
      <Tabs
        label={t.requests.which}
        tabs={[
          { href: path, text: t.requests.waiting },
          { href: addressOf(path, { which: 'decided' }), text: t.requests.history },
        ]}
        at={addressOf(path, said)}
      />
      <RequestsTable rows={shown} which={which} about={about} paging={paging} />
    </Card>
  );
}

interface RequestsTableProps {
  readonly rows: readonly ShownRequest[];
  readonly which: 'waiting' | 'decided';
  readonly about: 'group' | undefined;
  readonly paging: Paging;
}

function RequestsTable({ rows, which, about, paging }: RequestsTableProps) {
  const { requests: t } = useTexts();
  if (rows.length === 0) {
    return which === 'waiting' ? (
      <Empty title={t.empty}>{t.emptyNext}</Empty>
    ) : (
      <Empty title={t.emptyHistory} />
    );
  }
  const group: Column<ShownRequest> = {
    head: t.group,
    cell: ({ group_id: id, group_name: name }) => (
      <a href={`/groups/${id}`}>
        <Name of={name} />
      </a>
    ),
  };
  const columns: readonly Column<ShownRequest>[] = [
    {
      head: t.who,
      kind: 'name',
      cell: ({ who, called }) => (
        <>
          {who}
          {called === null ? null : <span class="under">{called}</span>}
        </>
      ),
    },
    { head: t.wish, cell: ({ kind }) => t.wants[kind] },
    ...(about === undefined ? [group] : []),
    { head: t.reason, cell: ({ reason }) => reason },
    ...(which === 'waiting' ? waitingColumns(t, about) : decidedColumns(t)),
  ];
  return <DataTable caption={t.title} rows={rows} keyOf={({ id }) => id} columns={columns} paging={paging} />;
}

type RequestTexts = ReturnType<typeof useTexts>['requests'];

/** Answers given from the page of a group lead back there. */
function waitingColumns(t: RequestTexts, about: 'group' | undefined): readonly Column<ShownRequest>[] {
  return [
    { head: t.since, cell: (row) => <Moment at={row.created_at} /> },
    {
      head: t.answer,
      kind: 'actions',
      cell: ({ id, who, kind, group_name: name }) => (
        <span class="actions">
          <Form action={`/requests/${id}/approve`}>
            <input type="hidden" name="kind" value={kind} />
            {about === undefined ? null : <input type="hidden" name="at" value={about} />}
            <Button size="small" label={t.approveLabel(who, t.wants[kind], name)}>
              {t.approve}
            </Button>
          </Form>
          <a
            class="button plain small"
            href={addressOf(`/requests/${id}/approve`, { at: about })}
            aria-label={t.approveSayingLabel(who, t.wants[kind], name)}
          >
            {t.approveSaying}
          </a>
          <a
            class="button danger small"
            href={addressOf(`/requests/${id}/deny`, { at: about })}
            aria-label={t.denyLabel(who, t.wants[kind], name)}
          >
            {t.deny}
          </a>
        </span>
      ),
    },
  ];
}

const tones: Readonly<Record<ShownRequest['state'], BadgeTone>> = {
  pending: 'warn',
  approved: 'good',
  denied: 'bad',
  cancelled: 'neutral',
  expired: 'neutral',
};

function decidedColumns(t: RequestTexts): readonly Column<ShownRequest>[] {
  return [
    {
      head: t.state,
      cell: ({ state, decision_reason: why }) => (
        <>
          <Badge tone={tones[state]}>{t.states[state]}</Badge>
          {why === null ? null : <span class="under">{why}</span>}
        </>
      ),
    },
    {
      head: t.decided,
      cell: ({ decided_at: at, decided_by: by }) => (
        <>
          {at === null ? null : <Moment at={at} />}
          {by === null ? null : <span class="under">{t.by(by)}</span>}
        </>
      ),
    },
  ];
}
