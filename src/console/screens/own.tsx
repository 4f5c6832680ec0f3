/** What somebody does for itself: my groups, joining, leaving, the join link. */
import type { Screen } from '../screen.ts';
import { joinByLink, showJoinLink } from './own/join-link.tsx';
import { showMyGroups } from './own/my-groups.tsx';
import { showOwnWhy } from './own/why.tsx';
import { cancelWish, joinFromList, leaveFromList } from './own/wishes.ts';

export const ownScreens: readonly Screen[] = [
  { method: 'GET', path: '/my-groups', handle: showMyGroups },
  { method: 'GET', path: '/my-groups/:id/why', handle: showOwnWhy },
  { method: 'POST', path: '/my-groups/join', handle: joinFromList },
  { method: 'POST', path: '/my-groups/leave', handle: leaveFromList },
  { method: 'POST', path: '/my-groups/cancel', handle: cancelWish },
  { method: 'GET', path: '/groups/:id/join', handle: showJoinLink },
  { method: 'POST', path: '/groups/:id/join', handle: joinByLink },
];
