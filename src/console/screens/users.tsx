/** Users, as rows of the table. */
import type { Person } from '../../core/actor.ts';
import { may } from '../../core/policies.ts';
import { readsDirectory } from '../frame/navigation.ts';
import type { Screen } from '../screen.ts';
import { askDelete, postActive, postDelete, postSignOut } from './users/decide.tsx';
import { postEdit, postUser, showEditUser, showNewUser } from './users/edit.tsx';
import { showUsers } from './users/list.tsx';
import { showUser } from './users/user.tsx';

const manages = (person: Person): boolean => may('manage-users', person);

export const userScreens: readonly Screen[] = [
  { method: 'GET', path: '/users', who: readsDirectory, handle: showUsers },
  { method: 'POST', path: '/users', who: manages, handle: postUser },
  { method: 'GET', path: '/users/new', who: manages, handle: showNewUser },
  { method: 'GET', path: '/users/:id', who: readsDirectory, handle: showUser },
  { method: 'POST', path: '/users/:id', who: manages, handle: postEdit },
  { method: 'GET', path: '/users/:id/edit', who: manages, handle: showEditUser },
  {
    method: 'POST',
    path: '/users/:id/activate',
    who: manages,
    handle: (visit) => postActive(visit, 'activate'),
  },
  {
    method: 'POST',
    path: '/users/:id/deactivate',
    who: manages,
    handle: (visit) => postActive(visit, 'deactivate'),
  },
  { method: 'GET', path: '/users/:id/delete', who: manages, handle: askDelete },
  { method: 'POST', path: '/users/:id/delete', who: manages, handle: postDelete },
  { method: 'POST', path: '/users/:id/sign-out', who: manages, handle: postSignOut },
];
