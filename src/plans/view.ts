/** A plan as people and programs see it, over the API and in `muster plan --json`. */
import type { TrippedGuard } from '../core/plans/guards.ts';
import type { PlanCounts, PlanKind, PlanState } from '../core/plans/plan.ts';
import type { Place } from '../store/changes.ts';
import type { Connection } from '../store/database.ts';
import { namesOfNumbers, type Named } from '../store/plans/names.ts';
import { type AddedPlace, listAdded } from '../store/plans/people.ts';
import { listOperations, listMadeNames, type OperationRow } from '../store/plans/operations.ts';
import type { PlanRow } from '../store/plans/plans.ts';

export interface PlanView {
  readonly id: string;
  readonly kind: PlanKind;
  readonly state: PlanState;
  readonly dryRun: boolean;
  readonly title: string;
  readonly source: string;
  readonly target: { readonly id: string; readonly name: string } | null;
  readonly import: string | null;
  readonly undoes: string | null;
  readonly hash: string;
  readonly counts: PlanCounts;
  readonly people: number;
  readonly guards: readonly TrippedGuard[];
  /** Place in the log that it was made from. */
  readonly madeFrom: string;
  readonly createdAt: string;
  readonly createdBy: { readonly kind: string; readonly id: string };
  readonly decidedAt: string | null;
  readonly decidedBy: { readonly kind: string; readonly id: string } | null;
  readonly reason: string | null;
  readonly replacedBy: string | null;
  readonly endedAt: string | null;
}

/** `cursorOf` gives the cursor of a place in the log. */
export function viewOfPlan(plan: PlanRow, cursorOf: (place: Place) => string): PlanView {
  const { id, kind, state, title, source, undoes, hash, counts, people, guards, reason } = plan;
  return {
    ...{ id, kind, state, dryRun: plan.dry_run, title, source },
    target: plan.target_id === null ? null : { id: plan.target_id, name: plan.target ?? '' },
    import: plan.import,
    ...{ undoes, hash, counts, people, guards },
    madeFrom: cursorOf({ xid: plan.made_xid, seq: 0 }),
    createdAt: plan.created_at.toISOString(),
    createdBy: { kind: plan.actor_kind, id: plan.actor_id },
    decidedAt: plan.decided_at?.toISOString() ?? null,
    decidedBy: plan.decided_by === null ? null : { kind: plan.decided_by_kind ?? '', id: plan.decided_by },
    reason,
    replacedBy: plan.replaced_by,
    endedAt: plan.ended_at?.toISOString() ?? null,
  };
}

export interface PageOf {
  /** Number of the last entry of the page before; 0 for the first. */
  readonly after: number;
  readonly limit: number;
}

export interface MemberView {
  readonly type: 'user' | 'group';
  /** Null for what the plan would make. */
  readonly id: string | null;
  readonly name: string | null;
  readonly line: number | null;
}

/** One operation: an entry of the change log that is, or would be, written. */
export interface OperationView {
  readonly at: number;
  readonly type: string;
  readonly group: Omit<MemberView, 'type' | 'line'> | null;
  readonly user: Omit<MemberView, 'type' | 'line'> | null;
  readonly added: readonly MemberView[];
  readonly removed: readonly MemberView[];
  readonly before: unknown;
  readonly after: unknown;
}

/** Operations of a plan in their order, with the names of who and what they are about. */
export async function operationsOf(
  connection: Connection,
  plan: PlanRow,
  page: PageOf,
): Promise<OperationView[]> {
  return viewsOf(connection, plan, await listOperations(connection, plan, page));
}

/** An operation of which the first members are named, and how many there are. */
export interface OperationInShort extends OperationView {
  readonly addedCount: number;
  readonly removedCount: number;
}

/** As {@link operationsOf}, with so many members each that came and went: a thousand names are not read to show a few. */
export async function operationsInShort(
  connection: Connection,
  plan: PlanRow,
  { members, ...page }: PageOf & { readonly members: number },
): Promise<OperationInShort[]> {
  const rows = await listOperations(connection, plan, page);
  const short = rows.map((row) => ({
    ...row,
    added: row.added?.slice(0, members) ?? null,
    removed: row.removed?.slice(0, members) ?? null,
  }));
  const views = await viewsOf(connection, plan, short);
  return views.map((view, at) => ({
    ...view,
    addedCount: rows[at]?.added?.length ?? 0,
    removedCount: rows[at]?.removed?.length ?? 0,
  }));
}

async function viewsOf(
  connection: Connection,
  plan: PlanRow,
  rows: readonly OperationRow[],
): Promise<OperationView[]> {
  const names = await namesIn(connection, plan, [...new Set(rows.flatMap(numbersIn))]);
  const one = (n: number | null): OperationView['group'] => {
    const named = n === null ? undefined : names.get(n);
    return named === undefined ? null : { id: named.id, name: named.name };
  };
  const many = (members: OperationRow['added'], lines: OperationRow['added_lines']): MemberView[] =>
    (members ?? []).map((n, at) => memberOf(names.get(n), lines?.[at] ?? null));
  return rows.map((row) => ({
    at: row.at,
    type: row.type,
    group: one(row.group_n),
    user: one(row.user_n),
    added: many(row.added, row.added_lines),
    removed: many(row.removed, row.removed_lines),
    before: row.before ?? null,
    after: row.after ?? null,
  }));
}

function memberOf(named: Named | undefined, line: number | null): MemberView {
  return {
    type: named?.kind === 'g' ? 'group' : 'user',
    id: named?.id ?? null,
    name: named?.name ?? null,
    line,
  };
}

/** Somebody, or a group, that a plan adds directly. */
export interface AddedView {
  /** Its place in the list, as an address has it: `OPERATION.MEMBER`. */
  readonly key: string;
  readonly group: OperationView['group'];
  readonly member: MemberView;
}

/** Direct members that a plan adds, in the order of its operations, after a place. */
export async function addedBy(
  connection: Connection,
  plan: PlanRow,
  page: { readonly after: AddedPlace; readonly limit: number },
): Promise<AddedView[]> {
  const rows = await listAdded(connection, plan, page);
  const names = await namesIn(connection, plan, [...new Set(rows.flatMap(({ group_n, n }) => [group_n, n]))]);
  return rows.map(({ at, place, group_n: groupN, n, line }) => {
    const group = names.get(groupN);
    return {
      key: `${at}.${place}`,
      group: group === undefined ? null : { id: group.id, name: group.name },
      member: memberOf(names.get(n), line),
    };
  });
}

/** Names of users and groups, those that the plan would make too. */
async function namesIn(
  connection: Connection,
  { n: plan }: PlanRow,
  numbers: readonly number[],
): Promise<ReadonlyMap<number, Named>> {
  const names = new Map<number, Named>();
  for (const { n, kind, name } of await listMadeNames(connection, plan, numbers)) {
    names.set(n, { n, kind, name, id: null });
  }
  for (const found of await namesOfNumbers(connection, numbers)) names.set(found.n, found);
  return names;
}

function numbersIn({ group_n: group, user_n: user, added, removed }: OperationRow): number[] {
  return [group, user, ...(added ?? []), ...(removed ?? [])].filter((n) => n !== null);
}
