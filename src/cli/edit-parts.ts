import { registryOf } from '../boot/schemas.ts';
import type { GroupEditParts } from '../plans/edits/group-edits.ts';
import type { Visit } from './visit.ts';

/** What edits of groups need, under the guards of the installation. */
export function editPartsOf({ directory, settings }: Visit): GroupEditParts {
  return { directory, guards: settings.guards, registry: registryOf(settings) };
}
