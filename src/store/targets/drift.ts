/** Findings of full looks at targets (O-08), and when the next look is due. */
import type { GroupN, UserN } from '../../core/ids.ts';
import { storableText } from '../../core/targets/foreign-text.ts';
import { type Connection, named, onlyRow, type Tx } from '../database.ts';
import type { ObjectKind } from './objects.ts';

export type DriftKind =
  /** An object of ours is not there any more. */
  | 'missing'
  /** An account that should be usable is not; `active`: the other way round. */
  | 'inactive'
  | 'active'
  | 'attributes'
  | 'members_missing'
  | 'members_extra'
  /** Members that are accounts of nobody whom Muster knows. */
  | 'members_foreign';

export interface Finding {
  readonly kind: DriftKind;
  readonly objectKind: ObjectKind;
  readonly n: number;
  readonly detail?: readonly string[];
  readonly members?: readonly UserN[];
  readonly total?: number;
  /** Muster set out to mend it. */
  readonly mended: boolean;
}

export interface DriftRow {
  readonly n: number;
  readonly kind: DriftKind;
  readonly object_kind: ObjectKind;
  readonly object_id: string | null;
  readonly object_name: string | null;
  readonly remote_id: string | null;
  readonly detail: readonly string[];
  readonly members: readonly { readonly id: string; readonly userName: string | null }[];
  readonly total: number;
  readonly found_at: Date;
  readonly repaired_at: Date | null;
}

/** Names in one finding; what is more is only counted. */
const MOST_NAMED = 1_000;
const LOOK_EVERY_HOURS = 6;

const insert = named(
  'target_drift_insert',
  `insert into target_drift (target_n, kind, object_kind, object_n, detail, members, total, mended)
   values ($1, $2, $3, $4, $5, $6, $7, $8)`,
);

/** A finding is repaired once its object was brought in line after it was found. */
const repairedAt = `case when d.mended and o.state = 'settled' and o.applied_at > d.found_at then o.applied_at
  when o.state = 'gone' and d.object_kind <> 'm' then d.found_at end`;

const list = named(
  'target_drift_list',
  `select d.n, d.kind, d.object_kind, coalesce(u.id, g.id) as object_id,
     coalesce(u.user_name, g.name, o.name) as object_name, coalesce(r.remote_id, o.remote_id) as remote_id, d.detail,
     coalesce((select json_agg(json_build_object('id', m.id, 'userName', m.user_name) order by m.n)
               from users m where m.n = any(d.members)), '[]') as members,
     d.total, d.found_at, ${repairedAt} as repaired_at
   from target_drift d
   left join target_object o on o.target_n = d.target_n and o.kind = d.object_kind and o.n = d.object_n
   left join target_object r on d.object_kind = 'm' and r.target_n = d.target_n and r.kind = 'g' and r.n = d.object_n
   left join users u on d.object_kind = 'u' and u.n = d.object_n
   left join groups g on d.object_kind <> 'u' and g.n = d.object_n
   where d.target_n = $1 and d.n > $2 order by d.n limit $3`,
);

const open = named(
  'target_drift_open',
  `select count(*)::int as open from target_drift d
   left join target_object o on o.target_n = d.target_n and o.kind = d.object_kind and o.n = d.object_n
   where d.target_n = $1 and ${repairedAt} is null`,
);

const dropEarlier = named(
  'target_drift_drop_earlier',
  `delete from target_drift d where d.target_n = $1 and d.found_at < $2
   and (d.found_at < now() - interval '30 days' or not exists (
     select from target_object o where o.target_n = d.target_n and o.kind = d.object_kind and o.n = d.object_n
       and ${repairedAt} is not null))`,
);

const ask = named(
  'target_observe_ask',
  'update target set observe_asked_at = clock_timestamp() where n = $1 returning observe_asked_at as at',
);

const state = named(
  'target_observe_state',
  `select observe_asked_at, observed_at, observe_why, clock_timestamp() as now,
     (observe_asked_at is not null
      or coalesce(observed_at, created_at - interval '${LOOK_EVERY_HOURS} hours'
                    + interval '${LOOK_EVERY_HOURS} hours' * $2::float8)
         < clock_timestamp() - interval '${LOOK_EVERY_HOURS} hours') as is_due
   from target where n = $1`,
);

const finish = named(
  'target_observe_finish',
  `update target set observed_at = clock_timestamp(), observe_why = $3,
     observe_asked_at = case when observe_asked_at > $2 then observe_asked_at end
   where n = $1`,
);

export interface LookState {
  readonly observe_asked_at: Date | null;
  readonly observed_at: Date | null;
  /** What the last look could not see; null when it saw everything. */
  readonly observe_why: string | null;
  readonly now: Date;
  readonly is_due: boolean;
}

/** Writes findings down. */
export async function insertFinding(tx: Tx, target: number, finding: Finding): Promise<void> {
  const { kind, objectKind, n, detail = [], members = [], total = 1, mended } = finding;
  await tx.rows(insert, [
    ...[target, kind, objectKind, n],
    detail.slice(0, MOST_NAMED).map(storableText),
    members.slice(0, MOST_NAMED),
    total,
    mended,
  ]);
}

/** Findings in the order they were made, those after number `after`. */
export function listDrift(
  connection: Connection,
  target: number,
  { after, limit }: { readonly after: number; readonly limit: number },
): Promise<DriftRow[]> {
  return connection.rows<DriftRow>(list, [target, after, limit]);
}

/** How many findings stand that were not repaired. */
export async function countDrift(connection: Connection, target: number): Promise<number> {
  return onlyRow(await connection.rows<{ open: number }>(open, [target])).open;
}

/** Has the target looked at whole, soon; answers since when that is asked for, by the clock of the findings. */
export async function askForLook(connection: Connection, target: number): Promise<Date> {
  return onlyRow(await connection.rows<{ at: Date }>(ask, [target])).at;
}

/** When the target was last looked at whole, and whether it is time again; `share` in [0, 1) spreads first looks. */
export async function readLookState(
  connection: Connection,
  target: number,
  share: number,
): Promise<LookState> {
  return onlyRow(await connection.rows<LookState>(state, [target, share]));
}

/** A look that began at `begun` is over: what it did not find again is no drift any more. */
export async function finishLook(
  tx: Tx,
  target: number,
  { begun, why }: { readonly begun: Date; readonly why: string | null },
): Promise<void> {
  await tx.rows(dropEarlier, [target, begun]);
  await tx.rows(finish, [target, begun, why === null ? null : storableText(why)]);
}

export interface KnownRow {
  readonly n: number;
  readonly remote_id: string;
  readonly held: 'a' | 'i' | null;
  readonly wanted: boolean;
  readonly applied_hash: Buffer | null;
}

const knownColumns = 'o.n, o.remote_id, o.held, o.wanted, o.applied_hash';

const knownByRemote = named(
  'target_known_by_remote',
  `select ${knownColumns} from target_object o
   where o.target_n = $1 and o.kind = $2 and o.remote_id = any($3::text[]) and o.state = 'settled'`,
);

const unseen = named(
  'target_unseen',
  `select ${knownColumns} from target_object o
   where o.target_n = $1 and o.kind = $2 and o.n > $3 and o.remote_id is not null and o.state = 'settled'
     and coalesce(greatest(o.observed_at, o.applied_at), '-infinity') < $4
   order by o.n limit $5`,
);

const saw = named(
  'target_saw',
  `update target_object set observed_at = clock_timestamp()
   where target_n = $1 and kind = $2 and n = any($3::int[])`,
);

const lists = named(
  'target_lists_to_observe',
  `select m.n, g.remote_id, g.owned, coalesce(g.name, g.remote_id) as name, m.applied_count
   from target_object m
   join target_object g on g.target_n = m.target_n and g.kind = 'g' and g.n = m.n and g.remote_id is not null
   where m.target_n = $1 and m.kind = 'm' and m.n > $2 and m.state in ('settled', 'due', 'blocked')
   order by m.n limit $3`,
);

const usersByRemote = named(
  'target_users_by_remote',
  `select n, remote_id from target_object where target_n = $1 and kind = 'u' and remote_id = any($2::text[])`,
);

const strangers = named(
  'target_strangers',
  `select o.remote_id as id from target_object o
   where o.target_n = $1 and o.kind = 'u' and o.held = 'a' and o.remote_id is not null
     and not exists (select from closure c join assertion a on a.group_n = c.descendant and not a.suppressed
                     where c.ancestor = $2 and a.member_n = o.n)
   order by o.observed_at nulls first limit $3`,
);

/** Ids of users at the target who should be no members of the group, those first whom nobody saw for longest. */
export async function strangersTo(
  connection: Connection,
  { target, group, limit }: { readonly target: number; readonly group: GroupN; readonly limit: number },
): Promise<string[]> {
  const rows = await connection.rows<{ id: string }>(strangers, [target, group, limit]);
  return rows.map(({ id }) => id);
}

/** Settled objects with these ids at the target. */
export function knownWithIds(
  connection: Connection,
  target: number,
  { kind, ids }: { readonly kind: 'u' | 'g'; readonly ids: readonly string[] },
): Promise<KnownRow[]> {
  return ids.length === 0 ? Promise.resolve([]) : connection.rows(knownByRemote, [target, kind, ids]);
}

/** Settled objects that nobody saw at the target since `begun`, those after number `after`. */
export function listUnseen(
  connection: Connection,
  target: number,
  of: { readonly kind: 'u' | 'g'; readonly after: number; readonly begun: Date; readonly limit: number },
): Promise<KnownRow[]> {
  return connection.rows(unseen, [target, of.kind, of.after, of.begun, of.limit]);
}

/** These were seen at the target just now. */
export async function noteSeen(
  tx: Tx,
  target: number,
  kind: ObjectKind,
  numbers: readonly number[],
): Promise<void> {
  if (numbers.length > 0) await tx.rows(saw, [target, kind, numbers]);
}

export interface ListRow {
  readonly n: GroupN;
  readonly remote_id: string;
  readonly owned: 'c' | 'a' | null;
  readonly name: string;
  readonly applied_count: number;
}

/** Member lists to look at, those of groups after number `after`. */
export function listsAfter(
  connection: Connection,
  target: number,
  { after, limit }: { readonly after: number; readonly limit: number },
): Promise<ListRow[]> {
  return connection.rows(lists, [target, after, limit]);
}

/** Users by their ids at the target; ids of nobody whom the ledger knows are left out. */
export async function usersWithIds(
  connection: Connection,
  target: number,
  ids: readonly string[],
): Promise<Map<string, UserN>> {
  if (ids.length === 0) return new Map();
  const rows = await connection.rows<{ n: UserN; remote_id: string }>(usersByRemote, [target, ids]);
  return new Map(rows.map(({ n, remote_id: id }) => [id, n]));
}
