/** Creating and editing a user. */
import { isRefused, Refusal } from '../../../core/refusal.ts';
import { changeUser, createUser } from '../../../directory/users.ts';
import { perform } from '../../../directory/work.ts';
import { Button, LinkButton } from '../../components/button.tsx';
import { Card } from '../../components/details.tsx';
import { TextField } from '../../components/field.tsx';
import { Form } from '../../components/form.tsx';
import { PageHeader } from '../../components/page-header.tsx';
import { useTexts } from '../../frame/here.ts';
import { placeBelow } from '../../place.ts';
import type { ScreenAnswer, Visit } from '../../screen.ts';
import { openUser } from './open.ts';
import { documentWith, type PersonForm, personFormOf, readPersonForm } from './person-form.ts';

interface UserForm extends PersonForm {
  readonly userName: string;
}

interface UserErrors {
  readonly userName?: string;
  readonly email?: string;
}

const nobody: UserForm = {
  ...{ userName: '', displayName: '', givenName: '', familyName: '', email: '' },
  ...{ department: '', title: '' },
};

/** GET /users/new */
export async function showNewUser(visit: Visit): Promise<ScreenAnswer> {
  return newPage(visit, nobody, {});
}

/** POST /users */
export async function postUser(visit: Visit): Promise<ScreenAnswer> {
  const { parts, by, t } = visit;
  const form = readForm(visit);
  const errors = errorsIn(visit, form);
  if (errors !== null) return newPage(visit, form, errors);
  const state = { userName: form.userName, active: true, externalId: null };
  const user = { ...state, document: documentWith({}, form) };
  try {
    const { result } = await perform(parts.directory, by, (work) => createUser(work, user));
    const text = t.users.created(form.userName);
    return { kind: 'go', to: `/users/${result.id}`, notice: { tone: 'done', text } };
  } catch (error) {
    if (isRefused(error, 'user.name_taken')) return newPage(visit, form, { userName: error.message });
    throw error;
  }
}

/** GET /users/:id/edit */
export async function showEditUser(visit: Visit): Promise<ScreenAnswer> {
  const user = await openUser(visit);
  const form = { ...personFormOf(user.document), userName: user.user_name ?? '' };
  return editPage(visit, { form, version: String(user.version), errors: {} });
}

/** POST /users/:id */
export async function postEdit(visit: Visit): Promise<ScreenAnswer> {
  const { parts, by, t } = visit;
  const row = await openUser(visit);
  const form = readForm(visit);
  const version = visit.form.get('version') ?? '';
  const errors = errorsIn(visit, form);
  if (errors !== null) return editPage(visit, { form, version, errors });
  if (version !== String(row.version)) {
    const wrong = { userName: t.users.form.changedMeanwhile };
    return editPage(visit, { form, version: String(row.version), errors: wrong });
  }
  try {
    await perform(parts.directory, by, (work) =>
      changeUser(work, {
        user: row.id,
        ifMatch: null,
        edit: (current, stored) => {
          if (String(stored.version) !== version) {
            throw new Refusal('version.mismatch', { expected: version, actual: stored.version });
          }
          return { ...current, userName: form.userName, document: documentWith(current.document, form) };
        },
      }),
    );
  } catch (error) {
    if (isRefused(error, 'user.name_taken')) {
      return editPage(visit, { form, version, errors: { userName: error.message } });
    }
    throw error;
  }
  const text = t.users.changed(form.userName);
  return { kind: 'go', to: `/users/${row.id}`, notice: { tone: 'done', text } };
}

function readForm({ form }: Visit): UserForm {
  return { ...readPersonForm(form), userName: (form.get('userName') ?? '').trim() };
}

function errorsIn({ t }: Visit, { userName, email }: UserForm): UserErrors | null {
  const errors = {
    ...(userName === '' ? { userName: t.users.form.userNameMissing } : {}),
    ...(email === '' || /^[^\s@]+@[^\s@]+$/.test(email) ? {} : { email: t.users.form.emailWrong }),
  };
  return Object.keys(errors).length === 0 ? null : errors;
}

function newPage({ t }: Visit, form: UserForm, errors: UserErrors): ScreenAnswer {
  return {
    kind: 'page',
    title: t.users.form.newTitle,
    at: '/users',
    crumbs: [{ text: t.users.title, href: '/users' }],
    status: Object.keys(errors).length === 0 ? 200 : 422,
    body: (
      <>
        <PageHeader title={t.users.form.newTitle} lead={t.users.form.newLead} />
        <Fields {...{ form, errors }} action="/users" back="/users" verb={t.users.form.create} />
      </>
    ),
  };
}

function editPage(
  { params, t }: Visit,
  { form, version, errors }: { form: UserForm; version: string; errors: UserErrors },
): ScreenAnswer {
  const path = `/users/${params.id ?? ''}`;
  const title = t.users.form.editTitle(form.userName);
  return {
    kind: 'page',
    title,
    ...placeBelow({ name: t.users.title, path: '/users' }, { name: form.userName, path }),
    status: Object.keys(errors).length === 0 ? 200 : 422,
    body: (
      <>
        <PageHeader title={title} lead={t.users.form.editLead} />
        <Fields {...{ form, errors, version }} action={path} back={path} verb={t.shell.save} />
      </>
    ),
  };
}

interface FieldsProps {
  readonly form: UserForm;
  readonly errors: UserErrors;
  readonly action: string;
  readonly back: string;
  readonly verb: string;
  readonly version?: string;
}

function Fields({ form, errors, action, back, verb, version }: FieldsProps) {
  const { users, shell } = useTexts();
  const t = users.form;
  return (
    <Card>
      <Form action={action} class="stack">
        {version === undefined ? null : <input type="hidden" name="version" value={version} />}
        <TextField
          name="userName"
          label={t.userName}
          hint={t.userNameHint}
          value={form.userName}
          error={errors.userName}
          isRequired
        />
        <TextField name="displayName" label={t.displayName} value={form.displayName} />
        <TextField name="givenName" label={t.givenName} value={form.givenName} />
        <TextField name="familyName" label={t.familyName} value={form.familyName} />
        <TextField name="email" type="email" label={t.email} value={form.email} error={errors.email} />
        <TextField name="department" label={t.department} value={form.department} />
        <TextField name="title" label={t.jobTitle} value={form.title} />
        <div class="actions">
          <Button>{verb}</Button>
          <LinkButton href={back} tone="plain">
            {shell.cancel}
          </LinkButton>
        </div>
      </Form>
    </Card>
  );
}
