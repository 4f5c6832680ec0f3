/** One identity provider: certificates, scopes, last sign-ins, and what attributes would do. */
import { may } from '../../../core/policies.ts';
import { Refusal } from '../../../core/refusal.ts';
import { addressesFor } from '../../../sources/saml/addresses.ts';
import { refreshProvider, tryAttributes } from '../../../sources/saml/admin.ts';
import type { TriedLogin } from '../../../sources/saml/trial.ts';
import { findProvider, type ProviderRow } from '../../../store/saml/providers.ts';
import { Button, LinkButton } from '../../components/button.tsx';
import { Card, Details } from '../../components/details.tsx';
import { DataTable } from '../../components/data-table.tsx';
import { Empty } from '../../components/empty.tsx';
import { TextField } from '../../components/field.tsx';
import { Form } from '../../components/form.tsx';
import { ExactMoment, Moment } from '../../components/moment.tsx';
import { PageHeader } from '../../components/page-header.tsx';
import { Remark } from '../../components/notice-box.tsx';
import { useTexts } from '../../frame/here.ts';
import type { ScreenAnswer, Visit } from '../../screen.ts';
import { readCertificate } from './certificate.ts';

const MOST_LINES = 200;

/** GET /providers/:name */
export async function showProvider(visit: Visit): Promise<ScreenAnswer> {
  return providerPage(visit, await requireProvider(visit), null);
}

/** POST /providers/:name/test: shows what the attributes would do; nothing of it is kept. */
export async function postTrial(visit: Visit): Promise<ScreenAnswer> {
  const { parts, form, by } = visit;
  const row = await requireProvider(visit);
  const attributes = readAttributes(form.get('attributes') ?? '');
  return providerPage(visit, row, await tryAttributes(parts.providers, by, { name: row.name, attributes }));
}

/** POST /providers/:name/refresh */
export async function postRefresh(visit: Visit): Promise<ScreenAnswer> {
  const { parts, by, t } = visit;
  const row = await requireProvider(visit);
  const read = await refreshProvider(parts.providers, by, row);
  return {
    kind: 'go',
    to: `/providers/${row.name}`,
    notice:
      read === null
        ? { tone: 'problem', text: t.providers.notRefreshed }
        : { tone: 'done', text: t.providers.refreshedNow },
  };
}

async function requireProvider({ parts, params }: Visit): Promise<ProviderRow> {
  const row = await findProvider(parts.directory.database, params.name ?? '');
  if (row === null) throw new Refusal('source.not_found', { source: params.name ?? '' });
  return row;
}

function readAttributes(text: string): { readonly name: string; readonly values: readonly string[] }[] {
  const values = new Map<string, string[]>();
  for (const line of text.split('\n').slice(0, MOST_LINES)) {
    const at = line.indexOf('=');
    const name = line.slice(0, at).trim();
    if (at < 1 || name === '') continue;
    values.set(name, [...(values.get(name) ?? []), line.slice(at + 1).trim()]);
  }
  return [...values].map(([name, given]) => ({ name, values: given }));
}

function providerPage(visit: Visit, row: ProviderRow, tried: TriedLogin | null): ScreenAnswer {
  const { parts, person, form, t } = visit;
  const title = row.metadata.title ?? row.name;
  const isAdministrator = may('see-settings', person);
  return {
    kind: 'page',
    title,
    at: '/providers',
    crumbs: [{ text: t.providers.title, href: '/providers' }],
    body: (
      <>
        <PageHeader
          title={title}
          {...(isAdministrator
            ? {
                actions: (
                  <>
                    <LinkButton href={`/providers/${row.name}/settings`} tone="plain">
                      {t.providers.settings}
                    </LinkButton>
                    <Form action={`/providers/${row.name}/refresh`}>
                      <Button tone="plain">{t.providers.refresh}</Button>
                    </Form>
                    <LinkButton href={`/providers/${row.name}/remove`} tone="danger">
                      {t.providers.set.remove}
                    </LinkButton>
                  </>
                ),
              }
            : {})}
        />
        {row.expired ? (
          <Remark tone="problem">
            <p>{t.providers.expired}</p>
          </Remark>
        ) : null}
        {row.last_error === null ? null : (
          <Remark tone="held">
            <p>{row.last_error}</p>
          </Remark>
        )}
        {tried === null ? null : <Tried tried={tried} />}
        <div class="columns">
          <Facts row={row} />
          <Addresses row={row} baseUrl={parts.baseUrl} />
        </div>
        <Certificates row={row} />
        {isAdministrator ? <Trial row={row} value={form.get('attributes') ?? ''} /> : null}
      </>
    ),
  };
}

function Facts({ row }: { readonly row: ProviderRow }) {
  const { providers: t, shell } = useTexts();
  const { last_login_at: login, valid_until: until } = row;
  const scopes = row.metadata.scopes.map(({ value }) => value);
  return (
    <Card>
      <Details
        items={[
          { name: t.entityId, value: <code>{row.entity_id}</code> },
          { name: t.metadata, value: row.metadata_from },
          { name: t.refreshed, value: <Moment at={row.refreshed_at} /> },
          { name: t.validUntil, value: until === null ? t.noEnd : <ExactMoment at={until} /> },
          { name: t.lastLogin, value: login === null ? shell.never : <Moment at={login} /> },
          {
            name: t.scopes,
            value:
              [...scopes, ...row.settings.scopes].length === 0
                ? t.noScopes
                : [...scopes, ...row.settings.scopes].join(', '),
          },
        ]}
      />
    </Card>
  );
}

function Addresses({ row, baseUrl }: { readonly row: ProviderRow; readonly baseUrl: string }) {
  const t = useTexts().providers;
  const { entityId, acs, logout } = addressesFor(baseUrl, row.name);
  return (
    <Card title={t.addresses}>
      <Details
        items={[
          { name: t.ours, value: <code>{entityId}</code> },
          { name: t.acs, value: <code>{acs}</code> },
          { name: t.logout, value: <code>{logout}</code> },
        ]}
      />
    </Card>
  );
}

function Certificates({ row }: { readonly row: ProviderRow }) {
  const t = useTexts().providers;
  const read = row.metadata.certificates.flatMap((text) => readCertificate(text) ?? []);
  return (
    <Card title={t.certificates}>
      {read.length === 0 ? (
        <Empty title={t.noCertificates}>{t.noCertificatesNext}</Empty>
      ) : (
        <DataTable
          caption={t.certificates}
          rows={read}
          keyOf={({ subject, until }) => `${subject} ${until.toISOString()}`}
          columns={[
            { head: t.subject, kind: 'name', cell: ({ subject }) => subject },
            { head: t.until, cell: ({ until }) => <Moment at={until} /> },
          ]}
        />
      )}
    </Card>
  );
}

function Trial({ row, value }: { readonly row: ProviderRow; readonly value: string }) {
  const t = useTexts().providers;
  return (
    <Card title={t.test}>
      <p class="quiet">{t.testLead}</p>
      <Form action={`/providers/${row.name}/test`} class="stack">
        <TextField
          name="attributes"
          label={t.testField}
          hint={t.testHint}
          rows={6}
          value={value}
          isRequired
        />
        <div class="actions">
          <Button tone="plain">{t.testButton}</Button>
        </div>
      </Form>
    </Card>
  );
}

function Tried({ tried: { refused, claims, outcome } }: { readonly tried: TriedLogin }) {
  const t = useTexts().providers;
  return (
    <>
      <Remark
        tone={refused === null ? 'done' : 'problem'}
        title={refused === null ? t.wouldDo : t.wouldRefuse}
      >
        {refused === null ? null : <p>{refused.why}</p>}
        {outcome === null ? null : (
          <Details
            items={[
              { name: t.user, value: outcome.user },
              { name: t.account, value: outcome.account },
              { name: t.affiliations, value: outcome.affiliations.join(', ') },
              { name: t.gained, value: outcome.gained.join(', ') },
              { name: t.lost, value: outcome.lost.join(', ') },
            ]}
          />
        )}
      </Remark>
      <Card title={t.claims}>
        <pre tabIndex={0}>
          <code>{JSON.stringify(claims, null, 2)}</code>
        </pre>
      </Card>
    </>
  );
}
