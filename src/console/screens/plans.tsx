/** Plans, as rows of the table: for those who may decide them. */
import { seesPlans } from '../frame/navigation.ts';
import type { Screen } from '../screen.ts';
import { postApproval, postRejection } from './plans/decide.ts';
import { showPlans } from './plans/list.tsx';
import { showOperation } from './plans/operation.tsx';
import { showPeople, showPerson } from './plans/people.tsx';
import { postUndo, showPlan } from './plans/plan.tsx';

export const planScreens: readonly Screen[] = [
  { method: 'GET', path: '/plans', who: seesPlans, handle: showPlans },
  { method: 'GET', path: '/plans/:id', who: seesPlans, handle: (visit) => showPlan(visit) },
  { method: 'GET', path: '/plans/:id/people', who: seesPlans, handle: showPeople },
  { method: 'GET', path: '/plans/:id/people/:user', who: seesPlans, handle: showPerson },
  { method: 'GET', path: '/plans/:id/operations/:at', who: seesPlans, handle: showOperation },
  { method: 'POST', path: '/plans/:id/approve', who: seesPlans, handle: postApproval },
  { method: 'POST', path: '/plans/:id/reject', who: seesPlans, handle: postRejection },
  { method: 'POST', path: '/plans/:id/undo', who: seesPlans, handle: postUndo },
];
