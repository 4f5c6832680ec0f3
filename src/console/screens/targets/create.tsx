/** Adding a target: what it is, then what that needs. */
import { isRefusal } from '../../../core/refusal.ts';
import { addTarget, type MadeTarget } from '../../../targets/admin/verbs.ts';
import { PROFILE_NAMES } from '../../../targets/connectors/scim/profiles.ts';
import { Button, LinkButton } from '../../components/button.tsx';
import { Card } from '../../components/details.tsx';
import { CheckField, SelectField, TextField } from '../../components/field.tsx';
import { Form } from '../../components/form.tsx';
import { PageHeader } from '../../components/page-header.tsx';
import { Remark } from '../../components/notice-box.tsx';
import { Secret } from '../../components/secret.tsx';
import { useTexts } from '../../frame/here.ts';
import { addressOf, wordIn } from '../../address.ts';
import type { ScreenAnswer, Visit } from '../../screen.ts';
import { jsonIn } from './json-field.ts';
import { readScope } from './scope.ts';

const TYPES = ['scim', 'webhook', 'ldap', 'sql', 'file'] as const;

type TargetType = (typeof TYPES)[number];

/** GET /targets/new */
export async function showNewTarget(visit: Visit): Promise<ScreenAnswer> {
  const type = wordIn(visit.query, 'type', TYPES);
  return newPage(visit, { type, error: null });
}

function newPage(
  { form, t }: Visit,
  { type, error }: { readonly type: TargetType | null; readonly error: string | null },
): ScreenAnswer {
  return {
    kind: 'page',
    title: t.targets.form.title,
    at: '/targets',
    crumbs: [{ text: t.targets.title, href: '/targets' }],
    status: error === null ? 200 : 422,
    body: (
      <>
        <PageHeader
          title={
            type === null ? t.targets.form.which : `${t.targets.form.title}: ${t.targets.types[type] ?? type}`
          }
          lead={type === null ? t.targets.form.whichLead : (t.targets.form.about[type] ?? '')}
        />
        {error === null ? null : (
          <Remark tone="problem">
            <p>{error}</p>
          </Remark>
        )}
        {type === null ? <Choice /> : <TargetForm type={type} form={form} />}
      </>
    ),
  };
}

/** POST /targets */
export async function postTarget(visit: Visit): Promise<ScreenAnswer> {
  const { parts, form, by, t } = visit;
  const type = wordIn(form, 'type', TYPES);
  if (type === null) return newPage(visit, { type, error: null });
  const [settings, credentials] = [jsonIn(form, 'settings'), jsonIn(form, 'credentials')];
  if (settings === null || credentials === null) {
    return newPage(visit, { type, error: t.targets.form.notJson });
  }
  const scope = await readScope(parts.directory.database, form.get('groups') ?? '');
  if (scope.kind === 'unknown') {
    return newPage(visit, { type, error: t.targets.settings.unknownGroup(scope.name) });
  }
  const bearer = form.get('bearer') ?? '';
  const description = {
    name: (form.get('name') ?? '').trim(),
    type,
    mode: form.get('mode') ?? 'observe',
    scope: { groups: scope.ids, allUsers: form.get('allUsers') !== null },
    settings: { ...settingsIn(type, form), ...settings },
    credentials: { ...credentials, ...(bearer === '' ? {} : { bearer }) },
  };
  try {
    return made(visit, await addTarget(parts.targets, description, by));
  } catch (error) {
    if (!isRefusal(error)) throw error;
    const isPrivate = !description.settings.allowPrivate && error.message.includes('allowPrivate');
    return newPage(visit, { type, error: isPrivate ? t.targets.form.privateAddress : error.message });
  }
}

function made({ t }: Visit, { target, once }: MadeTarget): ScreenAnswer {
  const secrets = Object.entries(once);
  const path = `/targets/${target.id}`;
  if (secrets.length === 0) {
    return { kind: 'go', to: path, notice: { tone: 'done', text: t.targets.form.added(target.name) } };
  }
  const title = t.targets.form.once(target.name);
  return {
    kind: 'page',
    title,
    at: '/targets',
    crumbs: [{ text: t.targets.title, href: '/targets' }],
    body: (
      <>
        <PageHeader title={title} lead={t.targets.form.onceLead} />
        {secrets.map(([name, value]) => (
          <Secret key={name} label={t.targets.form.secrets[name] ?? name} value={value} />
        ))}
        <p class="actions">
          <LinkButton href={path}>{t.targets.form.onceNext}</LinkButton>
        </p>
      </>
    ),
  };
}

function settingsIn(type: TargetType, form: URLSearchParams): Readonly<Record<string, unknown>> {
  const url = (form.get('url') ?? '').trim();
  const allowPrivate = form.get('allowPrivate') !== null;
  switch (type) {
    case 'scim':
      return { url, allowPrivate, profile: form.get('profile') ?? 'auto' };
    case 'webhook':
      return { url, allowPrivate };
    case 'ldap':
      return { url, allowPrivate };
    case 'sql':
      return { allowPrivate };
    case 'file':
      return { file: (form.get('file') ?? '').trim() };
  }
}

function Choice() {
  const t = useTexts().targets;
  return (
    <Card>
      <ul class="plain">
        {TYPES.map((type) => (
          <li key={type}>
            <a class="strong" href={addressOf('/targets/new', { type })}>
              {t.types[type]}
            </a>
            <p class="quiet">{t.form.about[type]}</p>
          </li>
        ))}
      </ul>
    </Card>
  );
}

function TargetForm({ type, form }: { readonly type: TargetType; readonly form: URLSearchParams }) {
  const { targets: t } = useTexts();
  const was = (name: string): string => form.get(name) ?? '';
  const isWeb = type === 'scim' || type === 'webhook';
  return (
    <Card>
      <Form action="/targets" class="stack">
        <input type="hidden" name="type" value={type} />
        <TextField name="name" label={t.form.name} hint={t.form.nameHint} value={was('name')} isRequired />
        {isWeb || type === 'ldap' ? (
          <TextField
            name="url"
            label={t.form.url}
            hint={t.form.urlHint[type]}
            value={was('url')}
            isRequired
          />
        ) : null}
        {type === 'file' ? (
          <TextField name="file" label={t.form.file} hint={t.form.fileHint} value={was('file')} isRequired />
        ) : null}
        {type === 'scim' ? (
          <>
            <TextField
              name="bearer"
              label={t.form.bearer}
              hint={t.form.bearerHint}
              error={was('bearer') === '' ? undefined : t.form.again}
            />
            <SelectField
              name="profile"
              label={t.form.profile}
              hint={t.form.profileHint}
              value={form.get('profile') ?? 'auto'}
              options={PROFILE_NAMES.map((name) => ({ value: name, text: name }))}
            />
          </>
        ) : null}
        {type === 'file' ? null : (
          <CheckField
            name="allowPrivate"
            label={t.form.allowPrivate}
            isChecked={form.get('allowPrivate') !== null}
          />
        )}
        <SelectField
          name="mode"
          label={t.form.mode}
          value={form.get('mode') ?? 'observe'}
          options={(['observe', 'enforce', 'off'] as const).map((mode) => ({
            value: mode,
            text: `${t.modes[mode] ?? mode}: ${t.modeHints[mode]}`,
          }))}
        />
        <TextField
          name="groups"
          label={t.settings.scopeGroups}
          hint={type === 'webhook' ? t.settings.scopeGroupsWebhook : t.settings.scopeGroupsHint}
          rows={3}
          value={was('groups')}
        />
        <CheckField
          name="allUsers"
          label={type === 'webhook' ? t.settings.scopeAllWebhook : t.settings.scopeAll}
          isChecked={form.get('allUsers') !== null}
        />
        <TextField
          name="settings"
          label={t.form.more}
          hint={t.form.moreHint}
          rows={type === 'sql' || type === 'ldap' ? 8 : 2}
          isCode
          value={was('settings')}
        />
        {isWeb || type === 'file' ? null : (
          <TextField
            name="credentials"
            label={t.form.moreCredentials}
            hint={t.form.moreCredentialsHint}
            error={was('credentials') === '' ? undefined : t.form.again}
            rows={3}
            isCode
          />
        )}
        <div class="actions">
          <Button>{t.form.add}</Button>
          <LinkButton href="/targets" tone="plain">
            {useTexts().shell.cancel}
          </LinkButton>
        </div>
      </Form>
    </Card>
  );
}
