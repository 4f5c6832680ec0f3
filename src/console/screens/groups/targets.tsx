/** Where a group is pushed to, and how it stands there. */
import { type GroupTargetRow, targetsOfGroup } from '../../../store/screens/group-targets.ts';
import { addressOf } from '../../address.ts';
import { Badge } from '../../components/badge.tsx';
import { DataTable } from '../../components/data-table.tsx';
import { Card } from '../../components/details.tsx';
import { Empty } from '../../components/empty.tsx';
import { Moment } from '../../components/moment.tsx';
import { WayTo } from '../../components/way-to.tsx';
import { useTexts } from '../../frame/here.ts';
import type { ScreenAnswer, Visit } from '../../screen.ts';
import { ModeBadge } from '../targets/badges.tsx';
import { inWords } from '../targets/failure-words.ts';
import { StateBadges } from '../targets/object-state.tsx';
import { openGroup } from './access.ts';
import { groupPage } from './frame.tsx';

/** GET /groups/:id/targets */
export async function showTargets(visit: Visit): Promise<ScreenAnswer> {
  const { parts, t } = visit;
  const group = await openGroup(visit);
  const rows = await targetsOfGroup(parts.directory.database, group.row.n);
  const g = t.groups.targets;
  return groupPage(visit, {
    group,
    tab: 'targets',
    body:
      rows.length === 0 ? (
        <Empty title={g.empty}>{g.emptyNext}</Empty>
      ) : (
        <Card>
          <DataTable
            caption={g.title}
            rows={rows}
            keyOf={({ id }) => id}
            columns={[
              {
                head: g.name,
                kind: 'name',
                cell: ({ id, name }) => <WayTo href={`/targets/${id}`}>{name}</WayTo>,
              },
              {
                head: g.mode,
                cell: ({ mode, paused }) =>
                  paused ? <Badge tone="warn">{t.targets.health.paused}</Badge> : <ModeBadge mode={mode} />,
              },
              { head: g.state, cell: (row) => <State row={row} group={group.row.id} /> },
              { head: g.members, kind: 'number', cell: ({ applied }) => applied },
              { head: g.waiting, cell: ({ to_add: add, to_remove: remove }) => g.toDo(add, remove) },
              {
                head: g.applied,
                cell: ({ applied_at: at }) => (at === null ? t.shell.never : <Moment at={at} />),
              },
            ]}
          />
        </Card>
      ),
  });
}

function State({ row, group }: { readonly row: GroupTargetRow; readonly group: string }) {
  const { groups, targets } = useTexts();
  const t = groups.targets;
  const { id, type, state, list_state: list, blocked, why } = row;
  if (type === 'webhook') return <>{t.told}</>;
  const members = list === null ? null : { state: list, blocked: 0, waiting: 0 };
  return (
    <>
      {state === null && list === null ? (
        t.unknown
      ) : (
        <StateBadges object={{ state: state ?? 'settled', members }} />
      )}
      {blocked > 0 ? (
        <WayTo href={addressOf(`/targets/${id}/refused`, { group })}>
          <Badge tone="bad">{t.blocked(blocked)}</Badge>
        </WayTo>
      ) : null}
      {why === null ? null : <span class="under">{inWords(targets.failures, why)}</span>}
    </>
  );
}
