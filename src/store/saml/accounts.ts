/** Finding the account of a login by its keys, and keeping what its provider said. */
import type { LoginKey } from '../../core/saml/claims.ts';
import type { SourceN, UserId, UserN } from '../../core/ids.ts';
import { type Connection, named, type Tx } from '../database.ts';

export interface FoundAccount {
  readonly n: UserN;
  readonly id: UserId;
  readonly stub: boolean;
  readonly active: boolean;
  readonly user_name: string | null;
  /** How it was found. */
  readonly by: 'login' | 'userName' | 'email';
  /** Which of the login keys it was, by place; null for other ways. */
  readonly place: number | null;
  /** Issuers of the login keys that it has. */
  readonly issuers: readonly string[];
}

export interface AccountKeys {
  readonly issuer: string;
  readonly loginKeys: readonly Pick<LoginKey, 'kind' | 'value'>[];
  readonly nameKey: string | null;
  readonly emailKey: string | null;
}

/** Two first logins of one person wait for each other. */
const lock = named(
  'login_lock',
  `select pg_advisory_xact_lock(hashtextextended(x, 0)) from unnest($1::text[]) x order by x`,
);

const find = named(
  'login_find',
  `with hit as (
     select k.user_n as n, 'login' as by, min(w.place)::int as place
     from unnest($2::text[], $3::text[]) with ordinality as w(kind, value, place)
     join identity_key k on k.kind = w.kind and k.issuer = $1 and k.value_key = w.value group by k.user_n
     union all
     select u.n, 'userName', null from users u where u.user_name_key = $4 and u.deleted_at is null
     union all
     select k.user_n, 'email', null from identity_key k
     where k.kind = 'email' and k.issuer = '' and k.value_key = $5)
   select u.n, u.id, u.stub, u.active, u.user_name, h.by, h.place,
          array(select distinct k.issuer from identity_key k where k.user_n = u.n and k.kind in ('targetedId', 'eppn'))
            as issuers
   from hit h join users u using (n) where u.deleted_at is null
   order by h.by = 'login' desc, h.place, u.n limit 20`,
);

const quarantined = named(
  'login_quarantined',
  `select true as is_held from retired_key r
   where r.released_at is null and r.retired_at > now() - interval '90 days'
     and r.user_n is distinct from $5
     and ((r.issuer = $1 and (r.kind, r.value_key) in (select * from unnest($2::text[], $3::text[])))
       or (r.kind = 'userName' and r.value_key = $4))
   limit 1`,
);

const release = named(
  'login_release',
  `update retired_key set released_at = now()
   where released_at is null and value_key = any($1::text[]) and retired_at > now() - interval '90 days'
   returning kind, issuer, value_key, user_n`,
);

const attach = named(
  'login_attach',
  `insert into identity_key (kind, issuer, value_key, user_n, value, qualifiers, source_n)
   select w.kind, $2, w.value, $1, w.value, w.qualifiers, $3
   from unnest($4::text[], $5::text[], $6::jsonb[]) as w(kind, value, qualifiers)
   where not exists (select from identity_key k where k.kind = w.kind and k.issuer = $2 and k.value_key = w.value
                       and k.user_n = $1)
   returning kind`,
);

const account = named('idp_account_find', 'select profile from idp_account where idp_n = $1 and user_n = $2');

const keep = named(
  'idp_account_keep',
  `with seen as (update idp set last_login_at = now() where n = $1)
   insert into idp_account as a (idp_n, user_n, profile) values ($1, $2, $3)
   on conflict (idp_n, user_n) do update set profile = excluded.profile, last_at = now(), logins = a.logins + 1`,
);

const note = named('idp_login_note', 'insert into idp_login (idp_n, user_n, lost_all) values ($1, $2, $3)');

const recent = named(
  'idp_login_recent',
  `select count(*)::int as logins, (count(*) filter (where l.lost_all))::int as lost,
          exists (select from alert a where a.kind = 'provider.breaker' and a.subject = $2 and a.resolved_at is null)
            as is_open
   from idp_login l
   where l.idp_n = $1 and l.at > now() - interval '1 hour'
     and l.at > coalesce((select max(a.resolved_at) from alert a where a.kind = 'provider.breaker' and a.subject = $2),
                         '-infinity')`,
);

const facts = named(
  'login_facts',
  `select key, value, scope, expires_at as "expiresAt" from affiliation_fact
   where user_n = $1 and source_n = $2 and authority = $3`,
);

/** An affiliation that a provider told before, of one authority. */
export interface StandingFact {
  readonly key: string;
  readonly value: string;
  readonly scope: string | null;
  readonly expiresAt: Date | null;
}

/** What stands of a user by a provider's word, of one authority. */
export async function listFacts(
  tx: Tx,
  of: { readonly user: UserN; readonly source: SourceN; readonly authority: string },
): Promise<StandingFact[]> {
  return tx.rows<StandingFact>(facts, [of.user, of.source, of.authority]);
}

/** Holds whatever other login has one of these keys until the transaction ends. */
export async function lockLogin(tx: Tx, keys: readonly string[]): Promise<void> {
  await tx.rows(lock, [[...keys].sort()]);
}

/** Accounts that any of the keys finds, those found by login keys first. */
export async function findAccounts(tx: Tx, keys: AccountKeys): Promise<FoundAccount[]> {
  return tx.rows<FoundAccount>(find, [...keyValues(keys), keys.emailKey]);
}

/** True when one of the keys belonged to another user than `user` until recently (D-08). */
export async function isQuarantined(tx: Tx, keys: AccountKeys, user: UserN | null): Promise<boolean> {
  return (await tx.rows(quarantined, [...keyValues(keys), user])).length > 0;
}

/** Lets a key be used again; answers what it was. */
export async function releaseKeys(
  tx: Tx,
  valueKeys: readonly string[],
): Promise<{ kind: string; issuer: string; value_key: string; user_n: UserN }[]> {
  return tx.rows(release, [valueKeys]);
}

/** Gives a user login keys that it does not have; the constraint `identity_key_login_unique` refuses those of others. */
export async function attachKeys(
  tx: Tx,
  give: {
    readonly user: UserN;
    readonly issuer: string;
    readonly source: SourceN;
    readonly keys: readonly LoginKey[];
  },
): Promise<number> {
  const { user, issuer, source, keys } = give;
  const qualifiers = keys.map((key) => (key.qualifiers === null ? null : JSON.stringify(key.qualifiers)));
  const rows = await tx.rows(attach, [
    ...[user, issuer, source],
    ...[keys.map(({ kind }) => kind), keys.map(({ value }) => value), qualifiers],
  ]);
  return rows.length;
}

/** What the provider said of the user at the last login (D-09); null before the first. */
export async function findProfile(
  tx: Tx,
  idp: number,
  user: UserN,
): Promise<Readonly<Record<string, string>> | null> {
  return (await tx.rows<{ profile: Record<string, string> }>(account, [idp, user]))[0]?.profile ?? null;
}

export async function keepProfile(
  tx: Tx,
  { idp, user, profile }: { readonly idp: number; readonly user: UserN; readonly profile: object },
): Promise<void> {
  await tx.rows(keep, [idp, user, JSON.stringify(profile)]);
}

/** Notes a login for the breaker. */
export async function noteLogin(
  tx: Tx,
  { idp, user, lostAll }: { readonly idp: number; readonly user: UserN; readonly lostAll: boolean },
): Promise<void> {
  await tx.rows(note, [idp, user, lostAll]);
}

export interface RecentLogins {
  readonly logins: number;
  readonly lost: number;
  /** The breaker's alert waits for a person. */
  readonly is_open: boolean;
}

/** Logins of the provider within the hour, counted anew since a person last resolved the breaker's alert. */
export async function countRecentLogins(
  connection: Connection,
  idp: number,
  name: string,
): Promise<RecentLogins> {
  const [row] = await connection.rows<RecentLogins>(recent, [idp, name]);
  return row ?? { logins: 0, lost: 0, is_open: false };
}

function keyValues({ issuer, loginKeys, nameKey }: AccountKeys): readonly unknown[] {
  return [issuer, loginKeys.map(({ kind }) => kind), loginKeys.map(({ value }) => value), nameKey];
}
