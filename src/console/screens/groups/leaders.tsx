/** Who leads a group. */
import { parseGroupId, parseUserId } from '../../../core/ids.ts';
import { Refusal } from '../../../core/refusal.ts';
import { governGroup, type LeaderRef } from '../../../directory/governance.ts';
import { perform } from '../../../directory/work.ts';
import { namedLeaders } from '../../../store/screens/group-card.ts';
import { suggestGroups, suggestUsers } from '../../../store/screens/suggestions.ts';
import { Button } from '../../components/button.tsx';
import { DataTable } from '../../components/data-table.tsx';
import { Card } from '../../components/details.tsx';
import { Empty } from '../../components/empty.tsx';
import { Form } from '../../components/form.tsx';
import { PageHeader } from '../../components/page-header.tsx';
import { SearchBox } from '../../components/search-box.tsx';
import { Suggestions } from '../../components/suggestions.tsx';
import { placeBelow } from '../../place.ts';
import type { ScreenAnswer, Visit } from '../../screen.ts';
import { openGroup } from './access.ts';
import { MemberName } from './overview.tsx';

const SUGGESTED = 8;

/** GET /groups/:id/leaders */
export async function showLeaders(visit: Visit): Promise<ScreenAnswer> {
  const { parts, query, t } = visit;
  const { row, path } = await openGroup(visit);
  const { database } = parts.directory;
  const text = query.get('q') ?? '';
  const leaders = await namedLeaders(database, row.n);
  const found = [
    ...(await suggestUsers(database, text, SUGGESTED)),
    ...(await suggestGroups(database, text, SUGGESTED)),
  ].filter(({ id }) => !leaders.some((leader) => leader.id === id));
  const l = t.groups.leaders;
  return {
    kind: 'page',
    title: l.title,
    ...placeBelow({ name: t.groups.title, path: '/groups' }, { name: row.name, path }),
    body: (
      <>
        <PageHeader title={`${l.title}: ${row.name}`} lead={l.lead} />
        <Card>
          <SearchBox action={`${path}/leaders`} label={l.search} value={text} results="found" />
          <div id="found" class="results">
            <Suggestions
              found={found}
              text={text}
              action={`${path}/leaders`}
              verb={l.add}
              verbLabel={l.addLabel}
            />
          </div>
        </Card>
        <Card title={l.title}>
          {leaders.length === 0 ? (
            <Empty title={t.groups.overview.noLeader}>{t.groups.overview.noLeaderNext}</Empty>
          ) : (
            <DataTable
              caption={l.title}
              rows={leaders}
              keyOf={({ id }) => id}
              columns={[
                { head: l.leader, kind: 'name', cell: (leader) => <MemberName {...leader} /> },
                {
                  head: l.remove,
                  kind: 'actions',
                  cell: ({ type, id, name }) => (
                    <Form action={`${path}/leaders/remove`}>
                      <input type="hidden" name="member" value={`${type}:${id}`} />
                      <Button tone="danger" size="small" label={l.removeLabel(name)}>
                        {l.remove}
                      </Button>
                    </Form>
                  ),
                },
              ]}
            />
          )}
        </Card>
      </>
    ),
  };
}

/** POST /groups/:id/leaders */
export async function addLeader(visit: Visit): Promise<ScreenAnswer> {
  return changeLeaders(visit, (leaders, leader) => [...leaders.filter(({ id }) => id !== leader.id), leader]);
}

/** POST /groups/:id/leaders/remove */
export async function removeLeader(visit: Visit): Promise<ScreenAnswer> {
  return changeLeaders(visit, (leaders, leader) => leaders.filter(({ id }) => id !== leader.id));
}

async function changeLeaders(
  visit: Visit,
  edit: (leaders: readonly LeaderRef[], leader: LeaderRef) => readonly LeaderRef[],
): Promise<ScreenAnswer> {
  const { parts, by, form, t } = visit;
  const { row, path } = await openGroup(visit);
  const leader = readMember(form.get('member') ?? '');
  await perform(parts.directory, by, async (work) => {
    const leaders = await namedLeaders(work.tx, row.n);
    const wanted = edit(
      leaders.map(({ type, id }) => ({ type, id })),
      leader,
    );
    await governGroup(work, { group: row.id, leaders: wanted, at: 'change' });
  });
  return {
    kind: 'go',
    to: `${path}/leaders`,
    notice: { tone: 'done', text: t.groups.leaders.changed },
  };
}

/** Reads `user:ID` or `group:ID`. Refuses `member.not_found` for anything else. */
export function readMember(text: string): Required<LeaderRef> {
  const [type = '', id = ''] = text.split(':');
  const [user, group] = [parseUserId(id), parseGroupId(id)];
  if (type === 'user' && user !== null) return { type, id: user };
  if (type === 'group' && group !== null) return { type, id: group };
  throw new Refusal('member.not_found', { members: [text] });
}
