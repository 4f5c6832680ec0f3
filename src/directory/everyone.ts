/** The two groups of everyone (D-13), which every installation has once. docs/decisions/0005 says why one of them lists its members. */
import type { Attribution } from '../core/attribution.ts';
import { foldName } from '../core/names.ts';
import { lockFactsAlone } from '../store/facts-lock.ts';
import { findGroupByName, type GroupKind, hasGroupOfKind, insertGroup } from '../store/groups.ts';
import { followFacts } from './automatic-groups.ts';
import { newGroupState } from './groups.ts';
import { type Directory, perform, record, type Work } from './work.ts';

const everyone = [
  {
    kind: 'everyone-signed-in',
    name: 'Authenticated Users',
    description: 'Every active user that has arrived.',
  },
  {
    kind: 'everyone',
    name: 'Anonymous Users',
    description: 'Whoever it is, signed in or not; it lists nobody.',
  },
] as const satisfies readonly {
  readonly kind: GroupKind;
  readonly name: string;
  readonly description: string;
}[];

/** Makes the groups of everyone where they are missing, which is at the first start alone; of instances that start together, one does it. */
export async function makeEveryoneGroups(directory: Directory): Promise<void> {
  for (const group of everyone) {
    if (await hasGroupOfKind(directory.database, group.kind)) continue;
    await perform(directory, byStart, (work) => makeOnce(work, group));
  }
}

/** Filled under the facts lock, so that no user arrives unseen meanwhile. */
async function makeOnce(work: Work, { kind, name, description }: (typeof everyone)[number]): Promise<void> {
  await lockFactsAlone(work.tx);
  if (await hasGroupOfKind(work.tx, kind)) return;
  const state = { ...newGroupState, name: await freeName(work, name), description };
  const row = await insertGroup(
    work.tx,
    { ...state, nameKey: foldName(state.name), kind, rule: null, ruleFilter: null, reservedTo: null },
    work.sourceN,
  );
  await record(work, { type: 'group.created', group: row.n, after: { ...state, kind } });
  await followFacts(work, row);
}

/** Somebody may have called a group so before this installation had its own. */
async function freeName(work: Work, name: string): Promise<string> {
  const isTaken = (await findGroupByName(work.tx, foldName(name), work.sourceN)) !== null;
  return isTaken ? freeName(work, `${name} (Muster)`) : name;
}

const byStart: Attribution = {
  actor: { kind: 'system', id: 'start' },
  onBehalfOf: null,
  source: 'system',
  origin: { kind: 'command', command: 'serve' },
  requestId: null,
};
