/** Whom a plan takes from what. */
import type { Connection } from '../../../store/database.ts';
import {
  type LeavingGroup,
  type LeavingTarget,
  listLeavingOfGroups,
  listLeavingOfTargets,
} from '../../../store/plans/leaving.ts';
import type { PlanRow } from '../../../store/plans/plans.ts';
import { Card } from '../../components/details.tsx';
import { DataTable } from '../../components/data-table.tsx';
import { addressOf } from '../../address.ts';
import { useTexts } from '../../frame/here.ts';

const GROUPS = 50;

export interface AffectedBy {
  readonly groups: readonly LeavingGroup[];
  /** Number of the last group shown, where there are more. */
  readonly next: number | null;
  /** Number after which this page begins; 0 for the first. */
  readonly after: number;
  readonly targets: readonly LeavingTarget[];
}

/** Groups, a page of them, and targets that people leave by a plan. */
export async function affectedOf(
  connection: Connection,
  { n }: Pick<PlanRow, 'n'>,
  after = 0,
): Promise<AffectedBy> {
  const [groups, targets] = await Promise.all([
    listLeavingOfGroups(connection, n, { after, limit: GROUPS + 1 }),
    listLeavingOfTargets(connection, n),
  ]);
  const shown = groups.slice(0, GROUPS);
  return {
    groups: shown,
    next: groups.length > GROUPS ? (shown.at(-1)?.n ?? null) : null,
    after,
    targets,
  };
}

export function Affected({ plan, affected }: { readonly plan: PlanRow; readonly affected: AffectedBy }) {
  const t = useTexts().plans;
  const { groups, next, after, targets } = affected;
  const at = (last: number | null): string => addressOf(`/plans/${plan.id}`, { groups: last });
  return (
    <Card title={t.affected}>
      <p>{plan.people === 0 ? t.nobody : t.affectedPeople(plan.people)}</p>
      {groups.length === 0 ? null : (
        <DataTable
          caption={t.perGroup}
          rows={groups}
          keyOf={({ n }) => n}
          paging={{ first: after === 0 ? null : at(null), next: next === null ? null : at(next) }}
          columns={[
            { head: t.group, kind: 'name', cell: ({ id, name }) => <a href={`/groups/${id}`}>{name}</a> },
            { head: t.members, kind: 'number', cell: ({ members }) => members ?? '' },
            { head: t.leaving, kind: 'number', cell: ({ leaving }) => leaving },
          ]}
        />
      )}
      {targets.length === 0 ? null : (
        <DataTable
          caption={t.perTarget}
          rows={targets}
          keyOf={({ id }) => id}
          columns={[
            { head: t.target, kind: 'name', cell: ({ id, name }) => <a href={`/targets/${id}`}>{name}</a> },
            { head: t.leaving, kind: 'number', cell: ({ leaving }) => leaving },
          ]}
        />
      )}
    </Card>
  );
}
