/** Activity, settings and the doctor, as rows of the table. */
import type { Person } from '../../core/actor.ts';
import { may } from '../../core/policies.ts';
import type { Screen } from '../screen.ts';
import { showEntry } from './activity/entry.tsx';
import { exportActivity, showActivity } from './activity/timeline.tsx';
import { postVerify } from './activity/verify.tsx';
import { showDoctor, showInstallation } from './operation/settings.tsx';

const audits = (person: Person): boolean => may('read-audit', person);
const administers = (person: Person): boolean => may('see-settings', person);

export const operationScreens: readonly Screen[] = [
  { method: 'GET', path: '/activity', who: audits, handle: showActivity },
  { method: 'GET', path: '/activity/entries/:entry', who: audits, handle: showEntry },
  { method: 'GET', path: '/activity/export', who: audits, handle: exportActivity },
  { method: 'POST', path: '/activity/verify', who: audits, handle: postVerify },
  { method: 'GET', path: '/settings', who: administers, handle: showInstallation },
  { method: 'GET', path: '/doctor', who: administers, handle: showDoctor },
];
