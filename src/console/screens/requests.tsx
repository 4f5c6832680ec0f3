/** Requests to join and to leave, for those who decide; and what everybody is told. */
import { decidesRequests } from '../frame/sight.ts';
import type { Screen } from '../screen.ts';
import { markAllRead, markRead, showInbox } from './requests/inbox.tsx';
import { approve, deny, offerApproval, offerDenial } from './requests/decide.tsx';
import { showGroupRequests, showRequests } from './requests/list.tsx';

export const requestScreens: readonly Screen[] = [
  { method: 'GET', path: '/requests', who: decidesRequests, handle: showRequests },
  { method: 'GET', path: '/groups/:id/requests', handle: showGroupRequests },
  { method: 'GET', path: '/requests/:id/approve', who: decidesRequests, handle: offerApproval },
  { method: 'POST', path: '/requests/:id/approve', who: decidesRequests, handle: approve },
  { method: 'GET', path: '/requests/:id/deny', who: decidesRequests, handle: offerDenial },
  { method: 'POST', path: '/requests/:id/deny', who: decidesRequests, handle: deny },
  { method: 'GET', path: '/inbox', handle: showInbox },
  { method: 'POST', path: '/inbox/read', handle: markAllRead },
  { method: 'POST', path: '/inbox/:id/read', handle: markRead },
];
