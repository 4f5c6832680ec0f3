/** How a target is set, and changing it. */
import { isRefusal } from '../../../core/refusal.ts';
import { changeTarget, showTarget } from '../../../targets/admin/verbs.ts';
import type { TargetStatus } from '../../../targets/admin/view.ts';
import { nameGroupsById } from '../../../store/lookup.ts';
import { isConnectedType } from '../../../targets/connectors/types.ts';
import { Button, LinkButton } from '../../components/button.tsx';
import { Card, Details } from '../../components/details.tsx';
import { CheckField, FieldGroup, SelectField, TextField } from '../../components/field.tsx';
import { Form } from '../../components/form.tsx';
import { Remark } from '../../components/notice-box.tsx';
import { useTexts } from '../../frame/here.ts';
import type { ScreenAnswer, Visit } from '../../screen.ts';
import { targetPage } from './frame.tsx';
import { jsonIn } from './json-field.ts';
import { readScope } from './scope.ts';

export interface SettingsErrors {
  readonly groups?: string;
  readonly hours?: string;
  /** What is wrong with the change as a whole. */
  readonly change?: string;
}

const MODES = ['observe', 'enforce', 'off'] as const;

/** GET /targets/:id/settings; `errors` say what was wrong with what was sent. */
export async function showSettings(visit: Visit, errors: SettingsErrors = {}): Promise<ScreenAnswer> {
  const { parts, params, form } = visit;
  const target = await showTarget(parts.targets, params.id ?? '');
  const names = await nameGroupsById(parts.directory.database, target.scope.groups);
  const groups = form.get('groups') ?? names.map(({ name }) => name).join('\n');
  return targetPage(visit, {
    target,
    tab: 'settings',
    status: Object.keys(errors).length === 0 ? 200 : 422,
    body: (
      <>
        {errors.change === undefined ? null : (
          <Remark tone="problem">
            <p>{errors.change}</p>
          </Remark>
        )}
        <div class="columns">
          <Facts target={target} groups={names} />
          <Change target={target} groups={groups} form={form} errors={errors} />
        </div>
        {isConnectedType(target.type) ? <Undo target={target} error={errors.hours} /> : null}
        <p class="actions">
          <LinkButton href={`/targets/${target.id}/remove`} tone="danger">
            {visit.t.targets.settings.remove}
          </LinkButton>
        </p>
      </>
    ),
  });
}

/** POST /targets/:id/settings */
export async function postSettings(visit: Visit): Promise<ScreenAnswer> {
  const { parts, params, form, by, t } = visit;
  const scope = await readScope(parts.directory.database, form.get('groups') ?? '');
  if (scope.kind === 'unknown') {
    return showSettings(visit, { groups: t.targets.settings.unknownGroup(scope.name) });
  }
  const [settings, credentials] = [jsonIn(form, 'settings'), jsonIn(form, 'credentials')];
  if (settings === null || credentials === null) {
    return showSettings(visit, { change: t.targets.form.notJson });
  }
  const target = await showTarget(parts.targets, params.id ?? '');
  const change = {
    name: (form.get('name') ?? '').trim(),
    mode: form.get('mode') ?? 'observe',
    scope: { groups: scope.ids, allUsers: form.get('allUsers') !== null },
    settings: replacing(target.settings, settings),
    credentials,
    ...(form.get('percent') === null
      ? {}
      : { guards: { percent: Number(form.get('percent')), atLeast: Number(form.get('atLeast')) } }),
  };
  const changed = await refusalOf(changeTarget(parts.targets, target.id, { change, by }));
  if (typeof changed === 'string') return showSettings(visit, { change: changed });
  const { id, name } = changed;
  const notice = { tone: 'done', text: t.targets.settings.saved(name) } as const;
  return { kind: 'go', to: `/targets/${id}`, notice };
}

/** As a merge patch (RFC 7396): a setting that was taken out of the text is taken out of the target. */
function replacing(
  had: unknown,
  wanted: Readonly<Record<string, unknown>>,
): Readonly<Record<string, unknown>> {
  const gone = Object.keys(typeof had === 'object' && had !== null ? had : {}).filter(
    (key) => !(key in wanted),
  );
  return { ...Object.fromEntries(gone.map((key) => [key, null])), ...wanted };
}

/** What came of it, or why it was refused. */
async function refusalOf<T>(work: Promise<T>): Promise<T | string> {
  try {
    return await work;
  } catch (error) {
    if (isRefusal(error)) return error.message;
    throw error;
  }
}

interface FactsProps {
  readonly target: TargetStatus;
  readonly groups: readonly { readonly id: string; readonly name: string }[];
}

function Facts({ target, groups }: FactsProps) {
  const t = useTexts().targets.settings;
  const credentials = Object.keys(target.credentials);
  const isWebhook = !isConnectedType(target.type);
  return (
    <Card title={t.facts}>
      <Details
        items={[
          {
            name: t.scope,
            value: target.scope.allUsers ? (
              isWebhook ? (
                t.scopeAllWebhook
              ) : (
                t.allUsers
              )
            ) : groups.length === 0 ? (
              isWebhook ? (
                t.noScopeWebhook
              ) : (
                t.noScope
              )
            ) : (
              <Groups of={groups} />
            ),
          },
          { name: t.credentials, value: credentials.length === 0 ? t.noCredentials : credentials.join(', ') },
          ...(isEmptyObject(target.learned)
            ? []
            : [{ name: t.learned, value: <code>{JSON.stringify(target.learned)}</code> }]),
        ]}
      />
    </Card>
  );
}

function Groups({ of }: { readonly of: FactsProps['groups'] }) {
  return (
    <>
      {of.map(({ id, name }, at) => (
        <>
          {at === 0 ? '' : ', '}
          <a href={`/groups/${id}`}>{name}</a>
        </>
      ))}
    </>
  );
}

function isEmptyObject(value: unknown): boolean {
  return typeof value !== 'object' || value === null || Object.keys(value).length === 0;
}

/** The guards as they are stored, which are numbers throughout. */
function guardOf(guards: unknown, name: string): string {
  const value = typeof guards === 'object' && guards !== null ? Object.entries(guards) : [];
  const found: unknown = value.find(([key]) => key === name)?.[1];
  return typeof found === 'number' ? String(found) : '';
}

interface ChangeProps {
  readonly target: TargetStatus;
  readonly groups: string;
  readonly form: URLSearchParams;
  readonly errors: SettingsErrors;
}

function Change({ target, groups, form, errors }: ChangeProps) {
  const { targets: t } = useTexts();
  const isWebhook = !isConnectedType(target.type);
  return (
    <Card title={t.settings.change}>
      <Form action={`/targets/${target.id}/settings`} class="stack">
        <TextField name="name" label={t.form.name} value={form.get('name') ?? target.name} isRequired />
        <SelectField
          name="mode"
          label={t.mode}
          value={target.mode}
          options={MODES.map((mode) => ({
            value: mode,
            text: `${t.modes[mode] ?? mode}: ${t.modeHints[mode]}`,
          }))}
        />
        <TextField
          name="groups"
          label={t.settings.scopeGroups}
          hint={isWebhook ? t.settings.scopeGroupsWebhook : t.settings.scopeGroupsHint}
          value={groups}
          rows={4}
          error={errors.groups}
        />
        <CheckField
          name="allUsers"
          label={isWebhook ? t.settings.scopeAllWebhook : t.settings.scopeAll}
          isChecked={target.scope.allUsers}
        />
        <TextField
          name="settings"
          label={t.settings.all}
          hint={t.form.moreHint}
          rows={8}
          isCode
          value={form.get('settings') ?? JSON.stringify(target.settings, null, 2)}
        />
        <TextField
          name="credentials"
          label={t.settings.newCredentials}
          hint={isWebhook ? t.settings.newCredentialsWebhook : t.settings.newCredentialsHint}
          rows={2}
          isCode
        />
        {isWebhook ? null : <Guards guards={target.guards} form={form} />}
        <div class="actions">
          <Button>{t.settings.save}</Button>
        </div>
      </Form>
    </Card>
  );
}

function Guards({ guards, form }: { readonly guards: unknown; readonly form: URLSearchParams }) {
  const t = useTexts().targets.settings;
  return (
    <FieldGroup legend={t.guards}>
      <p class="hint">{t.guardsHint}</p>
      <div class="line">
        <TextField
          name="percent"
          type="number"
          label={t.percent}
          value={form.get('percent') ?? guardOf(guards, 'percent')}
          isRequired
        />
        <TextField
          name="atLeast"
          type="number"
          label={t.atLeast}
          value={form.get('atLeast') ?? guardOf(guards, 'atLeast')}
          isRequired
        />
      </div>
    </FieldGroup>
  );
}

function Undo({ target, error }: { readonly target: TargetStatus; readonly error: string | undefined }) {
  const t = useTexts().targets.settings;
  return (
    <Card title={t.undo}>
      <p class="quiet">{t.undoLead}</p>
      <Form action={`/targets/${target.id}/undo`} class="line">
        <TextField
          name="hours"
          type="number"
          label={t.undoHours}
          hint={t.undoHint}
          value="24"
          error={error}
          isRequired
        />
        <Button tone="plain">{t.undoButton}</Button>
      </Form>
    </Card>
  );
}
