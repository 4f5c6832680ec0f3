/** Names of groups at a target: each is one group's alone (O-09), by the way that the target tells names apart. */
import { faultOfTargetName, foldTargetName } from '../../core/targets/target-name.ts';
import type { Tx } from '../../store/database.ts';
import { blockedGroups, findNameHolder } from '../../store/targets/names.ts';
import { moveObject, type ObjectRow, readObjects } from '../../store/targets/objects.ts';
import type { TargetContext } from './context.ts';
import { type Desired, desiredObjects } from './desired-objects.ts';

/** Why a group cannot bear its name: the second whose name folds to the same is told which is first. */
export async function faultOfName(
  { target, traits }: TargetContext,
  tx: Tx,
  row: ObjectRow,
  { what, nameKey }: Desired,
): Promise<string | null> {
  const fault = faultOfTargetName(what, traits.names);
  if (fault !== null || nameKey === null) return fault;
  const holder = await findNameHolder(tx, target, { nameKey, besides: row.n });
  return holder === null
    ? null
    : `"${what}" and the group "${holder}" would bear one name at the target, which takes both for the same.`;
}

/**
 * Has groups go on that were kept out by the name of another which bears it no more. What the target itself refused
 * has taken its name, and stays refused.
 */
export async function wakeNamesakes(context: TargetContext, tx: Tx): Promise<void> {
  const { target, traits } = context;
  const numbers = await blockedGroups(tx, target);
  const wishes = await desiredObjects(context, tx, { kind: 'g', numbers });
  for (const { n, name } of await readObjects(tx, target, 'g', numbers)) {
    const nameKey = wishes.get(n)?.nameKey ?? null;
    if (nameKey === null || (name !== null && foldTargetName(name, traits.names.fold) === nameKey)) continue;
    const holder = await findNameHolder(tx, target, { nameKey, besides: n });
    if (holder === null) await moveObject(tx, { target, kind: 'g', n }, 'marked');
  }
}
