import { editPlans } from '../plans/edits/edit-plans.ts';
import type { GroupEditParts } from '../plans/edits/group-edits.ts';
import type { PlanKindHandlers } from '../plans/kinds.ts';
import { feedPlans } from '../sources/feeds/held-plans.ts';
import type { ImportParts } from '../sources/feeds/import-file.ts';

export interface PlanKindParts extends GroupEditParts {
  readonly imports: ImportParts;
}

/** Every kind of plan but pushes, which are the targets' own. */
export function planKinds(parts: PlanKindParts): PlanKindHandlers {
  return { feed: feedPlans(parts.imports), ...editPlans(parts) };
}
