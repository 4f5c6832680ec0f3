/** One operation of a plan with everybody whom it names. */
import { requirePlan } from '../../../plans/decisions.ts';
import { type MemberView, operationsOf, type OperationView } from '../../../plans/view.ts';
import { Refusal } from '../../../core/refusal.ts';
import { addressOf, numberIn } from '../../address.ts';
import { Card } from '../../components/details.tsx';
import { DataTable } from '../../components/data-table.tsx';
import { PageHeader } from '../../components/page-header.tsx';
import type { ScreenAnswer, Visit } from '../../screen.ts';
import { Named, whatOf } from './operations.tsx';

const PAGE = 100;

/** GET /plans/:id/operations/:at */
export async function showOperation({ parts, params, query, t }: Visit): Promise<ScreenAnswer> {
  const { database } = parts.directory;
  const plan = await requirePlan(database, params.id ?? '');
  const at = numberIn(new URLSearchParams({ at: params.at ?? '' }), 'at') ?? 0;
  const [operation] = at === 0 ? [] : await operationsOf(database, plan, { after: at - 1, limit: 1 });
  if (operation?.at !== at) throw new Refusal('entry.not_found', { entry: params.at ?? '' });
  const from = numberIn(query, 'after') ?? 0;
  const members = membersOf(operation);
  const shown = members.slice(from, from + PAGE);
  const path = `/plans/${plan.id}/operations/${at}`;
  const { group } = operation;
  const title = whatOf(operation, t);
  return {
    kind: 'page',
    title: `${title}: ${plan.title}`,
    at: '/plans',
    crumb: title,
    crumbs: [
      { text: t.plans.title, href: '/plans' },
      { text: plan.title, href: `/plans/${plan.id}` },
    ],
    body: (
      <>
        <PageHeader title={title} lead={plan.title} />
        <Card>
          {group === null ? null : (
            <p>
              {t.plans.group}: <Named of={{ ...group, type: 'group' }} />
            </p>
          )}
          <DataTable
            caption={title}
            rows={shown}
            keyOf={({ place }) => place}
            paging={{
              first: from === 0 ? null : path,
              next: members.length > from + PAGE ? addressOf(path, { after: from + PAGE }) : null,
            }}
            columns={[
              { head: t.plans.person, kind: 'name', cell: ({ member }) => <Named of={member} /> },
              { head: t.plans.operation, cell: ({ came }) => (came ? t.plans.added : t.plans.removed) },
              { head: t.plans.lineHead, kind: 'number', cell: ({ member: { line } }) => line ?? '' },
            ]}
          />
        </Card>
      </>
    ),
  };
}

interface Moved {
  readonly place: number;
  readonly member: MemberView;
  readonly came: boolean;
}

/** An operation has a thousand members at most, as an entry of the log has. */
function membersOf({ added, removed }: OperationView): Moved[] {
  const came = added.map((member) => ({ member, came: true }));
  return [...came, ...removed.map((member) => ({ member, came: false }))].map((moved, place) => ({
    ...moved,
    place,
  }));
}
