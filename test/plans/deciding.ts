import type { Attribution } from '../../src/core/attribution.ts';
import { DEFAULT_LIMITS } from '../../src/core/plans/limits.ts';
import { buildRegistry } from '../../src/core/scim/registry.ts';
import { planKinds } from '../../src/boot/plan-kinds.ts';
import { approvePlan, type Decision, type DecisionParts, rejectPlan } from '../../src/plans/decisions.ts';
import type { ImportParts } from '../../src/sources/feeds/import-file.ts';
import type { PlanRow } from '../../src/store/plans/plans.ts';

/** An administrator at the command line. */
export const operator: Attribution = {
  actor: { kind: 'operator', id: 'eve' },
  onBehalfOf: null,
  source: 'console',
  origin: { kind: 'command', command: 'muster plan approve' },
  requestId: null,
};

/** Plans decided by {@link operator}, for a reason. */
export interface Deciding {
  readonly parts: DecisionParts;
  approve(plan: PlanRow, change?: Partial<Decision>): Promise<PlanRow>;
  reject(plan: PlanRow, change?: Partial<Decision>): Promise<PlanRow>;
}

/** Every kind of plan but pushes, on the directory and the folder of imports. */
export function decidingOver(imports: ImportParts): Deciding {
  const { database, directory } = imports;
  const kinds = planKinds({ directory, registry: buildRegistry([]), guards: DEFAULT_LIMITS, imports });
  const parts = { database, wake: () => undefined, kinds };
  const decision = ({ id, hash }: PlanRow, change: Partial<Decision> = {}): Decision => ({
    ...{ plan: id, hash, reason: 'term end', by: operator },
    ...change,
  });
  return {
    parts,
    approve: (plan, change) => approvePlan(parts, decision(plan, change)),
    reject: (plan, change) => rejectPlan(parts, decision(plan, change)),
  };
}
