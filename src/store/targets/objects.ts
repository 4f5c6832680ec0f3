/**
 * Objects of a target: what is known of each, and where it stands. Their states move by the table of
 * core/targets/object-state alone; the statements are built from it.
 */
import {
  nextState,
  OBJECT_STATES,
  type ObjectEvent,
  type ObjectState,
} from '../../core/targets/object-state.ts';
import type { GroupN } from '../../core/ids.ts';
import { type Connection, named, onlyRow, type Tx } from '../database.ts';

/** A user, a group, the member list of a group. */
export type ObjectKind = 'u' | 'g' | 'm';

export interface ObjectRow {
  readonly n: number;
  readonly kind: ObjectKind;
  readonly state: ObjectState;
  readonly wanted: boolean;
  readonly generation: number;
  readonly due_at: Date | null;
  readonly failures: number;
  readonly remote_id: string | null;
  /** `a`ctive or `i`nactive at the target; null when not known to be there. */
  readonly held: 'a' | 'i' | null;
  /** `c`reated by us or `a`dopted. */
  readonly owned: 'c' | 'a' | null;
  readonly name: string | null;
  readonly applied_hash: Buffer | null;
  readonly left_at: Date | null;
  /** When it was last brought in line; null when it never was. */
  readonly applied_at: Date | null;
  readonly applied_count: number;
  readonly add_count: number;
  readonly remove_count: number;
  readonly waiting_count: number;
  readonly blocked_count: number;
}

/** Text of SQL that gives the state of a row after an event, by the table of states. */
export function stateAfter(event: ObjectEvent, alias = 'o'): string {
  const moves = OBJECT_STATES.filter((state) => nextState(state, event) !== state);
  const whens = moves.map((state) => `when '${state}' then '${nextState(state, event)}'`);
  return whens.length === 0
    ? `${alias}.state`
    : `case ${alias}.state ${whens.join(' ')} else ${alias}.state end`;
}

export const objectColumns = `o.n, o.kind, o.state, o.wanted, o.generation, o.due_at, o.failures, o.remote_id, o.held, o.owned,
  o.name, o.applied_hash, o.left_at, o.applied_at, o.applied_count, o.add_count, o.remove_count, o.waiting_count, o.blocked_count`;

const lockOne = named(
  'target_object_lock',
  `select ${objectColumns} from target_object o where o.target_n = $1 and o.kind = $2 and o.n = $3 for update`,
);

const readSome = named(
  'target_object_read',
  `select ${objectColumns} from target_object o where o.target_n = $1 and o.kind = $2 and o.n = any($3::int[])`,
);

const trouble = named(
  'target_trouble',
  `select coalesce(sum(waiting_count), 0)::int as waiting,
     (count(*) filter (where state = 'blocked') + coalesce(sum(blocked_count), 0))::int as blocked,
     (count(*) filter (where state = 'conflict'))::int as conflicts
   from target_object where target_n = $1 and (kind = 'm' or state in ('blocked', 'conflict'))`,
);

/** One object, locked until the transaction ends. */
export async function lockObject(
  tx: Tx,
  target: number,
  kind: ObjectKind,
  n: number,
): Promise<ObjectRow | null> {
  return (await tx.rows<ObjectRow>(lockOne, [target, kind, n]))[0] ?? null;
}

export async function readObjects(
  connection: Connection,
  target: number,
  kind: ObjectKind,
  numbers: readonly number[],
): Promise<ObjectRow[]> {
  return numbers.length === 0 ? [] : connection.rows<ObjectRow>(readSome, [target, kind, numbers]);
}

/** What does not go on by itself: members waiting for their user, objects and members refused, conflicts. */
export async function countTrouble(
  connection: Connection,
  target: number,
): Promise<{ readonly waiting: number; readonly blocked: number; readonly conflicts: number }> {
  return onlyRow(await connection.rows(trouble, [target]));
}

/** What an end of an attempt changes on an object; absent fields stay. */
export interface ObjectChange {
  readonly remoteId?: string | null;
  readonly held?: 'a' | 'i' | null;
  readonly owned?: 'c' | 'a' | null;
  readonly name?: string | null;
  readonly nameKey?: string | null;
  readonly appliedHash?: Buffer | null;
  readonly why?: string | null;
  readonly failures?: number;
  readonly dueAt?: Date | null;
  readonly applied?: true;
  readonly observed?: true;
}

const FIELDS = {
  remoteId: 'remote_id',
  held: 'held',
  owned: 'owned',
  name: 'name',
  nameKey: 'name_key',
  appliedHash: 'applied_hash',
  why: 'why',
  failures: 'failures',
  dueAt: 'due_at',
} as const;

const MOVED = [...Object.keys(FIELDS), 'applied', 'observed'];

/** Moves an object's state by an event and writes what came with it. The constraint `target_object_name_unique` refuses a name in use. */
export async function moveObject(
  tx: Tx,
  of: { readonly target: number; readonly kind: ObjectKind; readonly n: number },
  event: ObjectEvent,
  change: ObjectChange = {},
): Promise<void> {
  const values: unknown[] = [of.target, of.kind, of.n];
  const sets = [`state = ${stateAfter(event)}`];
  for (const [field, column] of Object.entries(FIELDS) as [keyof typeof FIELDS, string][]) {
    if (!(field in change)) continue;
    values.push(change[field]);
    sets.push(`${column} = $${values.length}`);
  }
  if (change.applied === true) sets.push('applied_at = clock_timestamp()');
  if (change.observed === true) sets.push('observed_at = clock_timestamp()');
  // A name of its own for every combination that occurs: few, and each is planned once.
  const shape = MOVED.reduce((mask, field, bit) => (field in change ? mask | (1 << bit) : mask), 0);
  await tx.rows(
    named(
      `target_move_${event}_${shape}`,
      `update target_object o set ${sets.join(', ')} where o.target_n = $1 and o.kind = $2 and o.n = $3`,
    ),
    values,
  );
}

const moveCounts = named(
  'target_object_move_counts',
  `update target_object set applied_count = applied_count + $3, add_count = add_count + $4,
     remove_count = remove_count + $5, waiting_count = waiting_count + $6, blocked_count = blocked_count + $7
   where target_n = $1 and kind = 'm' and n = $2`,
);

/** By how much the sets of a member list grew. */
export interface CountChange {
  readonly applied: number;
  readonly add: number;
  readonly remove: number;
  readonly waiting: number;
  readonly blocked: number;
}

export async function moveObjectCounts(
  tx: Tx,
  target: number,
  group: GroupN,
  by: CountChange,
): Promise<void> {
  const values = [by.applied, by.add, by.remove, by.waiting, by.blocked];
  if (values.some((value) => value !== 0)) await tx.rows(moveCounts, [target, group, ...values]);
}
