/**
 * What a plan does, one by one. Operations are the log rows of the transaction that applies it, so that a plan shown
 * before and the log read after speak of the same things. Of a plan that is applied they are read from the log; of
 * any other they are kept here, for its own transaction took them back.
 */
import { type Connection, named, type Tx } from '../database.ts';
import type { PlanN, PlanRow } from './plans.ts';

export interface OperationRow {
  readonly at: number;
  readonly type: string;
  readonly group_n: number | null;
  readonly user_n: number | null;
  readonly added: readonly number[] | null;
  readonly added_lines: readonly (number | null)[] | null;
  readonly removed: readonly number[] | null;
  readonly removed_lines: readonly (number | null)[] | null;
  readonly before: unknown;
  readonly after: unknown;
}

/** A user or group that a plan would make, by the number that its operations have for it. */
export interface MadeRow {
  readonly n: number;
  readonly kind: 'u' | 'g';
  readonly name: string | null;
}

/** Members of deleted groups to an operation, as the log has them to an entry. */
const MEMBERS_PER_ENTRY = 1_000;
/** Rows to a statement. */
const BATCH = 200;

/** Rows of this transaction; the members of groups that it deletes follow, which the log says nothing of. */
const own = named(
  'plan_own_operations',
  `select row_number() over (order by c.seq)::int as at, c.type, c.group_n, c.user_n, c.added, c.added_lines, c.removed,
          c.removed_lines, coalesce(p.before, c.before) as before, coalesce(p.after, c.after) as after
   from change c left join change_personal p on p.seq = c.seq
   where c.xid = pg_current_xact_id() and c.batch is null and c.type not like 'plan.%' order by c.seq`,
);

const ofDeleted = named(
  'plan_members_of_deleted',
  `select 'membership.direct' as type, m.group_n, array_agg(m.member_n order by m.member_n) as removed
   from (select group_n, member_n,
                (row_number() over (partition by group_n order by member_n) - 1) / ${MEMBERS_PER_ENTRY} as entry
         from plan_moved where of_deleted) m
   group by m.group_n, m.entry order by m.group_n, m.entry`,
);

const made = named(
  'plan_own_made',
  `select n, 'u' as kind, coalesce(user_name, document #>> '{emails,0,value}') as name from users
   where n in (select user_n from change where xid = pg_current_xact_id() and type in ('user.stubbed', 'user.created'))
   union all
   select n, 'g', name from groups
   where n in (select group_n from change where xid = pg_current_xact_id() and type = 'group.created')`,
);

const keep = named(
  'plan_keep_operations',
  `insert into plan_operation (plan_n, at, type, group_n, user_n, added, added_lines, removed, removed_lines, before, after)
   select $1, o.* from jsonb_to_recordset($2::jsonb) as o(at int, type text, group_n int, user_n int, added int[],
     added_lines int[], removed int[], removed_lines int[], before jsonb, after jsonb)`,
);

const keepMade = named(
  'plan_keep_made',
  `insert into plan_made (plan_n, n, kind, name)
   select $1, m.* from jsonb_to_recordset($2::jsonb) as m(n int, kind "char", name text)`,
);

const dropKept = named('plan_drop_operations', 'delete from plan_operation where plan_n = $1');
const dropMade = named('plan_drop_made', 'delete from plan_made where plan_n = $1');

const listKept = named(
  'plan_list_operations',
  `select at, type, group_n, user_n, added, added_lines, removed, removed_lines, before, after
   from plan_operation where plan_n = $1 and at > $2 order by at limit $3`,
);

/* Entries are numbered from one without a gap: those before the page are passed over by their index alone. */
const listLogged = named(
  'plan_list_logged',
  `select * from (
     select ($3 + row_number() over (order by c.seq))::int as at, c.type, c.group_n, c.user_n, c.added, c.added_lines,
            c.removed, c.removed_lines, coalesce(p.before, c.before) as before, coalesce(p.after, c.after) as after
     from (select * from change
           where xid = $1::text::xid8 and batch is null and type not like 'plan.%' order by seq offset $3 limit $4) c
     left join change_personal p on p.seq = c.seq
     union all
     select at, type, group_n, user_n, added, added_lines, removed, removed_lines, before, after
     from plan_operation where plan_n = $2) o
   where at > $3 order by at limit $4`,
);

const removals = named(
  'plan_removals',
  `select type, group_n, user_n, removed, before, after from plan_operation
   where plan_n = $1 and (removed is not null or type in ('group.deleted', 'user.deleted', 'user.updated')) order by at`,
);

const listMade = named(
  'plan_list_made',
  'select n, kind, name from plan_made where plan_n = $1 and n = any($2::int[])',
);

const prune = named(
  'plan_prune',
  `with old as (select n from plan where ended_at < now() - interval '30 days'),
   operations as (delete from plan_operation where plan_n in (select n from old)),
   people as (delete from plan_person where plan_n in (select n from old))
   delete from plan_made where plan_n in (select n from old)`,
);

/** What this transaction has done so far, in its order. Call `gatherMoves` first. */
export async function readOwnOperations(tx: Tx): Promise<OperationRow[]> {
  const logged = await tx.rows<OperationRow>(own);
  return [...logged, ...(await readOwnExtras(tx, logged.length))];
}

/** Those that the log has no rows of: members of groups that are deleted. They are numbered after `at`. */
export async function readOwnExtras(tx: Tx, at: number): Promise<OperationRow[]> {
  const rows = await tx.rows<Pick<OperationRow, 'type' | 'group_n' | 'removed'>>(ofDeleted);
  const nothing = {
    user_n: null,
    added: null,
    added_lines: null,
    removed_lines: null,
    before: null,
    after: null,
  };
  return rows.map((row, index) => ({ ...nothing, ...row, at: at + index + 1 }));
}

/** Users and groups that this transaction has made so far. */
export async function readOwnMade(tx: Tx): Promise<MadeRow[]> {
  return tx.rows<MadeRow>(made);
}

/** Keeps operations of a plan that are in no log. */
export async function keepOperations(
  tx: Tx,
  plan: PlanN,
  operations: readonly OperationRow[],
): Promise<void> {
  for (const batch of batches(operations)) await tx.rows(keep, [plan, JSON.stringify(batch)]);
}

/** Keeps the names of what a plan would make. */
export async function keepMadeNames(tx: Tx, plan: PlanN, rows: readonly MadeRow[]): Promise<void> {
  for (const batch of batches(rows)) await tx.rows(keepMade, [plan, JSON.stringify(batch)]);
}

/** Forgets what was kept of a plan, when it is applied: the log has it from then on. */
export async function dropOperations(tx: Tx, plan: PlanN): Promise<void> {
  await tx.rows(dropKept, [plan]);
  await tx.rows(dropMade, [plan]);
}

/** Operations in their order, after one. Of an applied plan those that the log still has. */
export async function listOperations(
  connection: Connection,
  { n, state, applied_xid: xid }: PlanRow,
  { after, limit }: { readonly after: number; readonly limit: number },
): Promise<OperationRow[]> {
  return state === 'applied' && xid !== null
    ? connection.rows<OperationRow>(listLogged, [xid, n, after, limit])
    : connection.rows<OperationRow>(listKept, [n, after, limit]);
}

/** Operations of a plan that take something away, as far as an approval compares them. */
export async function listRemovals(
  connection: Connection,
  plan: PlanN,
): Promise<Pick<OperationRow, 'type' | 'group_n' | 'user_n' | 'removed' | 'before' | 'after'>[]> {
  return connection.rows(removals, [plan]);
}

/** Names of what a plan would make, of those numbers. */
export async function listMadeNames(
  connection: Connection,
  plan: PlanN,
  numbers: readonly number[],
): Promise<MadeRow[]> {
  return numbers.length === 0 ? [] : connection.rows<MadeRow>(listMade, [plan, numbers]);
}

/** Forgets operations and people of plans that ended 30 days ago or earlier; what was counted stays. */
export async function prunePlans(connection: Connection): Promise<void> {
  await connection.rows(prune);
}

function* batches<T>(rows: readonly T[]): Generator<readonly T[]> {
  for (let at = 0; at < rows.length; at += BATCH) yield rows.slice(at, at + BATCH);
}
