/** Clients in use. */
import { listClients } from '../../../store/clients.ts';
import { Badge } from '../../components/badge.tsx';
import { LinkButton } from '../../components/button.tsx';
import { Card } from '../../components/details.tsx';
import { DataTable } from '../../components/data-table.tsx';
import { Empty } from '../../components/empty.tsx';
import { Moment } from '../../components/moment.tsx';
import { PageHeader } from '../../components/page-header.tsx';
import type { ScreenAnswer, Visit } from '../../screen.ts';

/** GET /clients */
export async function showClients({ parts, t }: Visit): Promise<ScreenAnswer> {
  const clients = await listClients(parts.directory.database);
  const create = <LinkButton href="/clients/new">{t.clients.create}</LinkButton>;
  return {
    kind: 'page',
    title: t.clients.title,
    body: (
      <>
        <PageHeader
          title={t.clients.title}
          lead={t.clients.lead}
          {...(clients.length === 0 ? {} : { actions: create })}
        />
        <Card>
          {clients.length === 0 ? (
            <Empty title={t.clients.none} action={create}>
              {t.clients.noneNext}
            </Empty>
          ) : (
            <DataTable
              caption={t.clients.title}
              rows={clients}
              keyOf={({ id }) => id}
              columns={[
                {
                  head: t.clients.client,
                  kind: 'name',
                  cell: ({ id, name }) => <a href={`/clients/${id}`}>{name}</a>,
                },
                { head: t.clients.profile, cell: ({ profile }) => profile },
                { head: t.clients.scopes, cell: ({ scopes }) => <Scopes scopes={scopes} /> },
                { head: t.clients.created, cell: ({ created_at: at }) => <Moment at={at} /> },
              ]}
            />
          )}
        </Card>
      </>
    ),
  };
}

export function Scopes({ scopes }: { readonly scopes: readonly string[] }) {
  return (
    <span class="badges">
      {scopes.map((scope) => (
        <Badge key={scope}>{scope}</Badge>
      ))}
    </span>
  );
}
