/** What happened to a target, the newest first. */
import { showTarget } from '../../../targets/admin/verbs.ts';
import { historyOfTarget } from '../../../store/screens/history.ts';
import { addressOf, numberIn } from '../../address.ts';
import { Pager } from '../../components/data-table.tsx';
import { Card } from '../../components/details.tsx';
import { Empty } from '../../components/empty.tsx';
import { LogEntries } from '../../components/log-entries.tsx';
import type { ScreenAnswer, Visit } from '../../screen.ts';
import { targetPage } from './frame.tsx';

const PAGE = 50;

/** GET /targets/:id/history */
export async function showTargetHistory(visit: Visit): Promise<ScreenAnswer> {
  const { parts, params, query, t } = visit;
  const target = await showTarget(parts.targets, params.id ?? '');
  const before = numberIn(query, 'before');
  const rows = await historyOfTarget(parts.directory.database, target.id, { before, limit: PAGE + 1 });
  const path = `/targets/${target.id}/history`;
  return targetPage(visit, {
    target,
    tab: 'history',
    body: (
      <Card>
        {rows.length === 0 ? (
          <Empty title={t.targets.noHistory} />
        ) : (
          <LogEntries rows={rows.slice(0, PAGE)} />
        )}
        <Pager
          first={before === null ? null : path}
          next={rows.length > PAGE ? addressOf(path, { before: rows[PAGE - 1]?.seq ?? null }) : null}
        />
      </Card>
    ),
  });
}
