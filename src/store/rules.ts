/** Rules of groups in SQL (D-15): who fits, and how far that is from who is in. */
import type { GroupN, SourceN, UserN } from '../core/ids.ts';
import type { Filter } from '../core/scim/filter.ts';
import { buildRegistry } from '../core/scim/registry.ts';
import type { Wanted } from './automatic.ts';
import { type Connection, named, type Tx } from './database.ts';
import { type Binder, newBinder } from './scim/binder.ts';
import { conditionSql } from './scim/condition.ts';
import { userVocabulary } from './scim/user-attribute.ts';

/** A group that follows users' records, as one user meets it. */
export interface RecordGroupRow {
  readonly n: GroupN;
  readonly kind: 'rule' | 'everyone-signed-in';
  readonly rule: string | null;
  /** Whether it lists the user. */
  readonly listed: boolean;
}

const ofUser = named(
  'rule_groups_of_user',
  `select g.n, g.kind, g.rule, a.member_n is not null as listed
   from groups g left join assertion a on a.group_n = g.n and a.member_n = $1 and a.source_n = $2
   where g.kind in ('rule', 'everyone-signed-in') and g.kind <> 'regular' and g.deleted_at is null
   order by g.n`,
);

const all = named(
  'rule_groups',
  `select n, kind, rule_filter from groups
   where kind in ('rule', 'everyone-signed-in') and kind <> 'regular' and deleted_at is null order by n`,
);

const filters = named('rule_filters', 'select n, rule_filter from groups where n = any($1::int[])');

/** Groups that may list the user because of its record. The facts lock must be held. */
export async function recordGroupsOfUser(tx: Tx, user: UserN, system: SourceN): Promise<RecordGroupRow[]> {
  return tx.rows<RecordGroupRow>(ofUser, [user, system]);
}

/** All groups that follow users' records. The facts lock must be held. */
export async function listRecordGroups(
  tx: Tx,
): Promise<
  { readonly n: GroupN; readonly kind: RecordGroupRow['kind']; readonly rule_filter: Filter | null }[]
> {
  return tx.rows(all);
}

/**
 * Of some users, those whose record says otherwise than the group lists them. The facts lock must be held, or users be
 * looked at again under it. One look for each user by the primary key: a group that was filled just now is
 * taken for a small one, and all that it lists would be walked. `limit 1` and `+ 0` leave no other way.
 */
export async function recordDifference(
  tx: Tx,
  {
    n,
    kind,
    rule_filter: filter,
  }: { readonly n: GroupN; readonly kind: RecordGroupRow['kind']; readonly rule_filter: Filter | null },
  { users, system }: { readonly users: readonly UserN[]; readonly system: SourceN },
): Promise<{ readonly user: UserN; readonly joins: boolean }[]> {
  const binder = newBinder();
  const among = `${binder.bind(users)}::int[]`;
  const condition = kind === 'rule' ? (filter === null ? 'false' : fitsSql(filter, binder)) : HAS_RECORD;
  const { text, values } = binder.finish(`
    with wanted as (select u.n from users u where u.n = any(${among}) and ${condition}),
    standing as (
      select m.n from (select distinct unnest(${among})) m(n) cross join lateral (
        select from assertion a
        where a.group_n = ${binder.bind(n)}::int and a.member_n = m.n and a.source_n + 0 = ${binder.bind(system)}::int
        limit 1) a)
    select coalesce(w.n, s.n) as user, s.n is null as joins
    from wanted w full join standing s on s.n = w.n where w.n is null or s.n is null order by 1`);
  return tx.rows({ text }, values);
}

/** The rules of groups, as typed trees. */
export async function readRuleFilters(
  connection: Connection,
  groups: readonly GroupN[],
): Promise<ReadonlyMap<GroupN, Filter>> {
  const rows = await connection.rows<{ n: GroupN; rule_filter: Filter | null }>(filters, [groups]);
  return new Map(
    rows.flatMap(({ n, rule_filter: filter }) => (filter === null ? [] : [[n, filter] as const])),
  );
}

/** Everybody who fits a rule, asserted by `system`. */
export function fitting(filter: Filter, system: SourceN): Wanted {
  return (binder) => `
    select u.n as member_n, ${binder.bind(system)}::int as source_n from users u where ${fitsSql(filter, binder)}`;
}

/** Users that are alive and no stubs. */
const HAS_RECORD = 'u.deleted_at is null and not u.stub';

/** The condition over `users u`, and that the user is one with a record: alive and no stub. */
function fitsSql(filter: Filter, binder: Binder): string {
  const view = { source: 0 as SourceN, namespace: 'all', baseUrl: '' } as const;
  const vocabulary = userVocabulary(buildRegistry([]).user, view, binder);
  return `${HAS_RECORD} and (${conditionSql(filter, vocabulary, binder)})`;
}
