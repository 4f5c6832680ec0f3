/** Affiliation facts: what each identity provider said of whom, and the memberships that follow. */
import type { GroupN, SourceN, UserN } from '../core/ids.ts';
import type { AutomaticPair, Wanted } from './automatic.ts';
import { type Connection, named, onlyRow, type Tx } from './database.ts';
import { endedAffiliations } from './history.ts';

/** A fact as it is written; `key` is its folded form (core/affiliations.ts). */
export interface FactWrite {
  readonly key: string;
  readonly value: string;
  readonly scope: string | null;
  readonly expiresAt: Date | null;
}

/** Whose facts: those that a provider told of a user, of one authority. */
export interface FactsOf {
  readonly user: UserN;
  readonly source: SourceN;
  /** Empty where the provider speaks for itself. */
  readonly authority: string;
}

const lockUser = named(
  'affiliation_lock_user',
  'select n from users where n = $1 and deleted_at is null for no key update',
);

const replace = named(
  'affiliation_replace',
  `with wanted as (
     select * from unnest($4::text[], $5::text[], $6::text[], $7::timestamptz[]) as w(key, value, scope, expires_at)),
   gone as (
     delete from affiliation_fact f
     where f.user_n = $1 and f.source_n = $2 and f.authority = $3
       and not exists (select from wanted w where w.key = f.key)
     returning f.*),
   ${endedAffiliations('gone')},
   kept as (
     update affiliation_fact f set value = w.value, scope = w.scope, expires_at = w.expires_at from wanted w
     where f.user_n = $1 and f.source_n = $2 and f.authority = $3 and f.key = w.key
     returning f.key),
   made as (
     insert into affiliation_fact (user_n, source_n, authority, key, value, scope, expires_at)
     select $1, $2, $3, w.key, w.value, w.scope, w.expires_at from wanted w
     where not exists (
       select from affiliation_fact f where f.user_n = $1 and f.source_n = $2 and f.authority = $3 and f.key = w.key)
     returning key)
   select array(select key from made order by key) as gained, array(select key from gone order by key) as lost`,
);

const lapse = named(
  'affiliation_lapse',
  `update affiliation_fact set expires_at = least(expires_at, $4)
   where user_n = $1 and source_n = $2 and authority = $3`,
);

/* Facts and groups meet by name: the group affiliation.KEY follows the fact KEY. */
const difference = named(
  'affiliation_difference',
  `with wanted as (
     select distinct g.n as group_n, f.user_n from affiliation_fact f
     join groups g on g.name_key = 'affiliation.' || f.key and g.kind = 'affiliation' and g.deleted_at is null
     where f.user_n = any($1::int[]) and f.source_n = $2),
   standing as (
     select a.group_n, a.member_n as user_n from assertion a
     join groups g on g.n = a.group_n and g.kind = 'affiliation' and g.deleted_at is null
     where a.member_n = any($1::int[]) and a.source_n = $2 and not a.suppressed)
   select coalesce(w.group_n, s.group_n) as "group", coalesce(w.user_n, s.user_n) as "user", s.user_n is null as joins
   from wanted w full join standing s on s.group_n = w.group_n and s.user_n = w.user_n
   where w.user_n is null or s.user_n is null
   order by 1, 2`,
);

const expiredSources = named(
  'affiliation_expired_sources',
  `select distinct s.name from affiliation_fact f join source s on s.n = f.source_n where f.expires_at <= now()`,
);

const lockExpired = named(
  'affiliation_lock_expired',
  `select u.n from users u
   where u.n in (select user_n from affiliation_fact where source_n = $1 and expires_at <= now()
                 order by expires_at limit $2)
   order by u.n for no key update`,
);

const dropExpired = named(
  'affiliation_drop_expired',
  `with gone as (
     delete from affiliation_fact where user_n = any($1::int[]) and source_n = $2 and expires_at <= now() returning *),
   ${endedAffiliations('gone')}
   select 1 where false`,
);

const dropOfUser = named(
  'affiliation_drop_of_user',
  `with gone as (delete from affiliation_fact where user_n = $1 returning *), ${endedAffiliations('gone')}
   select 1 where false`,
);

/** Locks a living user until the transaction ends: all of its facts are written under this lock. */
export async function lockUserForFacts(tx: Tx, user: UserN): Promise<boolean> {
  return (await tx.rows(lockUser, [user])).length === 1;
}

/** Makes the facts these and no others; answers the keys that came and went. */
export async function replaceFacts(
  tx: Tx,
  { user, source, authority }: FactsOf,
  facts: readonly FactWrite[],
): Promise<{ readonly gained: readonly string[]; readonly lost: readonly string[] }> {
  return onlyRow(
    await tx.rows<{ gained: string[]; lost: string[] }>(replace, [
      user,
      source,
      authority,
      facts.map(({ key }) => key),
      facts.map(({ value }) => value),
      facts.map(({ scope }) => scope),
      facts.map(({ expiresAt }) => expiresAt),
    ]),
  );
}

/** Lets the facts end at `until` at the latest. */
export async function limitFacts(tx: Tx, { user, source, authority }: FactsOf, until: Date): Promise<void> {
  await tx.rows(lapse, [user, source, authority, until]);
}

/** Where users' memberships by a source are not what its facts say. */
export async function affiliationDifference(
  tx: Tx,
  users: readonly UserN[],
  source: SourceN,
): Promise<{ readonly join: readonly AutomaticPair[]; readonly leave: readonly AutomaticPair[] }> {
  const rows = await tx.rows<{ group: GroupN; user: UserN; joins: boolean }>(difference, [users, source]);
  const pairs = (joins: boolean): AutomaticPair[] =>
    rows.filter((row) => row.joins === joins).map(({ group, user }) => ({ group, user }));
  return { join: pairs(true), leave: pairs(false) };
}

/** Names of the sources that have facts whose time is over. */
export async function sourcesWithExpiredFacts(connection: Connection): Promise<string[]> {
  return (await connection.rows<{ name: string }>(expiredSources)).map(({ name }) => name);
}

/** Ends facts of a source whose time is over, of at most `limit` users; answers these, locked. */
export async function endExpiredFacts(tx: Tx, source: SourceN, limit: number): Promise<UserN[]> {
  const users = (await tx.rows<{ n: UserN }>(lockExpired, [source, limit])).map(({ n }) => n);
  if (users.length > 0) await tx.rows(dropExpired, [users, source]);
  return users;
}

/** Ends all facts of a user that is being deleted. */
export async function endFactsOfUser(tx: Tx, user: UserN): Promise<void> {
  await tx.rows(dropOfUser, [user]);
}

/** Everybody of whom the affiliation is told, by each source that tells it. */
export function affiliatedWith(key: string): Wanted {
  return (binder) => `
    select f.user_n as member_n, f.source_n from affiliation_fact f
    join users u on u.n = f.user_n and u.deleted_at is null where f.key = ${binder.bind(key)}::text`;
}
