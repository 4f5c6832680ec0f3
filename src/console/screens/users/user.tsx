/** One user: who it is, who says so, what it belongs to and what that gives. */
import type { ComponentChildren } from 'preact';
import { fullNameOf } from '../../../core/person-name.ts';
import { may } from '../../../core/policies.ts';
import {
  type ConferredPermissionRow,
  type ConferredRoleRow,
  listConferredPermissions,
  listConferredRoles,
} from '../../../store/effective/listing.ts';
import { groupsOfPerson, type PersonGroupRow } from '../../../store/screens/user-groups.ts';
import {
  keysOfUser,
  sessionsOfUser,
  statementsOfUser,
  type StatementRow,
} from '../../../store/screens/user-card.ts';
import type { UserRow } from '../../../store/users.ts';
import { Button, LinkButton } from '../../components/button.tsx';
import { Card, Details } from '../../components/details.tsx';
import { DataTable, type Paging } from '../../components/data-table.tsx';
import { Empty } from '../../components/empty.tsx';
import { Form } from '../../components/form.tsx';
import { ExactMoment } from '../../components/moment.tsx';
import { PageHeader } from '../../components/page-header.tsx';
import { Remark } from '../../components/notice-box.tsx';
import { Name } from '../../components/name.tsx';
import { useHere, useTexts } from '../../frame/here.ts';
import { addressOf } from '../../address.ts';
import type { ScreenAnswer, Visit } from '../../screen.ts';
import { Keys, Sessions, Statements } from './evidence.tsx';
import { UserBadge } from './list.tsx';
import { openUser } from './open.ts';
import { attributesOf, sourceOfAttribute } from './attributes.ts';

const GROUPS = 50;

/** GET /users/:id */
export async function showUser(visit: Visit): Promise<ScreenAnswer> {
  const { parts, query, person, t } = visit;
  const { database } = parts.directory;
  const user = await openUser(visit);
  const after = query.get('groups') ?? '';
  const [groups, roles, permissions, keys, statements, sessions] = await Promise.all([
    groupsOfPerson(database, user.n, { after, limit: GROUPS + 1 }),
    listConferredRoles(database, user.n),
    listConferredPermissions(database, user.n),
    keysOfUser(database, user.n),
    statementsOfUser(database, user.n),
    sessionsOfUser(database, user.n),
  ]);
  const name = user.user_name ?? user.id;
  const path = `/users/${user.id}`;
  const shown = groups.slice(0, GROUPS);
  const paging = {
    first: after === '' ? null : path,
    next: groups.length > GROUPS ? addressOf(path, { groups: shown.at(-1)?.key }) : null,
  };
  const mayManage = may('manage-users', person);
  return {
    kind: 'page',
    title: name,
    at: '/users',
    crumbs: [{ text: t.users.title, href: '/users' }],
    body: (
      <>
        <Head
          user={user}
          name={name}
          actions={mayManage ? <Actions user={user} /> : <History user={user} />}
        />
        <div class="columns">
          <Attributes user={user} statements={statements} />
          <Account user={user} />
        </div>
        <Groups user={user} groups={shown} paging={paging} />
        <Rights roles={roles} permissions={permissions} />
        <div class="columns">
          <Keys keys={keys} />
          <Statements statements={statements} />
        </div>
        {mayManage ? <Sessions user={user} sessions={sessions} /> : null}
      </>
    ),
  };
}

function Head({
  user,
  name,
  actions,
}: {
  readonly user: UserRow;
  readonly name: string;
  readonly actions: ComponentChildren;
}) {
  const t = useTexts().users;
  const called = fullNameOf(user.document);
  return (
    <>
      <PageHeader
        title={name}
        beside={<UserBadge user={user} />}
        {...(called === null || called === name ? {} : { lead: called })}
        actions={actions}
      />
      {user.stub ? (
        <Remark tone="remark">
          <p>{t.stubHint}</p>
        </Remark>
      ) : null}
    </>
  );
}

function History({ user: { id } }: { readonly user: UserRow }) {
  const { t, session } = useHere();
  if (session === null || !may('read-audit', session.person)) return null;
  return (
    <LinkButton tone="plain" href={addressOf('/activity', { user: id })}>
      {t.users.history}
    </LinkButton>
  );
}

function Actions({ user }: { readonly user: UserRow }) {
  const t = useTexts().users;
  const path = `/users/${user.id}`;
  return (
    <>
      <LinkButton href={`${path}/edit`} tone="plain">
        {t.edit}
      </LinkButton>
      {user.stub ? null : (
        <Form action={`${path}/${user.active ? 'deactivate' : 'activate'}`}>
          <Button tone="plain">{user.active ? t.deactivate : t.activate}</Button>
        </Form>
      )}
      <History user={user} />
      <LinkButton href={`${path}/delete`} tone="danger">
        {t.remove}
      </LinkButton>
    </>
  );
}

function Attributes({
  user,
  statements,
}: {
  readonly user: UserRow;
  readonly statements: readonly StatementRow[];
}) {
  const t = useTexts().users;
  const attributes = attributesOf(user.document);
  return (
    <Card title={t.attributes}>
      {attributes.length === 0 ? (
        <Empty title={t.noAttributes} />
      ) : (
        <DataTable
          caption={t.attributes}
          rows={attributes}
          keyOf={({ name }) => name}
          columns={[
            { head: t.attribute, kind: 'name', cell: ({ label }) => label },
            { head: t.value, cell: ({ value }) => value },
            { head: t.statedBy, cell: ({ name }) => sourceOfAttribute(statements, name) },
          ]}
        />
      )}
    </Card>
  );
}

function Account({ user }: { readonly user: UserRow }) {
  const t = useTexts().users;
  return (
    <Card title={t.facts}>
      <Details
        items={[
          { name: t.id, value: <code>{user.id}</code> },
          { name: t.made, value: <ExactMoment at={user.created_at} /> },
          { name: t.modified, value: <ExactMoment at={user.modified_at} /> },
          { name: t.version, value: user.version },
        ]}
      />
    </Card>
  );
}

interface GroupsProps {
  readonly user: UserRow;
  readonly groups: readonly PersonGroupRow[];
  readonly paging: Paging;
}

function Groups({ user, groups, paging }: GroupsProps) {
  const t = useTexts().users;
  return (
    <Card title={t.groups}>
      {groups.length === 0 ? (
        <Empty title={t.noGroups}>{user.active ? t.groupsLead : t.noGroupsInactive}</Empty>
      ) : (
        <DataTable
          caption={t.groups}
          rows={groups}
          keyOf={({ n }) => n}
          paging={paging}
          columns={[
            {
              head: t.group,
              kind: 'name',
              cell: ({ id, name }) => (
                <a href={`/groups/${id}`}>
                  <Name of={name} />
                </a>
              ),
            },
            { head: t.how, cell: ({ direct, through }) => (direct ? t.directly : t.through(through)) },
            { head: t.roles, cell: ({ roles }) => roles.join(', ') },
            {
              head: t.why,
              kind: 'actions',
              cell: ({ id, name }) => (
                <LinkButton
                  tone="plain"
                  size="small"
                  href={addressOf(`/groups/${id}/why`, { user: user.id })}
                  label={t.whyLabel(name)}
                >
                  {t.why}
                </LinkButton>
              ),
            },
          ]}
        />
      )}
    </Card>
  );
}

interface RightsProps {
  readonly roles: readonly ConferredRoleRow[];
  readonly permissions: readonly ConferredPermissionRow[];
}

function Rights({ roles, permissions }: RightsProps) {
  const t = useTexts().users;
  const rows = [
    ...roles.map(({ name, groups }) => ({ kind: t.role, name, groups, direct: false })),
    ...permissions.map(({ name, groups, direct }) => ({ kind: t.permission, name, groups, direct })),
  ];
  return (
    <Card title={t.rights}>
      {rows.length === 0 ? (
        <Empty title={t.noRights} />
      ) : (
        <DataTable
          caption={t.rights}
          rows={rows}
          keyOf={({ kind, name }) => `${kind} ${name}`}
          columns={[
            { head: t.name, kind: 'name', cell: ({ name }) => name },
            { head: t.kind, cell: ({ kind }) => kind },
            {
              head: t.from,
              cell: ({ groups, direct }) => (
                <>
                  {direct ? t.ownGrant : null}
                  {groups.map(({ id, name }, at) => (
                    <>
                      {at > 0 || direct ? ', ' : ''}
                      <a href={`/groups/${id}`}>
                        <Name of={name} />
                      </a>
                    </>
                  ))}
                </>
              ),
            },
          ]}
        />
      )}
    </Card>
  );
}
