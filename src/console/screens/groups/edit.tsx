/** Changing what a group is, and deleting it. */
import { Refusal } from '../../../core/refusal.ts';
import { deleteGroupUnderGuards, patchGroup } from '../../../plans/edits/group-edits.ts';
import type { ListedGroupRow } from '../../../store/effective/listing.ts';
import { Button, LinkButton } from '../../components/button.tsx';
import { Confirmation } from '../../components/confirmation.tsx';
import { Card } from '../../components/details.tsx';
import { Form } from '../../components/form.tsx';
import { Remark } from '../../components/notice-box.tsx';
import { PageHeader } from '../../components/page-header.tsx';
import { placeBelow } from '../../place.ts';
import type { ScreenAnswer, Visit } from '../../screen.ts';
import { type OpenGroup, openGroup } from './access.ts';
import { errorsOf, GroupFields, type GroupValues, patchOf, readGroupForm } from './group-form.tsx';
import { isHeld, noticeOf, orMend } from './outcome.ts';
import { countOf } from './overview.tsx';

/** GET /groups/:id/edit */
export async function offerEdit(visit: Visit): Promise<ScreenAnswer> {
  const group = await openEditable(visit);
  return formPage(visit, { group, values: valuesOf(group.row), refusal: null });
}

/** POST /groups/:id/edit. Only to the version that the form was made of, so that nobody's change is undone unseen. */
export async function editGroup(visit: Visit): Promise<ScreenAnswer> {
  const { parts, by, form, t } = visit;
  const group = await openEditable(visit);
  const values = { ...valuesOf(group.row), ...sentOf(group.row, readGroupForm(form), form) };
  const version = Number(form.get('version'));
  return orMend(
    async () => {
      if (version !== group.row.version) {
        const expected = form.get('version') ?? '';
        throw new Refusal('version.mismatch', { expected, actual: group.row.version });
      }
      const patch = patchOf(values, valuesOf(group.row));
      const edited = await patchGroup(parts, by, { group: group.row.id, ifMatch: null, patch });
      return { kind: 'go', to: group.path, notice: noticeOf(visit, edited, t.groups.saved(values.name)) };
    },
    (refusal) => formPage(visit, { group, values, refusal }),
  );
}

/** GET /groups/:id/delete */
export async function offerDeletion(visit: Visit): Promise<ScreenAnswer> {
  const { t, parts } = visit;
  const group = await openEditable(visit);
  const people = await countOf(parts, group, 'effective');
  const title = t.groups.delete.title(group.row.name);
  return {
    kind: 'page',
    title,
    ...placeOf(visit, group),
    body: (
      <Confirmation
        title={title}
        action={`${group.path}/delete`}
        verb={t.groups.delete.verb}
        back={group.path}
      >
        <p class="notice-title">{t.groups.delete.what(people)}</p>
        <p>{t.groups.delete.rest}</p>
      </Confirmation>
    ),
  };
}

/** POST /groups/:id/delete */
export async function deleteGroupOfForm(visit: Visit): Promise<ScreenAnswer> {
  const { parts, by, t } = visit;
  const group = await openEditable(visit);
  const edited = await deleteGroupUnderGuards(parts, by, { group: group.row.id, ifMatch: null });
  const notice = noticeOf(visit, edited, t.groups.deleted(group.row.name));
  return { kind: 'go', to: isHeld(edited) ? group.path : '/groups', notice };
}

/** Refuses, besides what openGroup does, `actor.not_allowed` to whom it is shown without the button. */
async function openEditable(visit: Visit): Promise<OpenGroup> {
  const group = await openGroup(visit);
  if (!group.may('edit-group')) {
    throw new Refusal('actor.not_allowed', { act: 'edit-group', group: group.row.name });
  }
  return group;
}

function valuesOf(row: ListedGroupRow): GroupValues {
  const { name, internal, hidden, open, public: isPublic, restricted } = row;
  return {
    ...{ name, internal, hidden, open, public: isPublic, restricted },
    description: row.description ?? '',
    autoLeave: row.auto_leave,
    rule: row.rule ?? '',
    reservedTo: row.reserved_to ?? '',
    consoleBesides: row.console_besides,
    trustedSources: row.trusted_sources.join(', '),
  };
}

/** Of what was read only what the form had fields for. */
function sentOf(row: ListedGroupRow, read: GroupValues, form: URLSearchParams): Partial<GroupValues> {
  const { name, description, rule, trustedSources } = read;
  const trusted = form.has('trustedSources') ? { trustedSources } : {};
  if (row.kind === 'regular') return { ...read, ...(form.has('trustedSources') ? {} : pick(row)) };
  return { name, description, ...(row.kind === 'rule' ? { rule } : {}), ...trusted };
}

function pick(row: ListedGroupRow): Pick<GroupValues, 'trustedSources'> {
  return { trustedSources: row.trusted_sources.join(', ') };
}

interface Editing {
  readonly group: OpenGroup;
  readonly values: GroupValues;
  readonly refusal: Refusal | null;
}

async function formPage(visit: Visit, { group, values, refusal }: Editing): Promise<ScreenAnswer> {
  const { t } = visit;
  const { row, path } = group;
  const title = t.groups.edit.title(row.name);
  const errors = errorsOf(refusal, values);
  const kind = row.kind === 'regular' || row.kind === 'rule' ? row.kind : 'automatic';
  return {
    kind: 'page',
    title,
    ...placeOf(visit, group),
    status: refusal === null ? 200 : 422,
    body: (
      <>
        <PageHeader title={title} />
        {refusal === null || Object.keys(errors).length > 0 ? null : (
          <Remark tone="problem">
            <p>{refusal.message}</p>
          </Remark>
        )}
        <Form action={`${path}/edit`} class="stack">
          <input type="hidden" name="version" value={row.version} />
          <Card>
            <GroupFields values={values} errors={errors} kind={kind} />
          </Card>
          <div class="actions">
            <Button>{t.shell.save}</Button>
            <LinkButton href={path} tone="plain">
              {t.shell.cancel}
            </LinkButton>
          </div>
        </Form>
      </>
    ),
  };
}

function placeOf({ t }: Visit, { row, path }: OpenGroup) {
  return placeBelow({ name: t.groups.title, path: '/groups' }, { name: row.name, path });
}
