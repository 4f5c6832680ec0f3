/** What an administrator sets for an identity provider, and taking it out of use. */
import {
  absentPolicies,
  logoutPlaces,
  type ProviderSettings,
  trustedKeys,
  userNameSources,
} from '../../../core/saml/provider.ts';
import { changeProvider, removeProvider } from '../../../directory/identity-providers.ts';
import { perform } from '../../../directory/work.ts';
import { requireProvider } from '../../../sources/saml/admin.ts';
import type { ProviderRow } from '../../../store/saml/providers.ts';
import { numberIn, wordIn } from '../../address.ts';
import { Button, LinkButton } from '../../components/button.tsx';
import { Confirmation } from '../../components/confirmation.tsx';
import { Card } from '../../components/details.tsx';
import { CheckField, FieldGroup, SelectField, TextField } from '../../components/field.tsx';
import { Form } from '../../components/form.tsx';
import { PageHeader } from '../../components/page-header.tsx';
import { useTexts } from '../../frame/here.ts';
import type { ScreenAnswer, Visit } from '../../screen.ts';

const MOST = 99_999;
const MOST_SCOPES = 100;

interface ProviderErrors {
  readonly graceHours?: string;
  readonly ttlDays?: string;
}

/** GET /providers/:name/settings */
export async function showProviderSettings(visit: Visit): Promise<ScreenAnswer> {
  const row = await providerOf(visit);
  return settingsPage(visit, row, { settings: row.settings, errors: {} });
}

/** POST /providers/:name/settings */
export async function postProviderSettings(visit: Visit): Promise<ScreenAnswer> {
  const { parts, by, form, t } = visit;
  const row = await providerOf(visit);
  const [graceHours, ttlDays] = [numberIn(form, 'graceHours') ?? 0, numberIn(form, 'ttlDays') ?? 0];
  const settings = { ...settingsIn(form, row.settings), graceHours, ttlDays };
  const wrong = (value: number): boolean => value < 1 || value > MOST;
  if (wrong(graceHours) || wrong(ttlDays)) {
    const errors = {
      ...(wrong(graceHours) ? { graceHours: t.providers.set.numberWrong } : {}),
      ...(wrong(ttlDays) ? { ttlDays: t.providers.set.numberWrong } : {}),
    };
    return settingsPage(visit, row, { settings, errors });
  }
  const { name } = row;
  await perform(parts.directory, by, (work) => changeProvider(work, { name, change: settings }));
  return {
    kind: 'go',
    to: `/providers/${name}`,
    notice: { tone: 'done', text: t.providers.set.saved },
  };
}

/** GET /providers/:name/remove */
export async function askProviderRemoval(visit: Visit): Promise<ScreenAnswer> {
  const { t } = visit;
  const row = await providerOf(visit);
  const title = t.providers.set.removeTitle(titleOf(row));
  const path = `/providers/${row.name}`;
  return {
    kind: 'page',
    title,
    at: '/providers',
    crumbs: [
      { text: t.providers.title, href: '/providers' },
      { text: titleOf(row), href: path },
    ],
    body: (
      <Confirmation title={title} action={`${path}/remove`} verb={t.providers.set.remove} back={path}>
        <p>{t.providers.set.removeWhat}</p>
      </Confirmation>
    ),
  };
}

/** POST /providers/:name/remove */
export async function postProviderRemoval(visit: Visit): Promise<ScreenAnswer> {
  const { parts, by, t } = visit;
  const row = await providerOf(visit);
  await perform(parts.directory, by, (work) => removeProvider(work, row.name));
  const text = t.providers.set.removed(titleOf(row));
  return { kind: 'go', to: '/providers', notice: { tone: 'done', text } };
}

function providerOf({ parts, params }: Visit): Promise<ProviderRow> {
  return requireProvider(parts.directory.database, params.name ?? '');
}

function titleOf({ name, metadata }: ProviderRow): string {
  return metadata.title ?? name;
}

function settingsIn(form: URLSearchParams, had: ProviderSettings): ProviderSettings {
  const title = (form.get('title') ?? '').trim();
  const lines = (form.get('scopes') ?? '').split(/\s+/).filter((line) => line !== '');
  return {
    ...had,
    title: title === '' ? null : title,
    provision: wordIn(form, 'provision', ['create', 'refuse'] as const) ?? had.provision,
    userName: wordIn(form, 'userName', userNameSources) ?? had.userName,
    trustedFor: trustedKeys.filter((key) => form.getAll('trustedFor').includes(key)),
    scopes: lines.slice(0, MOST_SCOPES),
    absent: wordIn(form, 'absent', absentPolicies) ?? had.absent,
    wantResponseSigned: form.get('wantResponseSigned') !== null,
    logout: wordIn(form, 'logout', logoutPlaces) ?? had.logout,
  };
}

interface Shown {
  readonly settings: ProviderSettings;
  readonly errors: ProviderErrors;
}

function settingsPage({ t }: Visit, row: ProviderRow, shown: Shown): ScreenAnswer {
  const title = t.providers.set.title(titleOf(row));
  return {
    kind: 'page',
    title,
    at: '/providers',
    crumb: t.providers.settings,
    crumbs: [
      { text: t.providers.title, href: '/providers' },
      { text: titleOf(row), href: `/providers/${row.name}` },
    ],
    status: Object.keys(shown.errors).length === 0 ? 200 : 422,
    body: (
      <>
        <PageHeader title={title} />
        <SettingsForm name={row.name} {...shown} />
      </>
    ),
  };
}

function SettingsForm({ name, settings, errors }: Shown & { readonly name: string }) {
  const { providers, shell } = useTexts();
  const t = providers.set;
  const optionsOf = (words: readonly (keyof typeof t.words)[]) =>
    words.map((value) => ({ value, text: t.words[value] }));
  return (
    <Card>
      <Form action={`/providers/${name}/settings`} class="stack">
        <TextField name="title" label={t.shown} hint={t.shownHint} value={settings.title ?? ''} />
        <SelectField
          name="provision"
          label={t.provision}
          value={settings.provision}
          options={optionsOf(['create', 'refuse'])}
        />
        <SelectField
          name="userName"
          label={t.userName}
          value={settings.userName}
          options={optionsOf(userNameSources)}
        />
        <FieldGroup legend={t.trustedFor}>
          <p class="hint">{t.trustedForHint}</p>
          {trustedKeys.map((key) => (
            <CheckField
              key={key}
              name="trustedFor"
              value={key}
              label={key}
              isChecked={settings.trustedFor.includes(key)}
            />
          ))}
        </FieldGroup>
        <TextField
          name="scopes"
          label={t.scopes}
          hint={t.scopesHint}
          rows={3}
          value={settings.scopes.join('\n')}
        />
        <SelectField
          name="absent"
          label={t.absent}
          value={settings.absent}
          options={optionsOf(absentPolicies)}
        />
        <div class="line">
          <TextField
            name="graceHours"
            type="number"
            label={t.graceHours}
            value={String(settings.graceHours)}
            error={errors.graceHours}
            isRequired
          />
          <TextField
            name="ttlDays"
            type="number"
            label={t.ttlDays}
            value={String(settings.ttlDays)}
            error={errors.ttlDays}
            isRequired
          />
        </div>
        <CheckField
          name="wantResponseSigned"
          label={t.wantResponseSigned}
          isChecked={settings.wantResponseSigned}
        />
        <SelectField
          name="logout"
          label={t.logout}
          value={settings.logout}
          options={optionsOf(logoutPlaces)}
        />
        <div class="actions">
          <Button>{t.save}</Button>
          <LinkButton href={`/providers/${name}`} tone="plain">
            {shell.cancel}
          </LinkButton>
        </div>
      </Form>
    </Card>
  );
}
