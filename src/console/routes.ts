/** The screens, as a table. */
import type { Screen } from './screen.ts';
import { conflictScreens } from './screens/conflicts.tsx';
import { groupScreens } from './screens/groups.tsx';
import { importScreens } from './screens/imports.tsx';
import { overviewScreens } from './screens/overview.tsx';
import { ownScreens } from './screens/own.tsx';
import { operationScreens } from './screens/operation.tsx';
import { planScreens } from './screens/plans.tsx';
import { requestScreens } from './screens/requests.tsx';
import { sourceScreens } from './screens/sources.tsx';
import { targetScreens } from './screens/targets.tsx';
import { tourScreens } from './screens/tour.tsx';
import { userScreens } from './screens/users.tsx';

export const screens: readonly Screen[] = [
  ...overviewScreens,
  ...ownScreens,
  ...requestScreens,
  ...groupScreens,
  ...importScreens,
  ...planScreens,
  ...userScreens,
  ...targetScreens,
  ...sourceScreens,
  ...conflictScreens,
  ...operationScreens,
  ...tourScreens,
];
