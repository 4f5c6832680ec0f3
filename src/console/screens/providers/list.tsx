/** Identity providers by which people sign in; adding one. */
import { PROVIDER_NAME } from '../../../core/saml/provider.ts';
import { may } from '../../../core/policies.ts';
import { isRefusal } from '../../../core/refusal.ts';
import { addByMetadata } from '../../../sources/saml/admin.ts';
import { listProviders, type ProviderRow } from '../../../store/saml/providers.ts';
import { Badge } from '../../components/badge.tsx';
import { Button, LinkButton } from '../../components/button.tsx';
import { Card } from '../../components/details.tsx';
import { DataTable } from '../../components/data-table.tsx';
import { Empty } from '../../components/empty.tsx';
import { TextField } from '../../components/field.tsx';
import { Form } from '../../components/form.tsx';
import { Moment } from '../../components/moment.tsx';
import { PageHeader } from '../../components/page-header.tsx';
import { Remark } from '../../components/notice-box.tsx';
import { useTexts } from '../../frame/here.ts';
import type { ScreenAnswer, Visit } from '../../screen.ts';
import { lastGoodUntil } from './certificate.ts';

/** GET /providers */
export async function showProviders({ parts, person, t }: Visit): Promise<ScreenAnswer> {
  const rows = await listProviders(parts.directory.database);
  const mayAdd = may('see-settings', person);
  const add = <LinkButton href="/providers/new">{t.providers.add}</LinkButton>;
  return {
    kind: 'page',
    title: t.providers.title,
    body: (
      <>
        <PageHeader
          title={t.providers.title}
          lead={t.providers.lead}
          {...(mayAdd && rows.length > 0 ? { actions: add } : {})}
        />
        <Card>
          {rows.length === 0 ? (
            <Empty title={t.providers.none} {...(mayAdd ? { action: add } : {})}>
              {t.providers.noneNext}
            </Empty>
          ) : (
            <ProviderTable rows={rows} />
          )}
        </Card>
      </>
    ),
  };
}

function ProviderTable({ rows }: { readonly rows: readonly ProviderRow[] }) {
  const { providers: t, shell } = useTexts();
  return (
    <DataTable
      caption={t.title}
      rows={rows}
      keyOf={({ n }) => n}
      columns={[
        {
          head: t.provider,
          kind: 'name',
          cell: ({ name, metadata }) => <a href={`/providers/${name}`}>{metadata.title ?? name}</a>,
        },
        { head: t.entityId, kind: 'long', cell: ({ entity_id: entity }) => entity },
        {
          head: t.lastLogin,
          cell: ({ last_login_at: at }) => (at === null ? shell.never : <Moment at={at} />),
        },
        { head: t.certificate, cell: ({ metadata }) => <Until of={metadata.certificates} /> },
        {
          head: t.state,
          cell: ({ last_error: error, expired }) => (
            <Badge tone={expired ? 'bad' : error === null ? 'good' : 'warn'}>
              {expired ? t.expired : (error ?? t.fine)}
            </Badge>
          ),
        },
      ]}
    />
  );
}

function Until({ of }: { readonly of: readonly string[] }) {
  const until = lastGoodUntil(of);
  return until === null ? null : <Moment at={until} />;
}

/** GET /providers/new */
export async function showNewProvider(visit: Visit): Promise<ScreenAnswer> {
  return newPage(visit, null);
}

function newPage({ form, t }: Visit, error: string | null): ScreenAnswer {
  const text = t.providers.form;
  return {
    kind: 'page',
    title: text.title,
    at: '/providers',
    crumbs: [{ text: t.providers.title, href: '/providers' }],
    status: error === null ? 200 : 422,
    body: (
      <>
        <PageHeader title={text.title} />
        {error === null ? null : (
          <Remark tone="problem">
            <p>{error}</p>
          </Remark>
        )}
        <Card>
          <Form action="/providers" class="stack">
            <TextField
              name="name"
              label={text.name}
              hint={text.nameHint}
              value={form.get('name') ?? ''}
              isRequired
            />
            <TextField
              name="metadata"
              type="url"
              label={text.metadata}
              value={form.get('metadata') ?? ''}
              isRequired
            />
            <TextField
              name="entityId"
              label={text.entityId}
              hint={text.entityIdHint}
              value={form.get('entityId') ?? ''}
            />
            <div class="actions">
              <Button>{text.add}</Button>
            </div>
          </Form>
        </Card>
      </>
    ),
  };
}

/** POST /providers: from an address alone; files are added on the host. */
export async function postProvider(visit: Visit): Promise<ScreenAnswer> {
  const { parts, form, by, t } = visit;
  const name = (form.get('name') ?? '').trim();
  const metadata = (form.get('metadata') ?? '').trim();
  const entityId = (form.get('entityId') ?? '').trim();
  if (!PROVIDER_NAME.test(name)) return newPage(visit, t.providers.form.nameHint);
  if (!/^https?:\/\//i.test(metadata)) return newPage(visit, t.providers.form.metadata);
  try {
    await addByMetadata(parts.providers, by, {
      ...{ name, metadata, signer: null, settings: {} },
      entityId: entityId === '' ? null : entityId,
    });
  } catch (error) {
    if (isRefusal(error)) return newPage(visit, error.message);
    throw error;
  }
  const notice = { tone: 'done', text: t.providers.form.added(name) } as const;
  return { kind: 'go', to: `/providers/${name}`, notice };
}
