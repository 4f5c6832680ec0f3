/** What a target should have, what it has, and what stands in the way. */
import type { ListedAttempt, ListedState } from '../../../store/targets/listing.ts';
import { type ObjectView, showObjects } from '../../../targets/admin/ledger.ts';
import { showTarget } from '../../../targets/admin/verbs.ts';
import type { TargetStatus } from '../../../targets/admin/view.ts';
import { isConnectedType } from '../../../targets/connectors/types.ts';
import { addressOf, numberIn, wordIn } from '../../address.ts';
import { Badge } from '../../components/badge.tsx';
import { Card } from '../../components/details.tsx';
import { DataTable, type Paging } from '../../components/data-table.tsx';
import { Empty } from '../../components/empty.tsx';
import { Figures } from '../../components/figures.tsx';
import { Moment } from '../../components/moment.tsx';
import { Tabs } from '../../components/tabs.tsx';
import { useTexts } from '../../frame/here.ts';
import type { ScreenAnswer, Visit } from '../../screen.ts';
import { ExchangeView } from './exchange.tsx';
import { targetPage } from './frame.tsx';

const PAGE = 50;
const RELOAD_SECONDS = 5;
const SHOWN = [
  'pending',
  'waiting',
  'blocked',
  'conflict',
  'settled',
] as const satisfies readonly ListedState[];

/** GET /targets/:id */
export async function showLedger(visit: Visit): Promise<ScreenAnswer> {
  const { parts, params, query } = visit;
  const target = await showTarget(parts.targets, params.id ?? '');
  const state = wordIn(query, 'state', SHOWN);
  const after = numberIn(query, 'after');
  const path = `/targets/${target.id}`;
  const isConnected = isConnectedType(target.type);
  const { items, next } = isConnected
    ? await showObjects(parts.targets, target.id, {
        ...{ state, type: null, id: null },
        ...{ after: after ?? 0, limit: PAGE },
      })
    : { items: [], next: null };
  const at = (last: number | null): string => addressOf(path, { state, after: last });
  const paging = { first: after === null ? null : at(null), next: next === null ? null : at(next) };
  const isLive = isConnected && target.mode === 'enforce';
  return targetPage(visit, {
    target,
    tab: 'ledger',
    ...(isLive ? { live: addressOf(path, { state, after }) } : {}),
    ...(isLive && pendingIn(target) > 0 ? { refresh: RELOAD_SECONDS } : {}),
    body: isConnected ? (
      <>
        <Card>
          <Holdings target={target} />
        </Card>
        <Objects {...{ target, items, state, paging }} />
      </>
    ) : (
      <Card>
        <Empty title={visit.t.targets.webhookHolds} />
      </Card>
    ),
  });
}

function pendingIn({ pending }: TargetStatus): number {
  const counts: readonly number[] = Object.values(pending);
  return counts.reduce((sum, count) => sum + count, 0);
}

function Holdings({ target }: { readonly target: TargetStatus }) {
  const t = useTexts().targets.figures;
  const path = `/targets/${target.id}`;
  const { holds, waiting, blocked, conflicts } = target;
  return (
    <Figures
      items={[
        { name: t.users, value: holds.users },
        { name: t.groups, value: holds.groups },
        { name: t.members, value: holds.members },
        { name: t.pending, value: pendingIn(target), href: addressOf(path, { state: 'pending' }) },
        { name: t.waiting, value: waiting, href: addressOf(path, { state: 'waiting' }) },
        { name: t.blocked, value: blocked, href: addressOf(path, { state: 'blocked' }) },
        { name: t.conflicts, value: conflicts, href: addressOf(path, { state: 'conflict' }) },
      ]}
    />
  );
}

interface ObjectsProps {
  readonly target: TargetStatus;
  readonly items: readonly ObjectView[];
  readonly state: (typeof SHOWN)[number] | null;
  readonly paging: Paging;
}

function Objects({ target, items, state, paging }: ObjectsProps) {
  const t = useTexts().targets;
  const path = `/targets/${target.id}`;
  const tabs = [
    { href: path, text: t.states.all },
    ...SHOWN.map((name) => ({ href: addressOf(path, { state: name }), text: t.states[name] })),
  ];
  return (
    <Card title={t.tabs.ledger}>
      <p class="quiet">{t.ledgerLead}</p>
      <Tabs label={t.state} tabs={tabs} at={addressOf(path, { state })} />
      {items.length === 0 ? (
        state === null ? (
          <Empty title={t.noObjectsAtAll}>{t.noObjectsNext}</Empty>
        ) : (
          <Empty title={t.noObjects} />
        )
      ) : (
        <DataTable
          caption={t.tabs.ledger}
          rows={items}
          keyOf={(object) => `${object.type} ${object.id ?? ''} ${object.name ?? ''}`}
          paging={paging}
          columns={[
            { head: t.object, kind: 'name', cell: (object) => <ObjectName object={object} /> },
            { head: t.kind, cell: ({ type }) => t.kinds[type] },
            { head: t.there, cell: (object) => <There object={object} /> },
            { head: t.state, cell: (object) => <State object={object} /> },
            { head: t.last, cell: (object) => <Attempts object={object} /> },
          ]}
        />
      )}
    </Card>
  );
}

function ObjectName({ object: { id, name, type } }: { readonly object: ObjectView }) {
  const text = name ?? id ?? '';
  return id === null ? <>{text}</> : <a href={`/${type}s/${id}`}>{text}</a>;
}

function There({ object: { held, remoteId, owned, members } }: { readonly object: ObjectView }) {
  const t = useTexts().targets;
  return (
    <>
      {held === null ? t.words.none : t.words[held]}
      {owned === null ? '' : `, ${t.owned[owned]}`}
      {remoteId === null ? null : (
        <span class="quiet small">
          {' '}
          <code>{remoteId}</code>
        </span>
      )}
      {members === null ? null : (
        <p class="small">
          {t.members}: {t.membersLine(members.applied, members.toAdd, members.toRemove, members.waiting)}
        </p>
      )}
    </>
  );
}

const GOOD = new Set(['settled']);
const BAD = new Set(['blocked', 'conflict']);

function State({ object: { state, members, why } }: { readonly object: ObjectView }) {
  const worst = members !== null && BAD.has(members.state) ? members.state : state;
  const reason = why ?? members?.why ?? null;
  return (
    <>
      <Badge tone={GOOD.has(worst) ? 'good' : BAD.has(worst) ? 'bad' : 'info'}>{worst}</Badge>
      {reason === null ? null : <p class="small">{reason}</p>}
    </>
  );
}

function Attempts({ object: { lastAttempt, members } }: { readonly object: ObjectView }) {
  const attempts = [lastAttempt, members?.lastAttempt ?? null].filter((attempt) => attempt !== null);
  return (
    <>
      {attempts.map((attempt) => (
        <Attempt key={attempt.operation} attempt={attempt} />
      ))}
    </>
  );
}

function Attempt({ attempt }: { readonly attempt: ListedAttempt }) {
  const { operation, at, outcome, why, exchange } = attempt;
  return (
    <div class="small">
      {operation}: {outcome ?? '…'}, <Moment at={new Date(at)} />
      {why === null ? null : <p>{why}</p>}
      <ExchangeView exchange={exchange} />
    </div>
  );
}
