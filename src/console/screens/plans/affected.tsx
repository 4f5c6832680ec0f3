/** Whom a plan takes from what. */
import type { Connection } from '../../../store/database.ts';
import {
  type LeavingGroup,
  type LeavingTarget,
  listLeavingOfGroups,
  listLeavingOfTargets,
} from '../../../store/plans/leaving.ts';
import { type Concerned, listPeopleOfPlan } from '../../../store/plans/people.ts';
import type { PlanState } from '../../../core/plans/plan.ts';
import type { PlanRow } from '../../../store/plans/plans.ts';
import { LinkButton } from '../../components/button.tsx';
import { Card } from '../../components/details.tsx';
import { DataTable } from '../../components/data-table.tsx';
import { addressOf } from '../../address.ts';
import { Name } from '../../components/name.tsx';
import { WayTo } from '../../components/way-to.tsx';
import { useHere } from '../../frame/here.ts';
import { seesPlans } from '../../frame/navigation.ts';
import { PeopleTable } from './people-table.tsx';

const GROUPS = 50;
/** People who are named beside the rest; all of them have a page of their own. */
const PEOPLE = 10;

export interface AffectedBy {
  /** The first of them, and whether there are more. */
  readonly people: readonly Concerned[];
  readonly isMore: boolean;
  readonly groups: readonly LeavingGroup[];
  /** Number of the last group shown, where there are more. */
  readonly next: number | null;
  /** Number after which this page begins; 0 for the first. */
  readonly after: number;
  readonly targets: readonly LeavingTarget[];
}

/** Whom a plan concerns: the first of the people, a page of the groups, and the targets that they leave. */
export async function affectedOf(
  connection: Connection,
  { n }: Pick<PlanRow, 'n'>,
  after = 0,
): Promise<AffectedBy> {
  const [people, groups, targets] = await Promise.all([
    listPeopleOfPlan(connection, n, { after: 0, limit: PEOPLE + 1, group: null }),
    listLeavingOfGroups(connection, n, { after, limit: GROUPS + 1 }),
    listLeavingOfTargets(connection, n),
  ]);
  const shown = groups.slice(0, GROUPS);
  return {
    people: people.slice(0, PEOPLE),
    isMore: people.length > PEOPLE,
    groups: shown,
    next: groups.length > GROUPS ? (shown.at(-1)?.n ?? null) : null,
    after,
    targets,
  };
}

const TENSES = {
  held: 'waits',
  approved: 'waits',
  applied: 'done',
  rejected: 'undone',
  stale: 'undone',
  replaced: 'undone',
  tried: 'undone',
} as const satisfies Record<PlanState, string>;

export function Affected({ plan, affected }: { readonly plan: PlanRow; readonly affected: AffectedBy }) {
  const {
    t: { plans: t },
    session,
  } = useHere();
  // Who looks after sources sees the page of a held file, and not those of plans.
  const opens = session !== null && seesPlans(session.person);
  const { people, isMore, groups, next, after, targets } = affected;
  const { usersDeactivated = 0, usersDeleted = 0, membersAdded = 0 } = plan.counts;
  const says = t.tenses[TENSES[plan.state]];
  const path = `/plans/${plan.id}/people`;
  const at = (last: number | null): string => addressOf(`/plans/${plan.id}`, { groups: last });
  return (
    <Card title={t.affected}>
      <p>
        {plan.people === 0 ? says.nobody : says.people(plan.people)}{' '}
        {usersDeactivated === 0 ? null : `${says.deactivated(usersDeactivated)} `}
        {usersDeleted === 0 ? null : says.deleted(usersDeleted)}
      </p>
      {people.length === 0 ? null : <PeopleTable plan={plan} people={people} />}
      <p class="actions">
        {isMore && opens ? (
          <LinkButton tone="plain" href={path}>
            {t.showPeople}
          </LinkButton>
        ) : null}
        {membersAdded === 0 || !opens ? null : (
          <LinkButton tone="plain" href={addressOf(path, { list: 'joining' })}>
            {t.showJoining(membersAdded)}
          </LinkButton>
        )}
      </p>
      {groups.length === 0 ? null : (
        <DataTable
          caption={t.perGroup}
          rows={groups}
          keyOf={({ n }) => n}
          paging={{ first: after === 0 ? null : at(null), next: next === null || !opens ? null : at(next) }}
          columns={[
            {
              head: t.group,
              kind: 'name',
              cell: ({ id, name }) => (
                <a href={`/groups/${id}`}>
                  <Name of={name} />
                </a>
              ),
            },
            { head: t.members, kind: 'number', cell: ({ members }) => members ?? t.notCounted },
            {
              head: t.leaving,
              kind: 'number',
              cell: ({ n, name, leaving }) =>
                people.length === 0 || !opens ? (
                  leaving
                ) : (
                  <a href={addressOf(path, { group: n })} aria-label={t.leavingOf(leaving, name)}>
                    {leaving}
                  </a>
                ),
            },
          ]}
        />
      )}
      {targets.length === 0 ? null : (
        <DataTable
          caption={t.perTarget}
          rows={targets}
          keyOf={({ id }) => id}
          columns={[
            {
              head: t.target,
              kind: 'name',
              cell: ({ id, name }) => <WayTo href={`/targets/${id}`}>{name}</WayTo>,
            },
            { head: t.leaving, kind: 'number', cell: ({ leaving }) => leaving },
          ]}
        />
      )}
    </Card>
  );
}
