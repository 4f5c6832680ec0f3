/**
 * Undoing what pushes took away (O-07). A target's state follows from the directory, so an undo is a second wish
 * beside it: what is put back is kept there until the directory asks for the same again, or the undo is undone.
 * The engine does the rest as for any wish; a process that dies in the middle leaves nothing half done.
 */
import { z } from 'zod';
import type { Attribution } from '../../core/attribution.ts';
import type { UserN } from '../../core/ids.ts';
import { digestOperations, hashPlan } from '../../core/plans/hash.ts';
import { Refusal } from '../../core/refusal.ts';
import type { PlanKindHandler } from '../../plans/kinds.ts';
import { ALWAYS, toldPlan } from '../../plans/guarded.ts';
import { recordChange, recordOrigin } from '../../store/changes.ts';
import type { Database, Tx } from '../../store/database.ts';
import { keepOperations, type OperationRow } from '../../store/plans/operations.ts';
import { insertPlan, lockPlan, type PlanRow, settlePlan } from '../../store/plans/plans.ts';
import { findSource } from '../../store/sources.ts';
import {
  dropKept,
  keepUndone,
  keptByPlan,
  takenByPush,
  takenFromTarget,
  type TakenRow,
} from '../../store/targets/kept.ts';
import { membersAmong } from '../../store/targets/member-sets.ts';
import { readTarget, startTargetAnew } from '../../store/targets/targets.ts';
import { isConnectedType } from '../connectors/types.ts';
import { requireTarget, type Targets } from './verbs.ts';

const request = z.discriminatedUnion('do', [
  z.object({ do: z.literal('put-back'), target: z.number() }),
  z.object({ do: z.literal('let-go'), target: z.number(), plan: z.number() }),
]);
type UndoRequest = z.infer<typeof request>;

const pushRequest = z.object({ target: z.number() });

type Parts = Pick<Targets, 'database' | 'wake'>;

/** Members to an operation, as the log has them to an entry. */
const MEMBERS_PER_OPERATION = 1_000;

/**
 * Plans to undo an applied push, or such an undo; it waits to be approved. Of a push it puts back what is not back
 * by itself; users that the directory deleted cannot come back. Refuses `plan.not_undoable`.
 */
export async function planPushUndo(parts: Parts, plan: PlanRow, by: Attribution): Promise<PlanRow> {
  const refuse = (why: string): Refusal => new Refusal('plan.not_undoable', { plan: plan.id, why });
  if (plan.state !== 'applied')
    throw refuse(`it is ${plan.state} and has done nothing. Undo plans that are applied.`);
  const { target } = pushRequest.parse(plan.request);
  const row = await readTarget(parts.database, target);
  if (row === null) throw refuse('its target is not there any more.');
  const isPush = plan.kind === 'push';
  const taken = isPush
    ? await stillLacking(parts.database, target, await takenByPush(parts.database, target, plan.n))
    : await keptByPlan(parts.database, plan.n);
  if (taken.length === 0) {
    throw refuse(
      isPush ? 'nothing of it can be put back, or all is back.' : 'nothing of it stands any more.',
    );
  }
  return insertUndo(parts, by, {
    target: { n: row.n, name: row.name },
    wish: isPush ? { do: 'put-back', target } : { do: 'let-go', target, plan: plan.n },
    operations: operationsOf(taken, isPush ? 'back' : 'away'),
    title: `Undo of: ${plan.title}`,
    subject: `undo:${plan.id}`,
    undoesN: plan.n,
  });
}

/**
 * Plans to put back whatever was taken from a target since a moment of the last 30 days, by pushes that no guard
 * held. It waits to be approved. Refuses `target.not_found`, and `target.invalid` for a webhook and where there is
 * nothing to put back.
 */
export async function planUndoSince(
  targets: Targets,
  idOrName: string,
  { since, by }: { readonly since: Date; readonly by: Attribution },
): Promise<PlanRow> {
  const { n, name, type, id } = await requireTarget(targets, idOrName);
  if (!isConnectedType(type)) throw new Refusal('target.invalid', { why: 'A webhook holds nothing.' });
  const taken = await stillLacking(targets.database, n, await takenFromTarget(targets.database, n, since));
  const from = since.toISOString();
  if (taken.length === 0) {
    const why = `Nothing that was taken from ${name} since ${from} can be put back, or all is back.`;
    throw new Refusal('target.invalid', { why });
  }
  return insertUndo(targets, by, {
    target: { n, name },
    wish: { do: 'put-back', target: n },
    operations: operationsOf(taken, 'back'),
    title: `Undo of what was taken from ${name} since ${from}`,
    subject: `undo:${id}`,
    undoesN: null,
  });
}

/** Carries an approved undo out: what it puts back is desired from then on, and the engine looks at once. */
export function pushUndoPlans({ database, wake }: Parts): PlanKindHandler {
  return {
    carryOut: async (plan) => {
      const wish = request.parse(plan.request);
      await database.transaction(async (tx) => {
        if ((await lockPlan(tx, plan.n)) !== 'approved') return;
        if (wish.do === 'put-back') await keepUndone(tx, wish.target, plan.n);
        else await dropKept(tx, wish.plan);
        await startTargetAnew(tx, wish.target);
        const settled = await settlePlan(tx, plan.n, 'applied');
        if (settled !== null) await tell(tx, settled, { type: 'plan.applied', by: systemFor(settled) });
      });
      wake();
    },
  };
}

/** Leaves out members that are back at the target already. */
async function stillLacking(
  database: Database,
  target: number,
  taken: readonly TakenRow[],
): Promise<TakenRow[]> {
  const lacking: TakenRow[] = [];
  for (const row of taken) {
    const { kind, group_n: group, users } = row;
    const there =
      kind !== 'm' || group === 0
        ? new Set<UserN>()
        : await membersAmong(database, { target, group, aspect: 'a' }, users);
    const missing = users.filter((user) => !there.has(user));
    if (kind !== 'm' || missing.length > 0) lacking.push({ ...row, users: missing });
  }
  return lacking;
}

interface Undo {
  readonly target: { readonly n: number; readonly name: string };
  readonly wish: UndoRequest;
  readonly operations: readonly OperationRow[];
  readonly title: string;
  readonly subject: string;
  readonly undoesN: number | null;
}

async function insertUndo(
  { database }: { readonly database: Database },
  by: Attribution,
  { target, wish, operations, title, subject, undoesN }: Undo,
): Promise<PlanRow> {
  const counts = countsOf(operations);
  const digest = digestOperations(operations.map((operation) => JSON.stringify(operation)));
  const facts = { kind: 'push-undo', subject, request: wish, counts, guards: [ALWAYS] } as const;
  return database.transaction(async (tx) => {
    const source = await findSource(tx, 'system');
    if (source === null) throw new Refusal('source.not_found', { source: 'system' });
    const { plan } = await insertPlan(tx, {
      ...{ ...facts, state: 'held', title, sourceN: source.n, targetN: target.n, undoesN, people: 0, by },
      hash: hashPlan({ ...facts, operations: digest }),
    });
    await keepOperations(tx, plan.n, operations);
    await tell(tx, plan, { type: 'plan.held', by });
    return plan;
  });
}

async function tell(
  tx: Tx,
  plan: PlanRow,
  { type, by }: { readonly type: 'plan.held' | 'plan.applied'; readonly by: Attribution },
): Promise<void> {
  const originN = await recordOrigin(tx, by);
  await recordChange(tx, { by, sourceN: plan.source_n, originN }, { type, after: toldPlan(plan) });
}

function systemFor({ id }: PlanRow): Attribution {
  return {
    actor: { kind: 'system', id: 'plans' },
    onBehalfOf: null,
    source: 'system',
    origin: { kind: 'command', command: `plan ${id}` },
    requestId: null,
  };
}

/** What comes back, or goes when an undo is undone, as the operations of a plan. */
function operationsOf(rows: readonly TakenRow[], way: 'back' | 'away'): OperationRow[] {
  const isBack = way === 'back';
  const [before, after] = [{ active: !isBack }, { active: isBack }];
  return numbered(
    rows.flatMap(({ kind, group_n: group, users }): Partial<OperationRow>[] => {
      if (kind === 'g') return [{ type: isBack ? 'group.created' : 'group.deleted', group_n: group }];
      if (kind === 'u') return users.map((user) => ({ type: 'user.updated', user_n: user, before, after }));
      return inParts(users).map((members) => ({
        ...{ type: 'membership.direct', group_n: group },
        ...(isBack ? { added: members } : { removed: members }),
      }));
    }),
  );
}

const NOTHING = {
  ...{ group_n: null, user_n: null, added: null, added_lines: null, removed: null, removed_lines: null },
  ...{ before: null, after: null },
};

function numbered(operations: readonly Partial<OperationRow>[]): OperationRow[] {
  return operations.map((operation, at) => ({ ...NOTHING, type: '', ...operation, at: at + 1 }));
}

function inParts(users: TakenRow['users']): TakenRow['users'][] {
  const parts = [];
  for (let at = 0; at < users.length; at += MEMBERS_PER_OPERATION) {
    parts.push(users.slice(at, at + MEMBERS_PER_OPERATION));
  }
  return parts;
}

function countsOf(operations: readonly OperationRow[]): Readonly<Record<string, number>> {
  const sum = (of: (operation: OperationRow) => number): number =>
    operations.reduce((total, operation) => total + of(operation), 0);
  const ofType = (type: string) => sum((operation) => (operation.type === type ? 1 : 0));
  const users = ofType('user.updated');
  const isAway = operations.some(({ removed, type }) => removed !== null || type === 'group.deleted');
  const counts = {
    [isAway ? 'usersDeactivated' : 'usersReactivated']: users,
    groupsCreated: ofType('group.created'),
    deleted: ofType('group.deleted'),
    membersAdded: sum(({ added }) => added?.length ?? 0),
    membersRemoved: sum(({ removed }) => removed?.length ?? 0),
  };
  return Object.fromEntries(Object.entries(counts).filter(([, count]) => count > 0));
}
