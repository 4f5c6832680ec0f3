/** What sources and the directory disagree about, as rows of the table. */
import type { Person } from '../../core/actor.ts';
import { may } from '../../core/policies.ts';
import type { Screen } from '../screen.ts';
import { postDecision, postRevocation, showConflict } from './conflicts/conflict.tsx';
import { postRelease, showHeldKeys } from './conflicts/held-keys.tsx';
import { showConflicts } from './conflicts/list.tsx';

const reads = (person: Person): boolean => may('read-audit', person);
const decides = (person: Person): boolean => may('see-settings', person);

export const conflictScreens: readonly Screen[] = [
  { method: 'GET', path: '/conflicts', who: reads, handle: showConflicts },
  { method: 'GET', path: '/conflicts/held-keys', who: reads, handle: showHeldKeys },
  { method: 'POST', path: '/conflicts/held-keys/release', who: decides, handle: postRelease },
  { method: 'GET', path: '/conflicts/:id', who: reads, handle: showConflict },
  { method: 'POST', path: '/conflicts/:id', who: decides, handle: postDecision },
  { method: 'POST', path: '/conflicts/:id/revoke', who: decides, handle: postRevocation },
];
