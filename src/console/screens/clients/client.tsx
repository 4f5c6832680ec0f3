/** One client: its tokens, and what it sent. */
import { may } from '../../../core/policies.ts';
import { Refusal } from '../../../core/refusal.ts';
import { type ClientRow, findClient } from '../../../store/clients.ts';
import { type ClientTokenRow, tokensOfClient } from '../../../store/screens/client-tokens.ts';
import { listTraces, type TraceRow } from '../../../store/scim/traces.ts';
import { addressOf, numberIn, wordIn } from '../../address.ts';
import { Badge } from '../../components/badge.tsx';
import { Button, LinkButton } from '../../components/button.tsx';
import { Card, Details } from '../../components/details.tsx';
import { DataTable, type Paging } from '../../components/data-table.tsx';
import { Empty } from '../../components/empty.tsx';
import { Form } from '../../components/form.tsx';
import { ExactMoment, Moment } from '../../components/moment.tsx';
import { PageHeader } from '../../components/page-header.tsx';
import { Live } from '../../components/progress.tsx';
import { Tabs } from '../../components/tabs.tsx';
import { useTexts } from '../../frame/here.ts';
import type { ScreenAnswer, Visit } from '../../screen.ts';
import { Scopes } from './list.tsx';

const PAGE = 25;
const OUTCOMES = ['done', 'refused'] as const;

type Outcome = (typeof OUTCOMES)[number] | null;

/** GET /clients/:id */
export async function showClient({ parts, params, query, person, t }: Visit): Promise<ScreenAnswer> {
  const { database } = parts.directory;
  const client = await findClient(database, params.id ?? '');
  if (client === null) throw new Refusal('client.not_found', { client: params.id ?? '' });
  const outcome = wordIn(query, 'outcome', OUTCOMES);
  const before = numberIn(query, 'before');
  await parts.flushTraces();
  const asked = { source: client.source_n, outcome, before, limit: PAGE + 1 };
  const [tokens, traces] = await Promise.all([
    tokensOfClient(database, client.n),
    may('read-audit', person) ? listTraces(database, asked) : null,
  ]);
  const path = `/clients/${client.id}`;
  const shown = traces?.slice(0, PAGE) ?? null;
  const at = (last: number | null): string => addressOf(path, { outcome, before: last });
  const paging = {
    first: before === null ? null : at(null),
    next: (traces?.length ?? 0) > PAGE ? at(shown?.at(-1)?.n ?? null) : null,
  };
  return {
    kind: 'page',
    title: client.name,
    at: '/clients',
    crumbs: [{ text: t.clients.title, href: '/clients' }],
    body: (
      <>
        <Head client={client} />
        <div class="columns">
          <Facts client={client} baseUrl={parts.baseUrl} />
          <Tokens client={client} tokens={tokens} />
        </div>
        {shown === null ? null : (
          <Live id="traces" path={at(before)} isLive={before === null}>
            <Traces {...{ client, outcome, paging }} traces={shown} />
          </Live>
        )}
      </>
    ),
  };
}

function Head({ client: { id, name, profile } }: { readonly client: ClientRow }) {
  const t = useTexts().clients;
  return (
    <PageHeader
      title={name}
      beside={<Badge tone="info">{profile}</Badge>}
      actions={
        <LinkButton href={`/clients/${id}/revoke`} tone="danger">
          {t.revoke}
        </LinkButton>
      }
    />
  );
}

function Facts({ client, baseUrl }: { readonly client: ClientRow; readonly baseUrl: string }) {
  const t = useTexts().clients;
  return (
    <Card>
      <Details
        items={[
          { name: t.base, value: <code>{`${baseUrl}/scim/v2`}</code> },
          { name: t.scopes, value: <Scopes scopes={client.scopes} /> },
          { name: t.namespace, value: t.namespaces[client.namespace] },
          { name: t.allow, value: client.allow.length === 0 ? t.anywhere : client.allow.join(', ') },
          { name: t.rate, value: client.rate_per_second ?? t.unlimited },
          { name: t.created, value: <ExactMoment at={client.created_at} /> },
        ]}
      />
    </Card>
  );
}

function Tokens({
  client,
  tokens,
}: {
  readonly client: ClientRow;
  readonly tokens: readonly ClientTokenRow[];
}) {
  const t = useTexts().clients;
  return (
    <Card title={t.tokens}>
      <DataTable
        caption={t.tokens}
        rows={tokens}
        keyOf={({ id }) => id}
        columns={[
          {
            head: t.tokenKey,
            kind: 'name',
            cell: ({ key_id: key }) => (key === null ? t.chosen : <code>{`mst_${key}…`}</code>),
          },
          { head: t.created, cell: ({ created_at: at }) => <Moment at={at} /> },
          { head: t.ends, cell: ({ expires_at: at }) => (at === null ? t.endsNever : <Moment at={at} />) },
          {
            head: t.used,
            cell: ({ is_good: isGood }) => (
              <Badge tone={isGood ? 'good' : 'neutral'}>{isGood ? t.good : t.over}</Badge>
            ),
          },
        ]}
      />
      <Form action={`/clients/${client.id}/rotate`} class="stack">
        <p class="quiet">{t.rotateHint}</p>
        <div class="actions">
          <Button tone="plain">{t.rotate}</Button>
        </div>
      </Form>
    </Card>
  );
}

interface TracesProps {
  readonly client: ClientRow;
  readonly traces: readonly TraceRow[];
  readonly outcome: Outcome;
  readonly paging: Paging;
}

function Traces({ client, traces, outcome, paging }: TracesProps) {
  const t = useTexts().clients;
  const path = `/clients/${client.id}`;
  const tabs = [
    { href: path, text: t.all },
    ...OUTCOMES.map((name) => ({ href: addressOf(path, { outcome: name }), text: t[name] })),
  ];
  return (
    <Card title={t.traces}>
      <p class="quiet">{t.tracesLead}</p>
      <Tabs label={t.traces} tabs={tabs} at={addressOf(path, { outcome })} />
      {traces.length === 0 ? (
        <Empty title={t.noTraces}>{t.noTracesNext}</Empty>
      ) : (
        <DataTable
          caption={t.traces}
          rows={traces}
          keyOf={({ n }) => n}
          paging={paging}
          columns={[
            {
              head: t.request,
              kind: 'name',
              cell: ({ method, path: asked }) => (
                <code>
                  {method} {asked}
                </code>
              ),
            },
            {
              head: t.answer,
              cell: ({ status }) => <Badge tone={status < 400 ? 'good' : 'bad'}>{status}</Badge>,
            },
            { head: t.took, kind: 'number', cell: ({ milliseconds }) => milliseconds },
            { head: t.details, cell: (row) => <TraceDetails row={row} /> },
            { head: t.at, cell: ({ at }) => <Moment at={at} /> },
          ]}
        />
      )}
    </Card>
  );
}

function TraceDetails({ row: { trace } }: { readonly row: TraceRow }) {
  const t = useTexts().clients;
  const parts = [
    [t.received, trace.received],
    [t.normalised, trace.normalised],
    [t.changed, trace.changed],
    [t.answered, trace.answered],
  ] as const;
  return (
    <>
      {trace.notes.map(({ path, why }) => (
        <p key={path} class="small">
          {path}: {why}
        </p>
      ))}
      <details>
        <summary>{t.details}</summary>
        {parts.map(([name, value]) => (
          <>
            <p class="quiet">{name}</p>
            <pre tabIndex={0}>
              <code>{JSON.stringify(value, null, 2)}</code>
            </pre>
          </>
        ))}
      </details>
    </>
  );
}
