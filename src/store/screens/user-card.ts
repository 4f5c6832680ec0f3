/** What the page of a user tells besides its own row. */
import type { UserN } from '../../core/ids.ts';
import { type Connection, named } from '../database.ts';

/** What finds the user, and who says so. */
export interface IdentityKeyRow {
  readonly kind: string;
  /** Whose name for the user it is; empty where it holds everywhere. */
  readonly issuer: string;
  readonly value: string;
  readonly source: string;
  readonly since: Date;
}

/** What a source says of the user. */
export interface StatementRow {
  readonly source: string;
  readonly kind: string;
  /** Names of the attributes that it states; null where it created the user and keeps no list. */
  readonly attributes: readonly string[] | null;
  readonly since: Date;
  readonly file: string | null;
  readonly line: number | null;
  readonly ended: boolean;
}

export interface UserSessionRow {
  readonly n: number;
  readonly how: 'link' | 'saml';
  readonly provider: string | null;
  readonly created_at: Date;
  readonly seen_at: Date;
  readonly expires_at: Date;
}

const keys = named(
  'screen_keys_of_user',
  `select k.kind, coalesce(i.name, k.issuer) as issuer, k.value, s.name as source, k.since
   from identity_key k join source s on s.n = k.source_n
   left join source i on k.kind = 'externalId' and i.n::text = k.issuer
   where k.user_n = $1 order by k.kind, k.issuer, k.value limit 200`,
);

const statements = named(
  'screen_statements_of_user',
  `select s.name as source, s.kind, array(select jsonb_object_keys(p.stated)) as attributes, coalesce(p.ended_at, p.since) as since,
     o.name as file, p.line, p.ended_at is not null as ended
   from user_statement p join source s on s.n = p.source_n left join origin o on o.n = p.origin_n
   where p.user_n = $1
   union all
   select s.name, s.kind, array(select jsonb_object_keys(a.profile)), a.last_at, null, null, false
   from idp_account a join idp i on i.n = a.idp_n join source s on s.n = i.source_n
   where a.user_n = $1
   union all
   select s.name, s.kind, null, u.created_at, null, null, false
   from users u join source s on s.n = u.created_by where u.n = $1
   order by 4`,
);

const sessions = named(
  'screen_sessions_of_user',
  `select s.n, s.how, (select i.name from idp i where i.source_n = s.source_n and i.deleted_at is null limit 1) as provider,
     s.created_at, s.seen_at, s.expires_at
   from session s where s.user_n = $1 and s.expires_at > now() order by s.seen_at desc limit 50`,
);

/** Keys that find a user. */
export async function keysOfUser(connection: Connection, user: UserN): Promise<IdentityKeyRow[]> {
  return connection.rows<IdentityKeyRow>(keys, [user]);
}

/** What sources say of a user. */
export async function statementsOfUser(connection: Connection, user: UserN): Promise<StatementRow[]> {
  return connection.rows<StatementRow>(statements, [user]);
}

/** Where a user is signed in. */
export async function sessionsOfUser(connection: Connection, user: UserN): Promise<UserSessionRow[]> {
  return connection.rows<UserSessionRow>(sessions, [user]);
}
