/** Targets, as rows of the table. */
import type { Screen } from '../screen.ts';
import { seesTargets } from '../frame/navigation.ts';
import {
  askRemove,
  postMode,
  postPush,
  postPushUndo,
  postRemove,
  postTest,
  showPushPage,
} from './targets/act.tsx';
import { postTarget, showNewTarget } from './targets/create.tsx';
import { postLook, showDriftPage } from './targets/drift.tsx';
import { showTargetHistory } from './targets/history.tsx';
import { showLedger } from './targets/ledger.tsx';
import { showTargetList } from './targets/list.tsx';
import { postRefused, showRefused } from './targets/refused.tsx';
import { postSettings, showSettings } from './targets/settings.tsx';
import { showTargetWhy } from './targets/why.tsx';

const who = seesTargets;

export const targetScreens: readonly Screen[] = [
  { method: 'GET', path: '/targets', who, handle: showTargetList },
  { method: 'POST', path: '/targets', who, handle: postTarget },
  { method: 'GET', path: '/targets/new', who, handle: showNewTarget },
  { method: 'GET', path: '/targets/:id', who, handle: showLedger },
  { method: 'GET', path: '/targets/:id/drift', who, handle: showDriftPage },
  { method: 'POST', path: '/targets/:id/drift', who, handle: postLook },
  { method: 'GET', path: '/targets/:id/why', who, handle: showTargetWhy },
  { method: 'GET', path: '/targets/:id/history', who, handle: showTargetHistory },
  { method: 'GET', path: '/targets/:id/settings', who, handle: (visit) => showSettings(visit) },
  { method: 'POST', path: '/targets/:id/settings', who, handle: postSettings },
  { method: 'POST', path: '/targets/:id/test', who, handle: postTest },
  { method: 'POST', path: '/targets/:id/push', who, handle: postPush },
  { method: 'GET', path: '/targets/:id/refused', who, handle: showRefused },
  { method: 'POST', path: '/targets/:id/refused', who, handle: postRefused },
  { method: 'GET', path: '/targets/:id/pushes/:push', who, handle: showPushPage },
  { method: 'POST', path: '/targets/:id/pause', who, handle: (visit) => postMode(visit, 'pause') },
  { method: 'POST', path: '/targets/:id/resume', who, handle: (visit) => postMode(visit, 'resume') },
  { method: 'POST', path: '/targets/:id/undo', who, handle: postPushUndo },
  { method: 'GET', path: '/targets/:id/remove', who, handle: askRemove },
  { method: 'POST', path: '/targets/:id/remove', who, handle: postRemove },
];
