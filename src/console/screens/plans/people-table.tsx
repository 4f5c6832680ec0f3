import type { Concerned } from '../../../store/plans/people.ts';
import type { PlanRow } from '../../../store/plans/plans.ts';
import { Badge } from '../../components/badge.tsx';
import { DataTable, type Paging } from '../../components/data-table.tsx';
import { Name } from '../../components/name.tsx';
import { WayTo } from '../../components/way-to.tsx';
import { useHere, useTexts } from '../../frame/here.ts';
import { seesPlans } from '../../frame/navigation.ts';

export interface PeopleTableProps {
  readonly plan: Pick<PlanRow, 'id' | 'state'>;
  readonly people: readonly Concerned[];
  readonly paging?: Paging;
}

/** People whom a plan concerns: what becomes of the account, and what they leave. */
export function PeopleTable({ plan, people, paging }: PeopleTableProps) {
  const t = useTexts().plans;
  return (
    <DataTable
      caption={t.perPerson}
      rows={people}
      keyOf={({ n }) => n}
      {...(paging === undefined ? {} : { paging })}
      columns={[
        {
          head: t.person,
          kind: 'name',
          cell: ({ id, name, deleted }) => (
            <WayTo href={deleted && plan.state === 'applied' ? null : `/users/${id}`}>
              <Name of={name} />
            </WayTo>
          ),
        },
        { head: t.called, kind: 'long', cell: ({ called }) => called ?? '' },
        {
          head: t.account,
          cell: ({ deactivated, deleted }) =>
            deleted ? (
              <Badge tone="bad">{t.fates.deleted}</Badge>
            ) : deactivated ? (
              <Badge tone="warn">{t.fates.deactivated}</Badge>
            ) : null,
        },
        { head: t.leaves, kind: 'long', cell: (person) => <Left plan={plan} person={person} /> },
      ]}
    />
  );
}

function Left({ plan, person }: { readonly plan: PeopleTableProps['plan']; readonly person: Concerned }) {
  const {
    t: { plans: t },
    session,
  } = useHere();
  const { id, name, groups, leaves } = person;
  const opens = session !== null && seesPlans(session.person);
  const rest = leaves - groups.length;
  return (
    <>
      {groups.map((group, at) => (
        <>
          {at === 0 ? '' : ', '}
          <a key={group.id} href={`/groups/${group.id}`}>
            <Name of={group.name} />
          </a>
        </>
      ))}
      {rest > 0 && opens ? (
        <>
          {' '}
          <a href={`/plans/${plan.id}/people/${id}`} aria-label={t.moreOf(rest, name)}>
            {t.more(rest)}
          </a>
        </>
      ) : null}
      {rest > 0 && !opens ? ` ${t.more(rest)}` : null}
    </>
  );
}
