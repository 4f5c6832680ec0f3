/** My groups: mine, with what leaving comes to; what I asked for; what I may join. */
import { decideLeave } from '../../../core/joining.ts';
import { defaultJoiningRules } from '../../../core/joining.ts';
import type { GroupN } from '../../../core/ids.ts';
import { isRefusal } from '../../../core/refusal.ts';
import { listOwnGroups, type OwnGroupRow } from '../../../store/effective/own-groups.ts';
import { listRequests, type RequestRow } from '../../../store/requests.ts';
import { mayAskToJoin, searchJoinable } from '../../../store/screens/own-requests.ts';
import { addressOf } from '../../address.ts';
import { Card, Details } from '../../components/details.tsx';
import { PageHeader } from '../../components/page-header.tsx';
import { SearchBox } from '../../components/search-box.tsx';
import { useHere } from '../../frame/here.ts';
import { readsDirectory } from '../../frame/navigation.ts';
import { wordsOf } from '../../refusals.ts';
import type { ScreenAnswer, Visit } from '../../screen.ts';
import { JoinableTable, MineTable, type MyGroup, WaitingTable } from './tables.tsx';

/** Most groups on one page. */
export const SHOWN_GROUPS = 500;
const PAGE = 25;

/** GET /my-groups, and the first page of those who look after nothing. */
export async function showMyGroups(visit: Visit): Promise<ScreenAnswer> {
  const { parts, person, query, t } = visit;
  const { database } = parts.directory;
  const text = query.get('q') ?? '';
  const search = { text, after: query.get('after') ?? '', limit: PAGE + 1 };
  const pending = { state: 'pending', group: null, user: person.n, visible: null } as const;
  const [mine, waiting, joinable, mayAsk] = await Promise.all([
    listOwnGroups(database, person.n, SHOWN_GROUPS),
    listRequests(database, { after: 0, limit: PAGE }, pending),
    searchJoinable(database, person.n, search),
    mayAskToJoin(database, person.n),
  ]);
  const shown = joinable.slice(0, PAGE);
  const paging = {
    first: query.has('after') ? addressOf('/my-groups', { q: text }) : null,
    next: joinable.length > PAGE ? addressOf('/my-groups', { q: text, after: shown.at(-1)?.key }) : null,
  };
  return {
    kind: 'page',
    title: t.own.title,
    at: '/my-groups',
    body: (
      <>
        <PageHeader title={t.own.title} lead={t.own.lead} />
        {waiting.length === 0 ? null : (
          <Card title={t.own.waiting}>
            <WaitingTable rows={waiting} />
          </Card>
        )}
        <Card title={t.own.mine}>
          <MineTable
            rows={mine.map((row) => ({
              ...row,
              why: readsDirectory(person)
                ? addressOf(`/groups/${row.id}/why`, { user: person.id })
                : `/my-groups/${row.id}/why`,
              leaving: leavingOf(visit, row, waiting),
            }))}
          />
        </Card>
        <Card title={t.own.joinable}>
          <SearchBox action="/my-groups" label={t.own.joinableSearch} value={text} results="joinable" />
          {mayAsk ? null : <p class="quiet">{t.own.mayNot}</p>}
          <div id="joinable" class="results">
            <JoinableTable rows={shown} text={text} paging={paging} />
          </div>
        </Card>
        <Account />
      </>
    ),
  };
}

/** Asks the rule that leaving itself asks, so that no button is shown that would be refused. */
function leavingOf({ parts }: Visit, row: OwnGroupRow, waiting: readonly RequestRow[]): MyGroup['leaving'] {
  const { autoLeave } = parts.directory.rules ?? defaultJoiningRules;
  const pending = waiting.find(({ group_id: id }) => id === row.id)?.kind ?? null;
  const standing = { isDirect: row.direct, isMember: true, mayRequest: true, pending };
  // Neither the number nor trust plays a part in leaving.
  const group = { ...row, n: 0 as GroupN, internal: false, public: false, trusted: false };
  try {
    const outcome = decideLeave(group, standing, { autoLeave, through: row.through });
    return { can: outcome === 'at-once' ? 'leave' : 'ask' };
  } catch (error) {
    if (isRefusal(error)) return { can: null, why: wordsOf(error) };
    throw error;
  }
}

function Account() {
  const { t, session } = useHere();
  const held = [...(session?.person.permissions ?? [])].sort();
  return (
    <Card title={t.own.account}>
      <Details
        items={[
          { name: t.own.name, value: session?.name },
          { name: t.own.permissions, value: held.length === 0 ? t.shell.none : held.join(', ') },
          { name: t.own.id, value: <code>{session?.person.id}</code> },
        ]}
      />
    </Card>
  );
}
