/** Everybody, by userName, found while typing. */
import { may } from '../../../core/policies.ts';
import { searchUsers, type UserSearchRow } from '../../../store/screens/user-search.ts';
import { addressOf, wordIn } from '../../address.ts';
import { Badge } from '../../components/badge.tsx';
import { LinkButton } from '../../components/button.tsx';
import { Card } from '../../components/details.tsx';
import { DataTable, type Paging } from '../../components/data-table.tsx';
import { Empty } from '../../components/empty.tsx';
import { PageHeader } from '../../components/page-header.tsx';
import { SearchBox } from '../../components/search-box.tsx';
import { Name } from '../../components/name.tsx';
import { useHere, useTexts } from '../../frame/here.ts';
import type { ScreenAnswer, Visit } from '../../screen.ts';

const PAGE = 50;
const STATES = ['active', 'inactive', 'stub'] as const;

type Shown = (typeof STATES)[number] | null;

/** GET /users */
export async function showUsers({ parts, query, t }: Visit): Promise<ScreenAnswer> {
  const text = query.get('q') ?? '';
  const state = wordIn(query, 'state', STATES);
  const after = query.get('after') ?? '';
  const search = { text, state, after, limit: PAGE + 1 };
  const users = await searchUsers(parts.directory.database, search);
  const shown = users.slice(0, PAGE);
  const at = (last: string | null): string => addressOf('/users', { q: text, state, after: last });
  const paging = {
    first: after === '' ? null : at(null),
    next: users.length > PAGE ? at(shown.at(-1)?.key ?? null) : null,
  };
  return { kind: 'page', title: t.users.title, body: <Users users={shown} {...{ text, state, paging }} /> };
}

interface UsersProps {
  readonly users: readonly UserSearchRow[];
  readonly text: string;
  readonly state: Shown;
  readonly paging: Paging;
}

function Users({ users, text, state, paging }: UsersProps) {
  const { t, session } = useHere();
  const mayCreate = session !== null && may('manage-users', session.person);
  const create = <LinkButton href="/users/new">{t.users.create}</LinkButton>;
  const isEmpty = users.length === 0 && text === '' && state === null && paging.first === null;
  return (
    <>
      <PageHeader title={t.users.title} lead={t.users.lead} {...(mayCreate ? { actions: create } : {})} />
      <Card>
        {isEmpty ? (
          <Empty title={t.users.none}>{t.users.noneNext}</Empty>
        ) : (
          <>
            <SearchBox action="/users" label={t.users.search} value={text} results="found">
              <div class="field inline">
                <label for="state">{t.users.state}</label>
                <select id="state" name="state" class="narrow">
                  {[null, ...STATES].map((each) => (
                    <option key={each} value={each ?? ''} selected={each === state}>
                      {each === null ? t.users.allStates : t.users.states[each]}
                    </option>
                  ))}
                </select>
              </div>
            </SearchBox>
            <div id="found" class="results">
              {users.length === 0 ? (
                <Empty title={t.users.noneFound(text)}>{t.users.noneFoundNext}</Empty>
              ) : (
                <UserTable users={users} paging={paging} />
              )}
            </div>
          </>
        )}
      </Card>
    </>
  );
}

function UserTable({ users, paging }: Pick<UsersProps, 'users' | 'paging'>) {
  const t = useTexts().users;
  return (
    <DataTable
      caption={t.title}
      rows={users}
      keyOf={({ n }) => n}
      paging={paging}
      columns={[
        {
          head: t.user,
          kind: 'name',
          cell: ({ id, name }) => (
            <a href={`/users/${id}`}>
              <Name of={name} />
            </a>
          ),
        },
        { head: t.name, kind: 'long', cell: ({ display }) => display ?? '' },
        { head: t.email, kind: 'long', cell: ({ email }) => email ?? '' },
        { head: t.state, cell: (user) => <UserBadge user={user} /> },
      ]}
    />
  );
}

/** Whether an account is active, and whether it has arrived. */
export function UserBadge({ user }: { readonly user: { readonly active: boolean; readonly stub: boolean } }) {
  const t = useTexts().users;
  if (user.stub) return <Badge tone="info">{t.states.stub}</Badge>;
  return user.active ? (
    <Badge tone="good">{t.states.active}</Badge>
  ) : (
    <Badge tone="warn">{t.states.inactive}</Badge>
  );
}
