/** Whom a plan takes from what, as it was kept with it. */
import type { GroupN } from '../../core/ids.ts';
import { type Connection, named } from '../database.ts';
import type { PlanN } from './plans.ts';

export interface LeavingGroup {
  readonly n: number;
  readonly id: string;
  readonly name: string;
  /** Effective members before, stubs aside; null where too few leave for a guard to ask. */
  readonly members: number | null;
  /** People who stop being effective members. */
  readonly leaving: number;
}

export interface LeavingTarget {
  readonly id: string;
  readonly name: string;
  readonly leaving: number;
}

const ofGroups = named(
  'plan_leaving_of_groups',
  `select g.n, g.id, g.name, p.members, p.leaving from plan_group p join groups g on g.n = p.group_n
   where p.plan_n = $1 and p.group_n > $2 order by p.group_n limit $3`,
);

const allLeaving = named(
  'plan_all_leaving',
  'select group_n as n, leaving from plan_group where plan_n = $1',
);

const ofTargets = named(
  'plan_leaving_of_targets',
  `select t.id, t.name, p.leaving from plan_target p join target t on t.n = p.target_n
   where p.plan_n = $1 order by t.name`,
);

/** Groups that people leave, in the order of their numbers. */
export async function listLeavingOfGroups(
  connection: Connection,
  plan: PlanN,
  { after, limit }: { readonly after: number; readonly limit: number },
): Promise<LeavingGroup[]> {
  return connection.rows<LeavingGroup>(ofGroups, [plan, after, limit]);
}

/** How many people leave each group by a plan, by the number of the group. */
export async function readLeaving(connection: Connection, plan: PlanN): Promise<ReadonlyMap<GroupN, number>> {
  const rows = await connection.rows<{ n: GroupN; leaving: number }>(allLeaving, [plan]);
  return new Map(rows.map(({ n, leaving }) => [n, leaving]));
}

/** Targets that people leave, by name. */
export async function listLeavingOfTargets(connection: Connection, plan: PlanN): Promise<LeavingTarget[]> {
  return connection.rows<LeavingTarget>(ofTargets, [plan]);
}
