/** Whom a plan concerns, person by person: gathered while it is measured, kept with it, and read a page at a time. */
import type { GroupN, UserId, UserN } from '../../core/ids.ts';
import { fullNameOf, type NameParts } from '../../core/person-name.ts';
import { type Connection, named, type Tx } from '../database.ts';
import { userLabel, userNameParts } from '../lookup.ts';
import { OFF } from './moves.ts';
import type { PlanN } from './plans.ts';

/** Somebody whom a plan takes out of groups, or deactivates, or deletes. */
export interface ConcernedRow {
  readonly user_n: UserN;
  readonly deactivated: boolean;
  readonly deleted: boolean;
  /** Groups that they stop being effective members of. */
  readonly groups: readonly GroupN[];
}

/** Rows to a statement. */
const BATCH = 1_000;

const gathered = `
  select coalesce(l.user_n, o.n) as user_n, o.is_deleted is false as deactivated, o.is_deleted is true as deleted,
         coalesce(l.groups, '{}') as groups
  from (select user_n, array_agg(group_n order by group_n) as groups from plan_left group by user_n) l
  full join (select n, bool_or(is_deleted) as is_deleted from ${OFF} t group by n) o on o.n = l.user_n`;

const gather = named('plan_gather_people', `${gathered} order by 1`);
const keepGathered = named(
  'plan_keep_people_gathered',
  `insert into plan_person (plan_n, user_n, deactivated, deleted, groups) select $1, x.* from (${gathered}) x`,
);

const keep = named(
  'plan_keep_people',
  `insert into plan_person (plan_n, user_n, deactivated, deleted, groups)
   select $1, p.* from jsonb_to_recordset($2::jsonb) as p(user_n int, deactivated boolean, deleted boolean, groups int[])`,
);

/** Those whom the transaction concerns so far. Call `gatherLeft` first. */
export async function listConcerned(tx: Tx): Promise<ConcernedRow[]> {
  return tx.rows<ConcernedRow>(gather);
}

/** Keeps with a plan whom its own transaction, which stands, concerns. */
export async function keepConcernedNow(tx: Tx, plan: PlanN): Promise<void> {
  await tx.rows(keepGathered, [plan]);
}

/** Keeps with a plan whom it concerns. */
export async function keepConcerned(tx: Tx, plan: PlanN, rows: readonly ConcernedRow[]): Promise<void> {
  for (let at = 0; at < rows.length; at += BATCH) {
    await tx.rows(keep, [plan, JSON.stringify(rows.slice(at, at + BATCH))]);
  }
}

interface GroupRef {
  readonly id: string;
  readonly name: string;
}

/** A person whom a plan concerns, as a page shows it. */
export interface Concerned {
  readonly n: UserN;
  readonly id: UserId;
  readonly name: string;
  /** The name in full; null where nothing of it is known, or it is the same. */
  readonly called: string | null;
  readonly deactivated: boolean;
  readonly deleted: boolean;
  /** The first groups that they leave, and how many there are. */
  readonly groups: readonly GroupRef[];
  readonly leaves: number;
}

const GROUPS_NAMED = 3;

const columns = `p.user_n as n, u.id, ${userLabel} as name, ${userNameParts} as parts, p.deactivated, p.deleted,
  cardinality(p.groups) as leaves,
  array(select jsonb_build_object('id', g.id, 'name', g.name)
        from unnest(p.groups[1:${GROUPS_NAMED}]) with ordinality as l(n, place) join groups g on g.n = l.n
        order by l.place) as groups`;

const page = named(
  'plan_people_page',
  `select ${columns}
   from (select * from plan_person
         where plan_n = $1 and user_n > $2 and ($4::int is null or $4 = any(groups)) order by user_n limit $3) p
   join users u on u.n = p.user_n order by p.user_n`,
);

const one = named(
  'plan_person',
  `select ${columns} from plan_person p join users u on u.n = p.user_n where p.plan_n = $1 and u.id = $2`,
);

const groupsOf = named(
  'plan_groups_of_person',
  `select g.n, g.id, g.name
   from (select l.n from plan_person p cross join unnest(p.groups) as l(n)
         where p.plan_n = $1 and p.user_n = $2 and l.n > $3 order by l.n limit $4) l
   join groups g on g.n = l.n order by g.n`,
);

export interface ConcernedPage {
  /** Number of the last one of the page before; 0 for the first page. */
  readonly after: number;
  readonly limit: number;
}

type Read = Omit<Concerned, 'called'> & { readonly parts: NameParts };

/** People whom a plan concerns, in the order of their numbers; those who leave a group where one is given. */
export async function listPeopleOfPlan(
  connection: Connection,
  plan: PlanN,
  { after, limit, group }: ConcernedPage & { readonly group: GroupN | null },
): Promise<Concerned[]> {
  return (await connection.rows<Read>(page, [plan, after, limit, group])).map(concernedOf);
}

/** One of them; null for whom it does not concern. */
export async function findPersonOfPlan(
  connection: Connection,
  plan: PlanN,
  user: UserId,
): Promise<Concerned | null> {
  const [found] = await connection.rows<Read>(one, [plan, user]);
  return found === undefined ? null : concernedOf(found);
}

/** Groups that one of them leaves, in the order of their numbers. */
export async function listGroupsLeft(
  connection: Connection,
  { plan, user }: { readonly plan: PlanN; readonly user: UserN },
  { after, limit }: ConcernedPage,
): Promise<(GroupRef & { readonly n: GroupN })[]> {
  return connection.rows(groupsOf, [plan, user, after, limit]);
}

function concernedOf({ parts, ...row }: Read): Concerned {
  const called = fullNameOf(parts);
  return { ...row, called: called === row.name ? null : called };
}

/** A place among all that a plan adds: the operation, or entry of the log, and the member's place in it. */
export interface AddedPlace {
  readonly at: number;
  readonly place: number;
}

/** Somebody, or a group, that a plan adds to a group. */
export interface AddedRow extends AddedPlace {
  readonly group_n: GroupN;
  readonly n: UserN | GroupN;
  /** Of the file that asks for it. */
  readonly line: number | null;
}

/** Operations are read only as far as the page reaches: each that adds anything adds one at least. */
const added = (from: string, at: string): string => `
  select o.at, m.place::int as place, o.group_n, m.n, m.line
  from (select ${at} as at, group_n, added, added_lines from ${from} and ${at} >= $2::bigint and cardinality(added) > 0
        order by ${at} limit $4 + 1) o
  cross join unnest(o.added, o.added_lines) with ordinality as m(n, line, place)
  where (o.at, m.place) > ($2, $3) order by o.at, m.place limit $4`;

const addedKept = named('plan_added_kept', added('plan_operation where plan_n = $1', 'at'));
const addedLogged = named(
  'plan_added_logged',
  added(`change where xid = $1::text::xid8 and batch is null and type = 'membership.direct'`, 'seq'),
);

/** Direct members that a plan adds, after a place; of an applied plan those that it added. */
export async function listAdded(
  connection: Connection,
  plan: { readonly n: PlanN; readonly state: string; readonly applied_xid: string | null },
  { after, limit }: { readonly after: AddedPlace; readonly limit: number },
): Promise<AddedRow[]> {
  const isLogged = plan.state === 'applied' && plan.applied_xid !== null;
  return connection.rows<AddedRow>(isLogged ? addedLogged : addedKept, [
    ...[isLogged ? plan.applied_xid : plan.n, after.at, after.place, limit],
  ]);
}
