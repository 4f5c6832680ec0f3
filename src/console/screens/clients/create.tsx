/** Connecting a client, renewing its token, ending it. */
import { faultOfEntry } from '../../../core/address-list.ts';
import { scopesOfPerson } from '../../../core/permissions.ts';
import { isRefusal, Refusal, type RefusalCode } from '../../../core/refusal.ts';
import { profiles } from '../../../core/scim/profile.ts';
import { allows, parseScope, type Scope, scopes } from '../../../core/scopes.ts';
import { TOKEN_BYTES } from '../../../core/token.ts';
import { createClient, endClient, rotateClient } from '../../../directory/clients.ts';
import { perform } from '../../../directory/work.ts';
import { findClient } from '../../../store/clients.ts';
import { Button, LinkButton } from '../../components/button.tsx';
import { Confirmation } from '../../components/confirmation.tsx';
import { Card, Details } from '../../components/details.tsx';
import { CheckField, FieldGroup, SelectField, TextField } from '../../components/field.tsx';
import { Form } from '../../components/form.tsx';
import { PageHeader } from '../../components/page-header.tsx';
import { Secret } from '../../components/secret.tsx';
import { useHere, useTexts } from '../../frame/here.ts';
import { placeBelow } from '../../place.ts';
import type { ScreenAnswer, Visit } from '../../screen.ts';

const DAY_MS = 86_400_000;
const FIRST_DAYS = '365';
const MOST_DAYS = 36_500;
const FIRST_SCOPES: readonly string[] = ['scim.read', 'scim.write'];

interface ClientErrors {
  readonly name?: string;
  readonly scopes?: string;
  readonly days?: string;
  readonly allow?: string;
}

/** Refusals that another name mends. */
const ofName: ReadonlySet<RefusalCode> = new Set([
  'source.name_taken',
  'source.invalid',
  'actor.not_allowed',
]);

/** GET /clients/new */
export async function showNewClient(visit: Visit): Promise<ScreenAnswer> {
  return newPage(visit, {});
}

function newPage({ form, t }: Visit, errors: ClientErrors): ScreenAnswer {
  return {
    kind: 'page',
    title: t.clients.form.title,
    at: '/clients',
    crumbs: [{ text: t.clients.title, href: '/clients' }],
    status: Object.keys(errors).length === 0 ? 200 : 422,
    body: (
      <>
        <PageHeader title={t.clients.form.title} lead={t.clients.form.lead} />
        <ClientForm form={form} errors={errors} />
      </>
    ),
  };
}

/** POST /clients: nobody gives a scope that they do not hold (J-19). */
export async function postClient(visit: Visit): Promise<ScreenAnswer> {
  const { parts, form, by, person, t } = visit;
  const name = (form.get('name') ?? '').trim();
  const held = scopesOfPerson(person.permissions);
  const wanted = form
    .getAll('scope')
    .map(parseScope)
    .filter((scope): scope is Scope => scope !== null && allows(held, scope));
  const expiresAt = endIn(visit);
  if (name === '') return newPage(visit, { name: t.clients.form.nameMissing });
  if (wanted.length === 0) return newPage(visit, { scopes: t.clients.form.scopesMissing });
  if (expiresAt === undefined) return newPage(visit, { days: t.clients.form.daysWrong });
  const allow = (form.get('allow') ?? '').split(/\s+/).filter((entry) => entry !== '');
  const faults = allow.map((entry) => ({ entry, fault: faultOfEntry(entry) }));
  const wrong = faults.find(({ fault }) => fault !== null);
  if (wrong !== undefined) return newPage(visit, { allow: `${wrong.entry} ${wrong.fault}.` });
  const client = {
    ...{ name, scopes: wanted, expiresAt, allow },
    profile: form.get('profile') ?? 'auto',
    namespace: form.get('own') === null ? ('all' as const) : ('own' as const),
  };
  const material = { kind: 'random', bytes: parts.random(TOKEN_BYTES) } as const;
  try {
    const { result } = await perform(parts.directory, by, (work) => createClient(work, client, material));
    return tokenPage(visit, result.client.id, {
      title: t.clients.made(name),
      token: result.token,
      at: '/clients',
    });
  } catch (error) {
    if (isRefusal(error) && ofName.has(error.code)) return newPage(visit, { name: error.message });
    throw error;
  }
}

/** POST /clients/:id/rotate */
export async function postRotate(visit: Visit): Promise<ScreenAnswer> {
  const { parts, params, by, now, t } = visit;
  const client = params.id ?? '';
  const material = { kind: 'random', bytes: parts.random(TOKEN_BYTES) } as const;
  const expiresAt = new Date(now.getTime() + Number(FIRST_DAYS) * DAY_MS);
  const overlapUntil = new Date(now.getTime() + DAY_MS);
  const { result } = await perform(parts.directory, by, (work) =>
    rotateClient(work, { client, material, expiresAt, overlapUntil }),
  );
  const title = t.clients.rotatedTitle(result.client.name);
  return tokenPage(visit, result.client.id, { title, token: result.token, at: '/clients' });
}

/** GET /clients/:id/revoke */
export async function askRevoke({ parts, params, t }: Visit): Promise<ScreenAnswer> {
  const client = await findClient(parts.directory.database, params.id ?? '');
  if (client === null) throw new Refusal('client.not_found', { client: params.id ?? '' });
  const title = t.clients.revokeTitle(client.name);
  const path = `/clients/${client.id}`;
  return {
    kind: 'page',
    title,
    ...placeBelow({ name: t.clients.title, path: '/clients' }, { name: client.name, path }),
    body: (
      <Confirmation title={title} action={`${path}/revoke`} verb={t.clients.revoke} back={path}>
        <p>{t.clients.revokeWhat}</p>
      </Confirmation>
    ),
  };
}

/** POST /clients/:id/revoke */
export async function postRevoke({ parts, params, by, t }: Visit): Promise<ScreenAnswer> {
  const id = params.id ?? '';
  const client = await findClient(parts.directory.database, id);
  await perform(parts.directory, by, (work) => endClient(work, id));
  const text = t.clients.revoked(client?.name ?? id);
  return { kind: 'go', to: '/clients', notice: { tone: 'done', text } };
}

/** When the token ends; null for never, undefined for what is no number of days. */
function endIn({ form, now }: Visit): Date | null | undefined {
  const text = (form.get('days') ?? '').trim();
  if (text === '') return null;
  const days = Number(text);
  if (!Number.isInteger(days) || days < 1 || days > MOST_DAYS) return undefined;
  return new Date(now.getTime() + days * DAY_MS);
}

function tokenPage(
  { parts, t }: Visit,
  id: string,
  { title, token, at }: { readonly title: string; readonly token: string; readonly at: string },
): ScreenAnswer {
  return {
    kind: 'page',
    title,
    at,
    crumbs: [{ text: t.clients.title, href: '/clients' }],
    body: (
      <>
        <PageHeader title={title} lead={t.clients.madeLead} />
        <Card>
          <Details items={[{ name: t.clients.base, value: <code>{`${parts.baseUrl}/scim/v2`}</code> }]} />
          <Secret label={t.clients.token} value={token} />
          <div class="actions">
            <LinkButton href={`/clients/${id}`}>{t.clients.madeNext}</LinkButton>
          </div>
        </Card>
      </>
    ),
  };
}

function ClientForm({ form, errors }: { readonly form: URLSearchParams; readonly errors: ClientErrors }) {
  const { clients, shell } = useTexts();
  const { session } = useHere();
  const t = clients.form;
  const held = scopesOfPerson(session?.person.permissions ?? new Set());
  const isSent = form.has('name');
  const chosen = isSent ? form.getAll('scope') : FIRST_SCOPES;
  return (
    <Card>
      <Form action="/clients" class="stack">
        <SelectField
          name="profile"
          label={t.profile}
          hint={t.profileHint}
          value={form.get('profile') ?? 'auto'}
          options={Object.keys(profiles).map((profile) => ({ value: profile, text: profile }))}
        />
        <TextField
          name="name"
          label={t.name}
          hint={t.nameHint}
          value={form.get('name') ?? ''}
          error={errors.name}
          isRequired
        />
        <FieldGroup legend={t.scopes}>
          {errors.scopes === undefined ? null : <p class="error">{errors.scopes}</p>}
          {scopes
            .filter((scope) => allows(held, scope))
            .map((scope) => (
              <CheckField
                key={scope}
                name="scope"
                value={scope}
                label={scope}
                hint={t.scopeHints[scope]}
                isChecked={chosen.includes(scope)}
              />
            ))}
        </FieldGroup>
        <CheckField name="own" label={t.own} isChecked={form.get('own') !== null} />
        <TextField
          name="days"
          type="number"
          label={t.days}
          hint={t.daysHint}
          value={isSent ? (form.get('days') ?? '') : FIRST_DAYS}
          error={errors.days}
        />
        <TextField
          name="allow"
          label={t.allow}
          hint={t.allowHint}
          rows={2}
          value={form.get('allow') ?? ''}
          error={errors.allow}
        />
        <div class="actions">
          <Button>{t.create}</Button>
          <LinkButton href="/clients" tone="plain">
            {shell.cancel}
          </LinkButton>
        </div>
      </Form>
    </Card>
  );
}
