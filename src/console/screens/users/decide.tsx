/** What is done to an account as a whole. */
import { endSessions } from '../../../directory/sessions.ts';
import { changeUser, deleteUser } from '../../../directory/users.ts';
import { perform } from '../../../directory/work.ts';
import { Confirmation } from '../../components/confirmation.tsx';
import { placeBelow } from '../../place.ts';
import type { ScreenAnswer, Visit } from '../../screen.ts';
import { numberIn } from '../../address.ts';
import { openUser } from './open.ts';

/** POST /users/:id/activate and /users/:id/deactivate */
export async function postActive(visit: Visit, active: 'activate' | 'deactivate'): Promise<ScreenAnswer> {
  const { parts, by, t } = visit;
  const row = await openUser(visit);
  await perform(parts.directory, by, (work) =>
    changeUser(work, {
      user: row.id,
      ifMatch: null,
      edit: (current) => ({ ...current, active: active === 'activate' }),
    }),
  );
  const name = row.user_name ?? row.id;
  const text = active === 'activate' ? t.users.activated(name) : t.users.deactivated(name);
  return { kind: 'go', to: `/users/${row.id}`, notice: { tone: 'done', text } };
}

/** GET /users/:id/delete */
export async function askDelete(visit: Visit): Promise<ScreenAnswer> {
  const { t } = visit;
  const row = await openUser(visit);
  const path = `/users/${row.id}`;
  const name = row.user_name ?? row.id;
  const title = t.users.removeTitle(name);
  return {
    kind: 'page',
    title,
    ...placeBelow({ name: t.users.title, path: '/users' }, { name, path }),
    body: (
      <Confirmation title={title} action={`${path}/delete`} verb={t.users.remove} back={path}>
        <p>{t.users.removeWhat}</p>
      </Confirmation>
    ),
  };
}

/** POST /users/:id/delete */
export async function postDelete(visit: Visit): Promise<ScreenAnswer> {
  const { parts, by, t } = visit;
  const row = await openUser(visit);
  await perform(parts.directory, by, (work) => deleteUser(work, { user: row.id, ifMatch: null }));
  const text = t.users.removed(row.user_name ?? row.id);
  return { kind: 'go', to: '/users', notice: { tone: 'done', text } };
}

/** POST /users/:id/sign-out: the session that the form names, or all. */
export async function postSignOut(visit: Visit): Promise<ScreenAnswer> {
  const { parts, by, form, t } = visit;
  const row = await openUser(visit);
  const session = numberIn(form, 'session');
  const { result } = await perform(parts.directory, by, (work) =>
    endSessions(work, { user: row.n, session }),
  );
  return {
    kind: 'go',
    to: `/users/${row.id}`,
    notice: { tone: 'done', text: t.users.signedOut(result) },
  };
}
