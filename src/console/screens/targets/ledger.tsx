/** What a target should have, what it has, and what stands in the way. */
import type { ListedState } from '../../../store/targets/listing.ts';
import { type ObjectView, showObjects } from '../../../targets/admin/ledger.ts';
import { showTarget } from '../../../targets/admin/verbs.ts';
import type { TargetStatus } from '../../../targets/admin/view.ts';
import { addressOf, wordIn } from '../../address.ts';
import { Card } from '../../components/details.tsx';
import type { Paging } from '../../components/data-table.tsx';
import { Empty } from '../../components/empty.tsx';
import { Figures } from '../../components/figures.tsx';
import { Tabs } from '../../components/tabs.tsx';
import { useTexts } from '../../frame/here.ts';
import type { ScreenAnswer, Visit } from '../../screen.ts';
import type { Texts } from '../../texts/en.ts';
import { showDeliveries } from './deliveries.tsx';
import { isWithoutScope, targetPage } from './frame.tsx';
import { ObjectsTable } from './objects-table.tsx';
import { placeIn } from './place.ts';
import { RefusedRemark } from './refused.tsx';

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
  if (target.deliveries !== null) return showDeliveries(visit, target, target.deliveries);
  const state = wordIn(query, 'state', SHOWN);
  const after = placeIn(query, 'after');
  const path = `/targets/${target.id}`;
  const { items, next } = await showObjects(parts.targets, target.id, {
    ...{ state, type: null, id: null },
    ...{ after: after ?? 0, limit: PAGE },
  });
  const at = (last: number | null): string => addressOf(path, { state, after: last });
  const paging = { first: after === null ? null : at(null), next: next === null ? null : at(next) };
  return targetPage(visit, {
    target,
    tab: 'ledger',
    ...(target.mode === 'off' ? {} : { live: addressOf(path, { state, after }) }),
    ...(target.mode === 'enforce' && target.toSend.count > 0 ? { refresh: RELOAD_SECONDS } : {}),
    body: (
      <>
        <RefusedRemark target={target} />
        <Card>
          <Holdings target={target} />
        </Card>
        <Objects {...{ target, items, state, paging }} />
      </>
    ),
  });
}

function Holdings({ target }: { readonly target: TargetStatus }) {
  const { figures: t, counted } = useTexts().targets;
  const path = `/targets/${target.id}`;
  const { holds, toSend, waiting, blocked, conflicts } = target;
  return (
    <Figures
      items={[
        { name: t.users, value: holds.users },
        { name: t.groups, value: holds.groups },
        { name: t.members, value: holds.members },
        { name: t.pending, value: counted(toSend), href: addressOf(path, { state: 'pending' }) },
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
          <Empty title={t.noObjectsAtAll}>{nextOf(t, target)}</Empty>
        ) : (
          <Empty title={t.noObjects} />
        )
      ) : (
        <ObjectsTable path={path} items={items} paging={paging} />
      )}
    </Card>
  );
}

/** What to do about an empty ledger; a target without a scope is told of above. */
function nextOf(t: Texts['targets'], target: TargetStatus): string | null {
  if (isWithoutScope(target)) return null;
  const { observe, enforce } = t.noObjectsNext;
  return target.mode === 'observe' ? observe : target.mode === 'enforce' ? enforce : null;
}
