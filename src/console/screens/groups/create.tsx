/** A new group: what it is and which roles it gives; then its members. */
import type { Refusal } from '../../../core/refusal.ts';
import { perform } from '../../../directory/work.ts';
import { makeGroup } from '../../../plans/edits/group-patch.ts';
import { Button, LinkButton } from '../../components/button.tsx';
import { Card } from '../../components/details.tsx';
import { Form } from '../../components/form.tsx';
import { Remark } from '../../components/notice-box.tsx';
import { PageHeader } from '../../components/page-header.tsx';
import type { ScreenAnswer, Visit } from '../../screen.ts';
import {
  errorsOf,
  GroupFields,
  type GroupValues,
  newGroupValues,
  patchOf,
  readGroupForm,
} from './group-form.tsx';
import { orMend } from './outcome.ts';
import { moveRoles, pickRoles, RolesPicker } from './roles-picker.tsx';

/** What a new group gives unless somebody says otherwise. */
const FIRST_ROLE = 'member';

/** GET /groups/new */
export async function offerGroup(visit: Visit): Promise<ScreenAnswer> {
  const { available } = await pickRoles(visit, []);
  const isGivable = available.some(({ name, fixed }) => name === FIRST_ROLE && fixed === null);
  return formPage(visit, { values: newGroupValues, roles: isGivable ? [FIRST_ROLE] : [], refusal: null });
}

/** POST /groups/new: moves roles from list to list, or creates the group and goes on to its members. */
export async function createGroupOfForm(visit: Visit): Promise<ScreenAnswer> {
  const { parts, form, by, t } = visit;
  const values = readGroupForm(form);
  const roles = moveRoles(form);
  if (form.get('do') !== 'create') return formPage(visit, { values, roles, refusal: null });
  return orMend(
    async () => {
      const patch = { ...patchOf(values, newGroupValues), roles: [...roles] };
      const { result: id } = await perform(parts.directory, by, (work) => makeGroup(parts, work, patch));
      const to = `/groups/${id}/${values.rule === '' ? 'members' : ''}`.replace(/\/$/, '');
      return { kind: 'go', to, notice: { tone: 'done', text: t.groups.created(values.name) } };
    },
    (refusal) => formPage(visit, { values, roles, refusal }),
  );
}

interface Asked {
  readonly values: GroupValues;
  readonly roles: readonly string[];
  readonly refusal: Refusal | null;
}

async function formPage(visit: Visit, { values, roles, refusal }: Asked): Promise<ScreenAnswer> {
  const { t } = visit;
  const picked = await pickRoles(visit, roles);
  const errors = errorsOf(refusal, values);
  return {
    kind: 'page',
    title: t.groups.edit.newTitle,
    at: '/groups',
    crumbs: [{ text: t.groups.title, href: '/groups' }],
    status: refusal === null ? 200 : 422,
    body: (
      <>
        <PageHeader title={t.groups.edit.newTitle} lead={t.groups.edit.newLead} />
        {refusal === null || Object.keys(errors).length > 0 ? null : (
          <Remark tone="problem">
            <p>{refusal.message}</p>
          </Remark>
        )}
        <Form action="/groups/new" class="stack">
          {/* Enter in a field presses the first button of a form. */}
          <button class="sr" name="do" value="create" tabIndex={-1} aria-hidden="true">
            {t.groups.edit.continueWithMembers}
          </button>
          <Card>
            <GroupFields values={values} errors={errors} kind="new" />
          </Card>
          <Card title={t.groups.rolesPicker.title}>
            <p class="quiet">{t.groups.rolesPicker.lead}</p>
            <RolesPicker roles={picked} />
          </Card>
          <div class="actions">
            <Button name="do" value="create">
              {t.groups.edit.continueWithMembers}
            </Button>
            <LinkButton href="/groups" tone="plain">
              {t.shell.cancel}
            </LinkButton>
          </div>
        </Form>
      </>
    ),
  };
}
