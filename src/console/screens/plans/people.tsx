/** Everybody whom a plan concerns, by name: who leaves, who is added, and what each of them leaves. */
import type { ComponentChildren } from 'preact';
import type { GroupN } from '../../../core/ids.ts';
import { parseUserId } from '../../../core/ids.ts';
import { Refusal } from '../../../core/refusal.ts';
import { requirePlan } from '../../../plans/decisions.ts';
import { addedBy, type AddedView } from '../../../plans/view.ts';
import { nameGroups, type NamedGroup } from '../../../store/lookup.ts';
import { findPersonOfPlan, listGroupsLeft, listPeopleOfPlan } from '../../../store/plans/people.ts';
import type { PlanRow } from '../../../store/plans/plans.ts';
import { addressOf, numberIn } from '../../address.ts';
import { Card } from '../../components/details.tsx';
import { DataTable, type Paging } from '../../components/data-table.tsx';
import { Empty } from '../../components/empty.tsx';
import { PageHeader } from '../../components/page-header.tsx';
import { Tabs } from '../../components/tabs.tsx';
import { Name } from '../../components/name.tsx';
import { useTexts } from '../../frame/here.ts';
import type { ScreenAnswer, Visit } from '../../screen.ts';
import { Named } from './operations.tsx';
import { PeopleTable } from './people-table.tsx';

const PAGE = 100;

/** GET /plans/:id/people: who leaves; with `group` who leaves that one, with `list=joining` who is added. */
export async function showPeople(visit: Visit): Promise<ScreenAnswer> {
  const plan = await requirePlan(visit.parts.directory.database, visit.params.id ?? '');
  const body = await (visit.query.get('list') === 'joining' ? joiningOf : leavingOf)(visit, plan);
  const { t } = visit;
  const path = `/plans/${plan.id}`;
  return {
    kind: 'page',
    title: `${t.plans.affected}: ${plan.title}`,
    at: '/plans',
    crumb: t.plans.affected,
    crumbs: [
      { text: t.plans.title, href: '/plans' },
      { text: plan.title, href: path },
    ],
    body: (
      <>
        <PageHeader title={t.plans.affected} lead={plan.title} />
        <Card>
          <Tabs
            label={t.plans.affected}
            tabs={[
              { href: `${path}/people`, text: t.plans.leavingTab },
              { href: `${path}/people?list=joining`, text: t.plans.joiningTab },
            ]}
            at={addressOf(`${path}/people`, { list: visit.query.get('list') })}
          />
          {body}
        </Card>
      </>
    ),
  };
}

async function leavingOf({ parts, query }: Visit, plan: PlanRow): Promise<ComponentChildren> {
  const { database } = parts.directory;
  const asked = numberIn(query, 'group') as GroupN | null;
  const group = asked === null ? undefined : (await nameGroups(database, [asked])).get(asked);
  const after = numberIn(query, 'after') ?? 0;
  const page = { after, limit: PAGE + 1, group: group?.n ?? null };
  const people = await listPeopleOfPlan(database, plan.n, page);
  const shown = people.slice(0, PAGE);
  const at = (last?: number): string =>
    addressOf(`/plans/${plan.id}/people`, { group: group?.n, after: last });
  const paging = {
    first: after === 0 ? null : at(),
    next: people.length > PAGE ? at(shown.at(-1)?.n) : null,
  };
  return (
    <>
      {group === undefined ? null : <OfGroup plan={plan} group={group} />}
      {shown.length === 0 ? <None /> : <PeopleTable plan={plan} people={shown} paging={paging} />}
    </>
  );
}

function OfGroup({ plan, group }: { readonly plan: PlanRow; readonly group: NamedGroup }) {
  const t = useTexts().plans;
  return (
    <p>
      {t.leavingOnly} <a href={`/groups/${group.id}`}>{group.name}</a>.{' '}
      <a href={`/plans/${plan.id}/people`}>{t.everybody}</a>
    </p>
  );
}

function None() {
  const t = useTexts().plans;
  return <Empty title={t.nobodyNamed}>{t.nobodyNamedNext}</Empty>;
}

async function joiningOf({ parts, query }: Visit, plan: PlanRow): Promise<ComponentChildren> {
  const [, at = '0', place = '0'] = /^(\d{1,15})\.(\d{1,6})$/.exec(query.get('after') ?? '') ?? [];
  const after = { at: Number(at), place: Number(place) };
  const members = await addedBy(parts.directory.database, plan, { after, limit: PAGE + 1 });
  const shown = members.slice(0, PAGE);
  const path = addressOf(`/plans/${plan.id}/people`, { list: 'joining' });
  const last = shown.at(-1);
  const paging = {
    first: after.at === 0 ? null : path,
    next: members.length > PAGE && last !== undefined ? `${path}&after=${last.key}` : null,
  };
  return shown.length === 0 ? <None /> : <Joining members={shown} paging={paging} />;
}

function Joining({ members, paging }: { readonly members: readonly AddedView[]; readonly paging: Paging }) {
  const t = useTexts().plans;
  return (
    <DataTable
      caption={t.joiningTab}
      rows={members}
      keyOf={({ key }) => key}
      paging={paging}
      columns={[
        { head: t.person, kind: 'name', cell: ({ member }) => <Named of={member} /> },
        {
          head: t.group,
          kind: 'long',
          cell: ({ group }) => (group === null ? t.unknown : <Named of={{ ...group, type: 'group' }} />),
        },
        { head: t.lineHead, kind: 'number', cell: ({ member: { line } }) => line ?? '' },
      ]}
    />
  );
}

/** GET /plans/:id/people/:user: all that somebody leaves. */
export async function showPerson({ parts, params, query, t }: Visit): Promise<ScreenAnswer> {
  const { database } = parts.directory;
  const plan = await requirePlan(database, params.id ?? '');
  const id = parseUserId(params.user ?? '');
  const person = id === null ? null : await findPersonOfPlan(database, plan.n, id);
  if (person === null) throw new Refusal('user.not_found', { user: params.user ?? '' });
  const after = numberIn(query, 'after') ?? 0;
  const groups = await listGroupsLeft(database, { plan: plan.n, user: person.n }, { after, limit: PAGE + 1 });
  const shown = groups.slice(0, PAGE);
  const path = `/plans/${plan.id}/people`;
  return {
    kind: 'page',
    title: `${person.name}: ${plan.title}`,
    at: '/plans',
    crumb: person.name,
    crumbs: [
      { text: t.plans.title, href: '/plans' },
      { text: plan.title, href: `/plans/${plan.id}` },
      { text: t.plans.affected, href: path },
    ],
    body: (
      <>
        <PageHeader title={t.plans.leavesTitle(person.name)} lead={plan.title} />
        <Card>
          <DataTable
            caption={t.plans.leaves}
            rows={shown}
            keyOf={({ n }) => n}
            paging={{
              first: after === 0 ? null : `${path}/${person.id}`,
              next:
                groups.length > PAGE ? addressOf(`${path}/${person.id}`, { after: shown.at(-1)?.n }) : null,
            }}
            columns={[
              {
                head: t.plans.leaves,
                kind: 'name',
                cell: ({ id: group, name }) => (
                  <a href={`/groups/${group}`}>
                    <Name of={name} />
                  </a>
                ),
              },
            ]}
          />
        </Card>
      </>
    ),
  };
}
