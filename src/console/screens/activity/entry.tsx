/** One entry of the log with everybody whom it names, a page of them at a time. */
import { Refusal } from '../../../core/refusal.ts';
import type { GroupN } from '../../../core/ids.ts';
import {
  type EntryMember,
  findEntry,
  type HistoryRow,
  listEntryMembers,
} from '../../../store/screens/history.ts';
import { addressOf, numberIn } from '../../address.ts';
import { useTexts } from '../../frame/here.ts';
import type { ScreenAnswer, Visit } from '../../screen.ts';
import { PageHeader } from '../../components/page-header.tsx';
import { DataTable, type Paging } from '../../components/data-table.tsx';
import { Card } from '../../components/details.tsx';
import { LogEntries } from '../../components/log-entries.tsx';
import { WayTo } from '../../components/way-to.tsx';

const PAGE = 100;

export interface WholeEntry {
  readonly row: HistoryRow;
  readonly members: readonly EntryMember[];
  readonly paging: Paging;
}

/** The entry that the address names, of that group where one is given. Refuses `entry.not_found`. */
export async function openEntry(
  { parts, params, query }: Visit,
  { group, path }: { readonly group: GroupN | null; readonly path: string },
): Promise<WholeEntry> {
  const { database } = parts.directory;
  const text = params.entry ?? '';
  const seq = numberIn(new URLSearchParams({ seq: text }), 'seq');
  const row = seq === null ? null : await findEntry(database, seq, group);
  if (row === null) throw new Refusal('entry.not_found', { entry: text });
  const after = numberIn(query, 'after') ?? 0;
  const members = await listEntryMembers(database, row.seq, { after, limit: PAGE + 1 });
  const shown = members.slice(0, PAGE);
  const at = `${path}/${row.seq}`;
  return {
    row,
    members: shown,
    paging: {
      first: after === 0 ? null : at,
      next: members.length > PAGE ? addressOf(at, { after: shown.at(-1)?.at }) : null,
    },
  };
}

export function WholeEntry({
  entry: { row, members, paging },
  about,
}: {
  readonly entry: WholeEntry;
  readonly about?: 'group';
}) {
  const { log: t } = useTexts();
  return (
    <>
      <Card>
        <LogEntries rows={[row]} {...(about === undefined ? {} : { about })} />
      </Card>
      {members.length === 0 ? null : (
        <Card title={t.everybody}>
          <DataTable
            caption={t.everybody}
            rows={members}
            keyOf={({ at }) => at}
            paging={paging}
            columns={[
              {
                head: t.member,
                kind: 'name',
                cell: ({ type, id, name, gone }) => (
                  <WayTo href={gone ? null : `/${type}s/${id}`}>{name}</WayTo>
                ),
              },
              { head: t.did, cell: ({ came }) => (came ? t.came : t.went) },
              { head: t.line, kind: 'number', cell: ({ line }) => line ?? '' },
            ]}
          />
        </Card>
      )}
    </>
  );
}

/** GET /activity/entries/:entry */
export async function showEntry(visit: Visit): Promise<ScreenAnswer> {
  const { t } = visit;
  const entry = await openEntry(visit, { group: null, path: '/activity/entries' });
  return {
    kind: 'page',
    title: t.log.entry,
    at: '/activity',
    crumbs: [{ text: t.activity.title, href: '/activity' }],
    body: (
      <>
        <PageHeader title={t.log.entry} />
        <WholeEntry entry={entry} />
      </>
    ),
  };
}
