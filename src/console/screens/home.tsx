/** Who I am and what I belong to. */
import { Card, Details } from '../components/details.tsx';
import { DataTable } from '../components/data-table.tsx';
import { Empty } from '../components/empty.tsx';
import { PageHeader } from '../components/page-header.tsx';
import { useHere } from '../frame/here.ts';
import type { Screen, ScreenAnswer, Visit } from '../screen.ts';
import { listOwnGroups, type OwnGroupRow } from '../../store/effective/own-groups.ts';

/** Most groups on one page. */
const SHOWN_GROUPS = 500;

export const homeScreens: readonly Screen[] = [
  { method: 'GET', path: '/', handle: showHome },
  { method: 'GET', path: '/my-groups', handle: showHome },
];

async function showHome({ parts, person, t }: Visit): Promise<ScreenAnswer> {
  const groups = await listOwnGroups(parts.directory.database, person.n, SHOWN_GROUPS);
  return { kind: 'page', title: t.own.title, at: '/my-groups', body: <Home groups={groups} /> };
}

function Home({ groups }: { readonly groups: readonly OwnGroupRow[] }) {
  const { t, session } = useHere();
  const held = [...(session?.person.permissions ?? [])].sort();
  return (
    <>
      <PageHeader title={t.own.title} lead={t.own.lead} />
      <Card title={t.own.mine}>
        {groups.length === 0 ? (
          <Empty title={t.own.noGroup}>{t.own.noGroupNext}</Empty>
        ) : (
          <DataTable
            caption={t.own.mine}
            rows={groups}
            keyOf={({ id }) => id}
            columns={[
              { head: t.own.group, kind: 'name', cell: ({ name }) => name },
              {
                head: t.own.how,
                cell: ({ direct, through }) => (direct ? t.own.directly : t.own.through(through)),
              },
              { head: t.own.roles, cell: ({ roles }) => roles.join(', ') },
            ]}
          />
        )}
      </Card>
      <Card title={t.own.account}>
        <Details
          items={[
            { name: t.own.name, value: session?.name },
            { name: t.own.permissions, value: held.length === 0 ? t.shell.none : held.join(', ') },
            { name: t.own.id, value: <code>{session?.person.id}</code> },
          ]}
        />
      </Card>
    </>
  );
}
