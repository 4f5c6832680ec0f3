/** Plans as they are kept: made, decided, settled, listed. src/core/plans/plan.ts says how the states follow. */
import type { Attribution } from '../../core/attribution.ts';
import type { SourceN } from '../../core/ids.ts';
import type { TrippedGuard } from '../../core/plans/guards.ts';
import type { PlanCounts, PlanKind, PlanState } from '../../core/plans/plan.ts';
import { type Connection, named, onlyRow, type Tx } from '../database.ts';
import { tellOfHeldPlan } from '../inbox.ts';

/** Number of a row of the table `plan`. */
export type PlanN = number;

export interface PlanRow {
  readonly n: PlanN;
  readonly id: string;
  readonly kind: PlanKind;
  readonly state: PlanState;
  readonly dry_run: boolean;
  readonly subject: string;
  readonly title: string;
  readonly source_n: SourceN;
  readonly source: string;
  /** Id and name of the target that a push is for. */
  readonly target_id: string | null;
  readonly target: string | null;
  /** Number and id of the import of a feed's plan. */
  readonly run_n: number | null;
  readonly import: string | null;
  /** Number and id of the plan that this one undoes. */
  readonly undoes_n: PlanN | null;
  readonly undoes: string | null;
  readonly request: Readonly<Record<string, unknown>>;
  readonly counts: PlanCounts;
  /** People who stop being an effective member of something. */
  readonly people: number;
  readonly guards: readonly TrippedGuard[];
  readonly hash: string;
  readonly made_xid: string;
  readonly actor_kind: string;
  readonly actor_id: string;
  readonly decided_at: Date | null;
  readonly decided_by_kind: string | null;
  readonly decided_by: string | null;
  readonly reason: string | null;
  readonly applied_xid: string | null;
  readonly replaced_by: string | null;
  readonly created_at: Date;
  readonly ended_at: Date | null;
}

export interface NewPlan {
  readonly kind: PlanKind;
  readonly state: 'held' | 'applied' | 'tried';
  readonly subject: string;
  readonly title: string;
  readonly sourceN: SourceN;
  readonly targetN?: number | null;
  readonly runN?: number | null;
  readonly undoesN?: PlanN | null;
  readonly request: Readonly<Record<string, unknown>>;
  readonly counts: PlanCounts;
  readonly people: number;
  readonly guards: readonly TrippedGuard[];
  readonly hash: string;
  readonly by: Pick<Attribution, 'actor'>;
  /** Whether those who are told of a held one are so by mail too; off when left out. */
  readonly mail?: 'on' | 'off';
}

const COLUMNS = `p.n, p.id, p.kind, p.state, p.dry_run, p.subject, p.title, p.source_n,
  (select s.name from source s where s.n = p.source_n) as source,
  (select t.id from target t where t.n = p.target_n) as target_id,
  (select t.name from target t where t.n = p.target_n) as target,
  p.run_n, (select r.id from import_run r where r.n = p.run_n) as import,
  p.undoes_n, (select o.id from plan o where o.n = p.undoes_n) as undoes,
  p.request, p.counts, p.people, p.guards, p.hash, p.made_xid::text as made_xid, p.actor_kind, p.actor_id,
  p.decided_at, p.decided_by_kind, p.decided_by, p.reason, p.applied_xid::text as applied_xid,
  (select o.id from plan o where o.n = p.replaced_by) as replaced_by, p.created_at, p.ended_at`;

/** One subject's plans are made one after another, so that of two that are held at once the later replaces the earlier. */
const lockSubject = named('plan_lock_subject', `select pg_advisory_xact_lock(7205190, hashtext($1))`);

const replace = named(
  'plan_replace',
  `update plan set state = 'replaced', ended_at = now() where subject = $1 and state in ('held', 'approved')
   returning n`,
);
const noteReplaced = named(
  'plan_note_replaced',
  'update plan set replaced_by = $2 where n = any($1::bigint[])',
);

const insert = named(
  'plan_insert',
  `with p as (
     insert into plan (kind, state, dry_run, subject, title, source_n, target_n, run_n, undoes_n, request, counts,
                       people, guards, hash, actor_kind, actor_id, applied_xid, ended_at)
     values ($1, $2, $2 = 'tried', $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15,
             case when $2 = 'applied' then pg_current_xact_id() end, case when $2 <> 'held' then now() end)
     returning *)
   select ${COLUMNS} from p`,
);

const find = named('plan_find', `select ${COLUMNS} from plan p where p.id = $1`);
const readByN = named('plan_read', `select ${COLUMNS} from plan p where p.n = $1`);
const findWaiting = named(
  'plan_find_waiting',
  `select ${COLUMNS} from plan p where p.subject = $1 and p.state in ('held', 'approved')`,
);
const lock = named('plan_lock', 'select state from plan where n = $1 for no key update');

const decide = named(
  'plan_decide',
  `with p as (
     update plan set state = $3, decided_at = now(), decided_by_kind = $4, decided_by = $5, reason = $6,
       ended_at = case when $3 = 'rejected' then now() end
     where id = $1 and hash = coalesce($2, hash) and state = 'held' returning *)
   select ${COLUMNS} from p`,
);

const settle = named(
  'plan_settle',
  `with p as (
     update plan set state = $2, ended_at = now(),
       applied_xid = case when $2 = 'applied' then coalesce($3::text::xid8, pg_current_xact_id()) end
     where n = $1 and state = 'approved' returning *)
   select ${COLUMNS} from p`,
);

const list = named(
  'plan_list',
  `select ${COLUMNS} from plan p
   where ($1::text is null or p.state = $1) and ($2::text is null or p.kind = $2)
     and ($3::text is null or p.source_n = (select s.n from source s where s.name = $3))
     and ($4::bigint = 0 or p.n < $4)
   order by p.n desc limit $5`,
);

const listApproved = named(
  'plan_list_approved',
  `select ${COLUMNS} from plan p where p.state = 'approved' and p.kind = any($1::text[]) order by p.n`,
);

const waitingCounts = named(
  'plan_waiting_counts',
  `select s.name as source, p.kind, count(*)::int as plans, (array_agg(p.id order by p.n))[1] as first
   from plan p join source s on s.n = p.source_n where p.state = 'held' group by s.name, p.kind`,
);

/**
 * Keeps a plan, made in this transaction. Where it is held, the one of its subject that waited is replaced (D-32);
 * with `replaces: 'waiting'` that is so whatever its state. Those who decide are told of a held one.
 */
export async function insertPlan(
  tx: Tx,
  plan: NewPlan,
  replaces: 'waiting' | 'nothing' = plan.state === 'held' ? 'waiting' : 'nothing',
): Promise<{ readonly plan: PlanRow; readonly replaced: readonly PlanN[] }> {
  await tx.rows(lockSubject, [plan.subject]);
  const replaced = replaces === 'nothing' ? [] : await tx.rows<{ n: PlanN }>(replace, [plan.subject]);
  const { actor } = plan.by;
  const row = onlyRow(
    await tx.rows<PlanRow>(insert, [
      plan.kind,
      plan.state,
      plan.subject,
      plan.title,
      plan.sourceN,
      plan.targetN ?? null,
      plan.runN ?? null,
      plan.undoesN ?? null,
      JSON.stringify(plan.request),
      JSON.stringify(plan.counts),
      plan.people,
      JSON.stringify(plan.guards),
      plan.hash,
      actor.kind,
      actor.id,
    ]),
  );
  const numbers = replaced.map(({ n }) => n);
  if (numbers.length > 0) await tx.rows(noteReplaced, [numbers, row.n]);
  if (plan.state === 'held') {
    await tellOfHeldPlan(tx, { plan: row.n, replaced: numbers, mail: plan.mail ?? 'off' });
  }
  return { plan: row, replaced: numbers };
}

/** The plan of that id, or null. */
export async function findPlan(connection: Connection, id: string): Promise<PlanRow | null> {
  return (await connection.rows<PlanRow>(find, [id]))[0] ?? null;
}

/** The plan of that number. */
export async function readPlan(connection: Connection, n: PlanN): Promise<PlanRow> {
  return onlyRow(await connection.rows<PlanRow>(readByN, [n]));
}

/** The plan of a subject that waits for a decision or to be carried out, or null. */
export async function findWaitingPlan(connection: Connection, subject: string): Promise<PlanRow | null> {
  return (await connection.rows<PlanRow>(findWaiting, [subject]))[0] ?? null;
}

/** Locks a plan until the transaction ends, and answers where it stands. */
export async function lockPlan(tx: Tx, n: PlanN): Promise<PlanState> {
  return onlyRow(await tx.rows<{ state: PlanState }>(lock, [n])).state;
}

export interface PlanDecision {
  readonly id: string;
  /** The plan that was looked at; null decides whatever it is. */
  readonly hash: string | null;
  readonly state: 'approved' | 'rejected';
  readonly by: Pick<Attribution, 'actor'>;
  readonly reason: string | null;
}

/** Decides a held plan. Null when it is not held, or has another hash: of two decisions one is taken. */
export async function decidePlan(connection: Connection, decision: PlanDecision): Promise<PlanRow | null> {
  const { id, hash, state, by, reason } = decision;
  const values = [id, hash, state, by.actor.kind, by.actor.id, reason];
  return (await connection.rows<PlanRow>(decide, values))[0] ?? null;
}

/** Ends an approved plan, in the transaction that carries it out. Null when it is not approved any more. */
export async function settlePlan(
  connection: Connection,
  n: PlanN,
  state: 'applied' | 'stale',
): Promise<PlanRow | null> {
  return (await connection.rows<PlanRow>(settle, [n, state, null]))[0] ?? null;
}

export interface PlanFilter {
  readonly state: PlanState | null;
  readonly kind: PlanKind | null;
  /** Name of the source. */
  readonly source: string | null;
}

/** Plans, the newest first; `after` is the number of the last one of the page before, 0 for the first page. */
export async function listPlans(
  connection: Connection,
  { state, kind, source }: PlanFilter,
  { after, limit }: { readonly after: number; readonly limit: number },
): Promise<PlanRow[]> {
  return connection.rows<PlanRow>(list, [state, kind, source, after, limit]);
}

/** Approved plans that nobody has carried out yet; oldest first. */
export async function listApprovedPlans(
  connection: Connection,
  kinds: readonly PlanKind[],
): Promise<PlanRow[]> {
  return connection.rows<PlanRow>(listApproved, [kinds]);
}

interface HeldPlans {
  readonly source: string;
  readonly kind: PlanKind;
  readonly plans: number;
  /** Id of the one that was held first. */
  readonly first: string;
}

/** How many plans wait for a decision, by source and kind. */
export async function countHeldPlans(connection: Connection): Promise<HeldPlans[]> {
  return connection.rows<HeldPlans>(waitingCounts);
}
