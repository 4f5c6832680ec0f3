/** The rows of this folder's table; compose adds those of the sources and targets. */
import { alertRoutes } from './alerts.ts';
import { withAtLeast } from './at-least.ts';
import { changeRoutes } from './changes.ts';
import { checkRoutes } from './checks.ts';
import { conflictRoutes } from './conflicts.ts';
import { clientRoutes } from './clients.ts';
import { explanationRoutes } from './explanations.ts';
import { governanceRoutes } from './governance.ts';
import { groupRoutes } from './groups.ts';
import { inboxRoutes } from './inbox.ts';
import { loginKeyRoutes } from './login-keys.ts';
import { memberRoutes } from './members.ts';
import type { ApiParts } from './parts.ts';
import { requestRoutes } from './requests.ts';
import type { Route } from './route.ts';
import { sessionRoutes } from './sessions.ts';
import { snapshotRoutes } from './snapshot.ts';
import { userGroupRoutes } from './user-groups.ts';
import { userRoutes } from './users.ts';

export function directoryRoutes(parts: ApiParts): readonly Route[] {
  return withAtLeast(parts, [
    ...groupRoutes(parts),
    ...memberRoutes(parts),
    ...explanationRoutes(parts),
    ...userRoutes(parts),
    ...userGroupRoutes(parts),
    ...loginKeyRoutes(parts),
    ...checkRoutes(parts),
    ...changeRoutes(parts),
    ...snapshotRoutes(parts),
    ...clientRoutes(parts),
    ...alertRoutes(parts),
    ...conflictRoutes(parts),
    ...sessionRoutes,
    ...requestRoutes(parts),
    ...governanceRoutes(parts),
    ...inboxRoutes(parts),
  ]);
}
