/** What is known of an account besides what it is called: keys, sources, sessions. */
import type { IdentityKeyRow, StatementRow, UserSessionRow } from '../../../store/screens/user-card.ts';
import type { UserRow } from '../../../store/users.ts';
import { Badge } from '../../components/badge.tsx';
import { Button } from '../../components/button.tsx';
import { Card } from '../../components/details.tsx';
import { DataTable } from '../../components/data-table.tsx';
import { Empty } from '../../components/empty.tsx';
import { Form } from '../../components/form.tsx';
import { Moment } from '../../components/moment.tsx';
import { useTexts } from '../../frame/here.ts';
import { labelOf } from './attributes.ts';

export function Keys({ keys }: { readonly keys: readonly IdentityKeyRow[] }) {
  const t = useTexts().users;
  return (
    <Card title={t.keys}>
      <p class="quiet">{t.keysLead}</p>
      {keys.length === 0 ? (
        <Empty title={t.noKeys} />
      ) : (
        <DataTable
          caption={t.keys}
          rows={keys}
          keyOf={({ kind, issuer, value }) => `${kind} ${issuer} ${value}`}
          columns={[
            { head: t.kind, kind: 'name', cell: ({ kind }) => kind },
            { head: t.value, kind: 'long', cell: ({ value }) => value },
            { head: t.issuer, kind: 'long', cell: ({ issuer }) => issuer },
            { head: t.source, cell: ({ source }) => source },
          ]}
        />
      )}
    </Card>
  );
}

export function Statements({ statements }: { readonly statements: readonly StatementRow[] }) {
  const t = useTexts().users;
  return (
    <Card title={t.sources}>
      <DataTable
        caption={t.sources}
        rows={statements}
        keyOf={({ source, attributes }) => `${source} ${attributes === null ? 'made' : 'states'}`}
        columns={[
          {
            head: t.source,
            kind: 'name',
            cell: ({ source, ended }) => (
              <>
                {source} {ended ? <Badge>{t.sourceEnded}</Badge> : null}
              </>
            ),
          },
          {
            head: t.sourceStates,
            cell: ({ attributes, file, line }) => (
              <>
                {attributes === null ? t.sourceMade : attributes.map(labelOf).join(', ')}
                {file === null || line === null ? null : (
                  <span class="quiet small"> {t.line(file, line)}</span>
                )}
              </>
            ),
          },
          { head: t.since, cell: ({ since }) => <Moment at={since} /> },
        ]}
      />
    </Card>
  );
}

export interface SessionsProps {
  readonly user: UserRow;
  readonly sessions: readonly UserSessionRow[];
}

export function Sessions({ user, sessions }: SessionsProps) {
  const t = useTexts().users;
  const path = `/users/${user.id}/sign-out`;
  return (
    <Card
      title={t.sessions}
      {...(sessions.length < 2
        ? {}
        : {
            actions: (
              <Form action={path}>
                <Button tone="plain" size="small">
                  {t.signOutAll}
                </Button>
              </Form>
            ),
          })}
    >
      {sessions.length === 0 ? (
        <Empty title={t.noSessions} />
      ) : (
        <DataTable
          caption={t.sessions}
          rows={sessions}
          keyOf={({ n }) => n}
          columns={[
            { head: t.session, kind: 'name', cell: ({ provider }) => provider ?? t.link },
            { head: t.started, cell: ({ created_at: at }) => <Moment at={at} /> },
            { head: t.seen, cell: ({ seen_at: at }) => <Moment at={at} /> },
            { head: t.ends, cell: ({ expires_at: at }) => <Moment at={at} /> },
            {
              head: t.signOut,
              kind: 'actions',
              cell: ({ n }) => (
                <Form action={path}>
                  <input type="hidden" name="session" value={n} />
                  <Button tone="plain" size="small">
                    {t.signOut}
                  </Button>
                </Form>
              ),
            },
          ]}
        />
      )}
    </Card>
  );
}
