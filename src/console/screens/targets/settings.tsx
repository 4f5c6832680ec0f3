/** How a target is set, and changing it. */
import { changeTarget, showTarget } from '../../../targets/admin/verbs.ts';
import type { TargetStatus } from '../../../targets/admin/view.ts';
import { nameGroupsById } from '../../../store/lookup.ts';
import { isConnectedType } from '../../../targets/connectors/types.ts';
import { Button, LinkButton } from '../../components/button.tsx';
import { Card, Details } from '../../components/details.tsx';
import { CheckField, SelectField, TextField } from '../../components/field.tsx';
import { Form } from '../../components/form.tsx';
import { useTexts } from '../../frame/here.ts';
import type { ScreenAnswer, Visit } from '../../screen.ts';
import { targetPage } from './frame.tsx';
import { readScope } from './scope.ts';

export interface SettingsErrors {
  readonly groups?: string;
  readonly hours?: string;
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
        <div class="columns">
          <Facts target={target} groups={names} />
          <Change target={target} groups={groups} errors={errors} />
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
  const change = {
    mode: form.get('mode') ?? 'observe',
    scope: { groups: scope.ids, allUsers: form.get('allUsers') !== null },
  };
  const { id, name } = await changeTarget(parts.targets, params.id ?? '', { change, by });
  const notice = { tone: 'done', text: t.targets.settings.saved(name) } as const;
  return { kind: 'go', to: `/targets/${id}`, notice };
}

interface FactsProps {
  readonly target: TargetStatus;
  readonly groups: readonly { readonly id: string; readonly name: string }[];
}

function Facts({ target, groups }: FactsProps) {
  const t = useTexts().targets.settings;
  const credentials = Object.keys(target.credentials);
  return (
    <Card title={t.facts}>
      <Details
        items={[
          {
            name: t.scope,
            value: target.scope.allUsers ? (
              t.allUsers
            ) : groups.length === 0 ? (
              t.noScope
            ) : (
              <Groups of={groups} />
            ),
          },
          { name: t.credentials, value: credentials.length === 0 ? t.noCredentials : credentials.join(', ') },
          { name: t.guards, value: <code>{JSON.stringify(target.guards)}</code> },
          { name: t.learned, value: <code>{JSON.stringify(target.learned)}</code> },
        ]}
      />
      <pre tabIndex={0}>
        <code>{JSON.stringify(target.settings, null, 2)}</code>
      </pre>
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

interface ChangeProps {
  readonly target: TargetStatus;
  readonly groups: string;
  readonly errors: SettingsErrors;
}

function Change({ target, groups, errors }: ChangeProps) {
  const { targets: t } = useTexts();
  return (
    <Card title={t.settings.change}>
      <Form action={`/targets/${target.id}/settings`} class="stack">
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
          hint={t.settings.scopeGroupsHint}
          value={groups}
          rows={4}
          error={errors.groups}
        />
        <CheckField name="allUsers" label={t.settings.scopeAll} isChecked={target.scope.allUsers} />
        <div class="actions">
          <Button>{t.settings.save}</Button>
        </div>
      </Form>
    </Card>
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
