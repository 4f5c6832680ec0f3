/** What happened to a group, the newest first, and each entry by itself. */
import { requireInGroup } from '../../../core/policies.ts';
import { historyOfGroup } from '../../../store/screens/history.ts';
import { addressOf, numberIn } from '../../address.ts';
import { Pager } from '../../components/data-table.tsx';
import { Card } from '../../components/details.tsx';
import { Empty } from '../../components/empty.tsx';
import { LogEntries } from '../../components/log-entries.tsx';
import type { ScreenAnswer, Visit } from '../../screen.ts';
import { openEntry, WholeEntry } from '../activity/entry.tsx';
import { type OpenGroup, openGroup } from './access.ts';
import { groupPage } from './frame.tsx';

const PAGE = 50;

/** GET /groups/:id/history */
export async function showHistory(visit: Visit): Promise<ScreenAnswer> {
  const { parts, query, t } = visit;
  const group = await openLog(visit);
  const before = numberIn(query, 'before');
  const rows = await historyOfGroup(parts.directory.database, group.row.n, { before, limit: PAGE + 1 });
  const path = `${group.path}/history`;
  return groupPage(visit, {
    group,
    tab: 'history',
    body: (
      <Card>
        {rows.length === 0 ? (
          <Empty title={t.groups.history.empty} />
        ) : (
          <LogEntries rows={rows.slice(0, PAGE)} about="group" whole={(seq) => `${path}/${seq}`} />
        )}
        <Pager
          first={before === null ? null : path}
          next={rows.length > PAGE ? addressOf(path, { before: rows[PAGE - 1]?.seq ?? null }) : null}
        />
      </Card>
    ),
  });
}

/** GET /groups/:id/history/:entry */
export async function showEntryOfGroup(visit: Visit): Promise<ScreenAnswer> {
  const group = await openLog(visit);
  const entry = await openEntry(visit, { group: group.row.n, path: `${group.path}/history` });
  return groupPage(visit, { group, tab: 'history', body: <WholeEntry entry={entry} about="group" /> });
}

/** The group of the path, for those who may see its log (J-14, J-18). */
async function openLog(visit: Visit): Promise<OpenGroup> {
  const group = await openGroup(visit);
  requireInGroup('see-log', visit.person, group.policy);
  return group;
}
