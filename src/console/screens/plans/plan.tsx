/** One plan: why it was held, whom it concerns, what it does, and the decision. */
import { requirePlan } from '../../../plans/decisions.ts';
import { type OperationInShort, operationsInShort } from '../../../plans/view.ts';
import { namePeople } from '../../../store/lookup.ts';
import type { PlanRow } from '../../../store/plans/plans.ts';
import { addressOf, numberIn } from '../../address.ts';
import { Button } from '../../components/button.tsx';
import { Card, Details } from '../../components/details.tsx';
import type { Paging } from '../../components/data-table.tsx';
import { Form } from '../../components/form.tsx';
import { ExactMoment } from '../../components/moment.tsx';
import { PageHeader } from '../../components/page-header.tsx';
import { Remark } from '../../components/notice-box.tsx';
import { WayTo } from '../../components/way-to.tsx';
import { useTexts } from '../../frame/here.ts';
import type { ScreenAnswer, Visit } from '../../screen.ts';
import { affectedOf, Affected, type AffectedBy } from './affected.tsx';
import { Decision } from './decision.tsx';
import { WhyHeld } from './guards.tsx';
import { PlanBadge } from './list.tsx';
import { NAMED, Operations } from './operations.tsx';

const OPERATIONS = 50;

/** GET /plans/:id; `error` says what was wrong with a decision. */
export async function showPlan(visit: Visit, error?: string): Promise<ScreenAnswer> {
  const { parts, params, query, t } = visit;
  const { database } = parts.directory;
  const plan = await requirePlan(database, params.id ?? '');
  const after = numberIn(query, 'after');
  const [affected, operations, people] = await Promise.all([
    affectedOf(database, plan, numberIn(query, 'groups') ?? 0),
    operationsInShort(database, plan, { after: after ?? 0, limit: OPERATIONS + 1, members: NAMED }),
    namePeople(database, [plan.actor_id, plan.decided_by ?? '']),
  ]);
  const shown = operations.slice(0, OPERATIONS);
  const at = (last: number | null): string => addressOf(`/plans/${plan.id}`, { after: last });
  const paging = {
    first: after === null ? null : at(null),
    next: operations.length > OPERATIONS ? at(shown.at(-1)?.at ?? null) : null,
  };
  return {
    kind: 'page',
    title: plan.title,
    at: '/plans',
    crumbs: [{ text: t.plans.title, href: '/plans' }],
    status: error === undefined ? 200 : 422,
    body: <Plan {...{ plan, affected, people, error, paging }} operations={shown} />,
  };
}

/** POST /plans/:id/undo */
export async function postUndo({ parts, params, by, t }: Visit): Promise<ScreenAnswer> {
  const plan = await requirePlan(parts.directory.database, params.id ?? '');
  const undo = await parts.planUndo(plan, by);
  return { kind: 'go', to: `/plans/${undo.id}`, notice: { tone: 'held', text: t.plans.undoMade } };
}

interface PlanProps {
  readonly plan: PlanRow;
  readonly affected: AffectedBy;
  readonly operations: readonly OperationInShort[];
  readonly people: ReadonlyMap<string, string>;
  readonly paging: Paging;
  readonly error: string | undefined;
}

function Plan({ plan, affected, operations, people, paging, error }: PlanProps) {
  const t = useTexts().plans;
  const isHeld = plan.state === 'held';
  const { groupsDeleted = 0, usersDeleted = 0 } = plan.counts;
  const isUndoable = plan.state === 'applied' && groupsDeleted + usersDeleted === 0 && plan.kind !== 'undo';
  return (
    <>
      <PageHeader title={plan.title} beside={<PlanBadge plan={plan} />} />
      {plan.guards.length === 0 ? null : (
        <Remark tone={isHeld ? 'held' : 'remark'} title={t.why}>
          <WhyHeld plan={plan} />
        </Remark>
      )}
      <Affected plan={plan} affected={affected} />
      {isHeld ? <Decision plan={plan} back={`/plans/${plan.id}`} error={error} /> : null}
      <Card title={t.does}>
        <Counts plan={plan} />
        <Facts plan={plan} people={people} />
        {isUndoable ? (
          <Form action={`/plans/${plan.id}/undo`} class="stack">
            <p class="quiet">{t.undoHint}</p>
            <div class="actions">
              <Button tone="plain">{t.undo}</Button>
            </div>
          </Form>
        ) : null}
      </Card>
      <Operations plan={plan} operations={operations} paging={paging} />
    </>
  );
}

function Counts({ plan: { counts } }: { readonly plan: PlanRow }) {
  const t = useTexts().plans;
  const names = Object.keys({ ...t.counts, ...counts }).filter((name) => (counts[name] ?? 0) > 0);
  const { usersChanged = 0 } = counts;
  if (names.length === 0) return <p>{t.nothing}</p>;
  return (
    <ul>
      {names.map((name) => (
        <li key={name}>
          {counts[name]}{' '}
          {name === 'usersDeactivated' && usersChanged > 0 ? t.deactivatedOfThem : (t.counts[name] ?? name)}
        </li>
      ))}
    </ul>
  );
}

function authorOf({ actor_id: actor, source }: PlanRow, people: ReadonlyMap<string, string>): string {
  const name = people.get(actor) ?? actor;
  return name === source ? name : `${name} (${source})`;
}

function Facts({ plan, people }: { readonly plan: PlanRow; readonly people: ReadonlyMap<string, string> }) {
  const t = useTexts().plans;
  const { decided_at: decidedAt, decided_by: decidedBy, ended_at: endedAt } = plan;
  return (
    <Details
      items={[
        { name: t.kind, value: t.kinds[plan.kind] },
        { name: t.by, value: authorOf(plan, people) },
        { name: t.made, value: <ExactMoment at={plan.created_at} /> },
        ...(plan.import === null
          ? []
          : [{ name: t.file, value: <a href={`/imports/${plan.import}`}>{plan.title}</a> }]),
        ...(plan.target_id === null
          ? []
          : [{ name: t.target, value: <WayTo href={`/targets/${plan.target_id}`}>{plan.target}</WayTo> }]),
        ...(decidedAt === null ? [] : [{ name: t.decidedAt, value: <ExactMoment at={decidedAt} /> }]),
        ...(decidedBy === null ? [] : [{ name: t.decidedBy, value: people.get(decidedBy) ?? decidedBy }]),
        ...(plan.reason === null ? [] : [{ name: t.reason, value: plan.reason }]),
        ...(endedAt === null ? [] : [{ name: t.ended, value: <ExactMoment at={endedAt} /> }]),
        ...(plan.replaced_by === null
          ? []
          : [{ name: t.replacedBy, value: <a href={`/plans/${plan.replaced_by}`}>{t.newer}</a> }]),
        ...(plan.undoes === null
          ? []
          : [{ name: t.undoes, value: <a href={`/plans/${plan.undoes}`}>{t.earlier}</a> }]),
        { name: t.hash, value: <code>{plan.hash}</code> },
      ]}
    />
  );
}
