/** The screens of groups, as a table. */
import { may } from '../../core/policies.ts';
import type { Person } from '../../core/actor.ts';
import type { Screen } from '../screen.ts';
import { createGroupOfForm, offerGroup } from './groups/create.tsx';
import { deleteGroupOfForm, editGroup, offerDeletion, offerEdit } from './groups/edit.tsx';
import { showEntryOfGroup, showHistory } from './groups/history.tsx';
import { addLeader, removeLeader, showLeaders } from './groups/leaders.tsx';
import { listGroups } from './groups/list.tsx';
import {
  addMemberOfForm,
  changeDelegation,
  changeEnd,
  offerRemoval,
  removeMemberOfForm,
  showMember,
} from './groups/member.tsx';
import { showMembers } from './groups/members.tsx';
import { showNesting } from './groups/nesting.tsx';
import { showGroup } from './groups/overview.tsx';
import { changePermissions, changeRoles, showRoles } from './groups/roles.tsx';
import { seesGroups } from './groups/sight.ts';
import { showTargets } from './groups/targets.tsx';
import { showWhy } from './groups/why.tsx';

const creates = (person: Person): boolean => may('create-group', person);
const readsAll = (person: Person): boolean => may('read-directory', person);
const one = '/groups/:id';
const member = `${one}/members/:type/:memberId`;

export const groupScreens: readonly Screen[] = [
  { method: 'GET', path: '/groups', who: seesGroups, handle: listGroups },
  { method: 'GET', path: '/groups/new', who: creates, handle: offerGroup },
  { method: 'POST', path: '/groups/new', who: creates, handle: createGroupOfForm },
  // Whom each of these is for depends on the group: openGroup says.
  { method: 'GET', path: one, handle: showGroup },
  { method: 'GET', path: `${one}/edit`, handle: offerEdit },
  { method: 'POST', path: `${one}/edit`, handle: editGroup },
  { method: 'GET', path: `${one}/delete`, handle: offerDeletion },
  { method: 'POST', path: `${one}/delete`, handle: deleteGroupOfForm },
  { method: 'GET', path: `${one}/members`, handle: showMembers },
  { method: 'POST', path: `${one}/members/add`, handle: addMemberOfForm },
  { method: 'GET', path: member, handle: showMember },
  { method: 'POST', path: `${member}/end`, handle: changeEnd },
  { method: 'POST', path: `${member}/delegation`, handle: changeDelegation },
  { method: 'GET', path: `${member}/remove`, handle: offerRemoval },
  { method: 'POST', path: `${member}/remove`, handle: removeMemberOfForm },
  { method: 'GET', path: `${one}/roles`, who: readsAll, handle: showRoles },
  { method: 'POST', path: `${one}/roles`, who: readsAll, handle: changeRoles },
  { method: 'POST', path: `${one}/permissions`, who: readsAll, handle: changePermissions },
  { method: 'GET', path: `${one}/leaders`, who: readsAll, handle: showLeaders },
  { method: 'POST', path: `${one}/leaders`, who: readsAll, handle: addLeader },
  { method: 'POST', path: `${one}/leaders/remove`, who: readsAll, handle: removeLeader },
  { method: 'GET', path: `${one}/nesting`, who: readsAll, handle: showNesting },
  { method: 'GET', path: `${one}/targets`, who: readsAll, handle: showTargets },
  { method: 'GET', path: `${one}/why`, handle: showWhy },
  { method: 'GET', path: `${one}/history`, handle: showHistory },
  { method: 'GET', path: `${one}/history/:entry`, handle: showEntryOfGroup },
];
