/** The log as people read it, the newest first: each entry with its names, and with the plan that it is about or came by. */
import type { GroupN, UserN } from '../../core/ids.ts';
import { type Connection, named, type Statement } from '../database.ts';
import { userLabel } from '../lookup.ts';

/** A plan as an entry tells of it. */
export interface EntryPlan {
  readonly id: string;
  readonly title: string;
  /** Id of the import that it is of. */
  readonly import: string | null;
  /** Who approved or rejected it, and why; null where nobody was asked. */
  readonly decidedBy: string | null;
  readonly reason: string | null;
}

/** A group or user that an entry is about. */
export interface EntrySubject {
  readonly id: string;
  readonly name: string;
  /** Deleted since. */
  readonly gone: boolean;
}

export interface HistoryRow {
  readonly seq: number;
  readonly at: Date;
  readonly type: string;
  readonly actor_kind: string;
  /** What the actor is called. */
  readonly actor: string;
  readonly source: string | null;
  readonly origin_kind: string | null;
  readonly origin: string | null;
  readonly reason: string | null;
  readonly group: EntrySubject | null;
  readonly user: EntrySubject | null;
  readonly before: unknown;
  readonly after: unknown;
  /** Names of those that came and went, twenty at most. */
  readonly added: readonly string[];
  readonly removed: readonly string[];
  readonly added_count: number;
  readonly removed_count: number;
  /** The plan that the entry is about, or that did what it tells. */
  readonly plan: EntryPlan | null;
}

const SHOWN = 20;

const namesOf = (numbers: string): string => `array(
  select coalesce(case when mu.n is not null then coalesce(mu.user_name, mu.id::text) end, mg.name, '?')
  from unnest(${numbers}[1:${SHOWN}]) with ordinality as m(n, place)
  left join users mu on mu.n = m.n left join groups mg on mg.n = m.n order by m.place)`;

/** An id that a text is; null for any other text. Compared as such, since the index of ids is of them. */
const idIn = (text: string): string => `case when ${text} ~ '^[0-9a-f-]{36}$' then (${text})::uuid end`;

/** What the actor of that kind is called. */
const nameOfActor = (kind: string, id: string): string => `coalesce((
  select ${userLabel} from users u where ${kind} = 'user' and u.id = ${idIn(id)}), ${id})`;

/** An entry about a plan names it. Any other came by the plan that its transaction applied, where that was one. */
const planOf = (row: string): string => `(
  select jsonb_build_object('id', pl.id, 'title', pl.title, 'reason', pl.reason,
    'import', (select r.id from import_run r where r.n = pl.run_n),
    'decidedBy', ${nameOfActor('pl.decided_by_kind', 'pl.decided_by')})
  from plan pl where pl.n = case when starts_with(${row}.type, 'plan.')
    then (select b.n from plan b where b.id = ${idIn(`${row}.after->>'plan'`)})
    else (select max(b.n) from plan b where b.applied_xid = ${row}.xid) end)`;

/** Rows that fit behind `$2`, `$3` at most. `order` is of an index: the log is too long to be sorted. */
const select = (where: string, { behind, order }: Order): string => `
  select c.seq, c.at, c.type, c.actor_kind,
    ${nameOfActor('c.actor_kind', 'c.actor_id')} as actor,
    (select s.name from source s where s.n = c.source_n) as source, o.kind as origin_kind, o.name as origin,
    coalesce(p.reason, c.reason) as reason,
    (select jsonb_build_object('id', g.id, 'name', g.name, 'gone', g.deleted_at is not null)
     from groups g where g.n = c.group_n) as "group",
    (select jsonb_build_object('id', u.id, 'name', ${userLabel}, 'gone', u.deleted_at is not null)
     from users u where u.n = c.user_n) as "user",
    coalesce(c.before, p.before) as before, coalesce(c.after, p.after) as after,
    ${namesOf('c.added')} as added, ${namesOf('c.removed')} as removed,
    coalesce(cardinality(c.added), 0) as added_count, coalesce(cardinality(c.removed), 0) as removed_count,
    ${planOf('c')} as plan
  from (select * from change e where ${where} and e.batch is null and ($2::bigint is null or ${behind})
        order by ${order('e')} limit $3) c
  left join origin o on o.n = c.origin_n left join change_personal p on p.seq = c.seq
  order by ${order('c')}`;

interface Order {
  readonly behind: string;
  readonly order: (row: string) => string;
}

/** Of one group the entries are found by an index, and are few. */
const byNumber: Order = { behind: 'e.seq < $2', order: (row) => `${row}.seq desc` };

/** All entries, in the order of the index that followers of the log read by. */
const byPlace: Order = {
  behind: '(e.xid, e.seq) < ((select x.xid from change x where x.seq = $2), $2)',
  order: (row) => `${row}.xid desc, ${row}.seq desc`,
};

const ofGroup = named('screen_history_of_group', select('e.group_n = $1', byNumber));

/** What is looked for; null for all. */
export interface ActivityFilter {
  /** A type such as `group.created`, or the beginning of some, as `group.`. */
  readonly type: string | null;
  readonly group: GroupN | null;
  /** Entries of the user, and memberships that it gained or lost directly. */
  readonly user: UserN | null;
  readonly source: string | null;
  /** Only what happened before this moment. */
  readonly until: Date | null;
}

/** Planned at every run: one plan for all filters walks the whole log and sorts it. */
const activity: Statement = {
  text: select(
    `($4::text is null or starts_with(e.type, $4)) and ($1::int is null or e.group_n = $1)
     and ($5::int is null or e.user_n = $5 or e.added @> array[$5::int] or e.removed @> array[$5::int])
     and ($6::text is null or e.source_n = (select s.n from source s where s.name = $6))
     and ($7::timestamptz is null or e.at < $7)`,
    byPlace,
  ),
};

/** What happened at all, as far as it fits. */
export async function listActivity(
  connection: Connection,
  { type, group, user, source, until }: ActivityFilter,
  { before, limit }: HistoryPage,
): Promise<HistoryRow[]> {
  return connection.rows<HistoryRow>(activity, [group, before, limit, type, user, source, until]);
}

export interface HistoryPage {
  /** Only what is older than this entry; null for the newest. */
  readonly before: number | null;
  readonly limit: number;
}

/** What happened to a group. */
export async function historyOfGroup(
  connection: Connection,
  group: GroupN,
  { before, limit }: HistoryPage,
): Promise<HistoryRow[]> {
  return connection.rows<HistoryRow>(ofGroup, [group, before, limit]);
}

const ofTarget = named(
  'screen_history_of_target',
  select(`starts_with(e.type, 'target.') and e.after->>'id' = $1`, byNumber),
);

/** What was done to a target. */
export async function historyOfTarget(
  connection: Connection,
  target: string,
  { before, limit }: HistoryPage,
): Promise<HistoryRow[]> {
  return connection.rows<HistoryRow>(ofTarget, [target, before, limit]);
}

const entry = named(
  'screen_history_entry',
  select('e.seq = $1 and ($4::int is null or e.group_n = $4)', byNumber),
);

/** One entry; of that group where one is given. Null when there is none. */
export async function findEntry(
  connection: Connection,
  seq: number,
  group: GroupN | null,
): Promise<HistoryRow | null> {
  return (await connection.rows<HistoryRow>(entry, [seq, null, 1, group]))[0] ?? null;
}

/** Somebody, or a group, that an entry tells came or went. */
export interface EntryMember {
  /** Its place among all of the entry, those that came first. */
  readonly at: number;
  readonly type: 'user' | 'group';
  readonly id: string;
  readonly name: string;
  readonly came: boolean;
  /** Deleted since. */
  readonly gone: boolean;
  /** Of the file that said so. */
  readonly line: number | null;
}

const entryMembers = named(
  'screen_history_entry_members',
  `select m.at::int as at, case when mg.n is null then 'user' else 'group' end as type, coalesce(u.id, mg.id) as id,
     coalesce(case when u.n is not null then ${userLabel} end, mg.name, '?') as name, m.came, m.line,
     coalesce(u.deleted_at, mg.deleted_at) is not null as gone
   from (
     select t.place as at, t.n, t.line, true as came
     from change c cross join unnest(c.added, c.added_lines) with ordinality as t(n, line, place)
     where c.seq = $1 and c.batch is null
     union all
     select coalesce(cardinality(c.added), 0) + t.place, t.n, t.line, false
     from change c cross join unnest(c.removed, c.removed_lines) with ordinality as t(n, line, place)
     where c.seq = $1 and c.batch is null) m
   left join users u on u.n = m.n left join groups mg on mg.n = m.n
   where m.at > $2 and (u.n is not null or mg.n is not null) order by m.at limit $3`,
);

/** Everybody who came or went by an entry, after one of them. */
export async function listEntryMembers(
  connection: Connection,
  seq: number,
  { after, limit }: { readonly after: number; readonly limit: number },
): Promise<EntryMember[]> {
  return connection.rows<EntryMember>(entryMembers, [seq, after, limit]);
}
