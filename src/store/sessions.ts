/** Rows of sessions and sign-in links. Time is the database's, so that every instance agrees when one has ended. */
import { ABSOLUTE_HOURS, IDLE_MINUTES, LINK_MINUTES } from '../core/session.ts';
import type { SourceN, UserId, UserN } from '../core/ids.ts';
import { fullNameOf, type NameParts } from '../core/person-name.ts';
import type { NameId } from '../core/saml/message.ts';
import { type Connection, named, onlyRow, type Tx } from './database.ts';
import { userNameParts } from './lookup.ts';

export interface SessionUserRow {
  readonly n: UserN;
  readonly id: UserId;
  readonly name: string;
}

export interface NewSession {
  readonly hash: Buffer;
  readonly user: UserN;
  readonly how: 'link' | 'saml';
  readonly source: SourceN | null;
  /** How the provider names the person in this session; null for a link, or a provider that does not. */
  readonly nameId: NameId | null;
  readonly sessionIndex: string | null;
  /** When the provider's own session ends; null for as long as ours may last. */
  readonly notOnOrAfter: Date | null;
}

const isOpen = `s.expires_at > now() and s.seen_at > now() - interval '${IDLE_MINUTES} minutes'`;

/** That it was used is written down once a minute, not with every request. */
const use = named(
  'session_use',
  `with hit as (
     select s.n, s.seen_at, u.n as user_n, u.id, coalesce(u.user_name, u.id::text) as called, ${userNameParts} as parts
     from session s join users u on u.n = s.user_n and u.active and u.deleted_at is null
     where s.hash = $1 and ${isOpen}),
   seen as (
     update session set seen_at = now() where n in (select n from hit where seen_at < now() - interval '1 minute'))
   select user_n as n, id, called, parts from hit`,
);

const insert = named(
  'session_insert',
  `insert into session (hash, user_n, how, source_n, name_id, session_index, expires_at, name_id_as)
   values ($1, $2, $3, $4, $5, $6, least(now() + interval '${ABSOLUTE_HOURS} hours', $7::timestamptz), $8)`,
);

const end = named(
  'session_end',
  `delete from session where hash = $1
   returning source_n as source, session_index as "sessionIndex",
             case when name_id is not null then coalesce(name_id_as, '{}') || jsonb_build_object('value', name_id) end
               as "nameId"`,
);

const prune = named(
  'session_prune',
  `with old as (delete from sign_in_link where expires_at < now())
   delete from session s where not (${isOpen})`,
);

const insertLink = named(
  'sign_in_link_insert',
  `insert into sign_in_link (hash, user_n, expires_at) values ($1, $2, now() + interval '${LINK_MINUTES} minutes')`,
);

const takeLink = named(
  'sign_in_link_take',
  'delete from sign_in_link where hash = $1 and expires_at > now() returning user_n',
);

const keepAdministrator = named(
  'administrator_keep',
  `with kept as (
     insert into installation (key, value) select 'administrator', to_jsonb(u.id) from users u where u.n = $1
     on conflict (key) do update set value = excluded.value)
   insert into permission_grant (holder_n, permission) values ($1, 'admin') on conflict do nothing`,
);

const administrator = named(
  'administrator_find',
  `select u.n, u.id, coalesce(u.user_name, u.id::text) as name from installation i
   join users u on u.id = (i.value #>> '{}')::uuid and u.active and u.deleted_at is null
   where i.key = 'administrator'`,
);

const isAdministrators = named(
  'administrator_is',
  `select from installation i join users u on u.id = (i.value #>> '{}')::uuid where i.key = 'administrator' and u.n = $1`,
);

const isFirst = named('administrator_lock', `select pg_advisory_xact_lock(hashtext('muster administrator'))`);

/** The active user whose session that is, if it goes on; notes that it was used. */
export async function useSession(connection: Connection, hash: Buffer): Promise<SessionUserRow | null> {
  const [hit] = await connection.rows<
    Omit<SessionUserRow, 'name'> & { readonly called: string; readonly parts: NameParts }
  >(use, [hash]);
  if (hit === undefined) return null;
  const { n, id, called, parts } = hit;
  return { n, id, name: fullNameOf(parts) ?? called };
}

export async function insertSession(tx: Tx, session: NewSession): Promise<void> {
  const { hash, user, how, source, nameId, sessionIndex, notOnOrAfter } = session;
  const { value = null, ...as } = nameId ?? {};
  await tx.rows(insert, [
    ...[hash, user, how, source, value, sessionIndex, notOnOrAfter],
    value === null ? null : JSON.stringify(as),
  ]);
}

/** A session that has ended, as its provider knows it. */
export type EndedSession = Pick<NewSession, 'source' | 'nameId' | 'sessionIndex'>;

/** Ends a session; null when there was none. */
export async function endSession(connection: Connection, hash: Buffer): Promise<EndedSession | null> {
  return (await connection.rows<EndedSession>(end, [hash]))[0] ?? null;
}

/** Forgets sessions and links that have ended. */
export async function pruneSessions(connection: Connection): Promise<void> {
  await connection.rows(prune);
}

/** Keeps a link; `user` null for the administrator's account. */
export async function insertSignInLink(tx: Tx, hash: Buffer, user: UserN | null): Promise<void> {
  await tx.rows(insertLink, [hash, user]);
}

/** Uses a link up: of several that try, one gets it. Null for a link that is unknown, used or too old. */
export async function takeSignInLink(tx: Tx, hash: Buffer): Promise<{ readonly user: UserN | null } | null> {
  const [row] = await tx.rows<{ user_n: UserN | null }>(takeLink, [hash]);
  return row === undefined ? null : { user: row.user_n };
}

/** The administrator's account of this installation; the lock lets one transaction at a time look and make it. */
export async function lockAdministrator(tx: Tx): Promise<SessionUserRow | null> {
  onlyRow(await tx.rows(isFirst));
  return (await tx.rows<SessionUserRow>(administrator))[0] ?? null;
}

/** True for the administrator's account of this installation, which links of its host sign in. */
export async function isAdministratorsAccount(connection: Connection, user: UserN): Promise<boolean> {
  return (await connection.rows(isAdministrators, [user])).length > 0;
}

/** Says which account is the administrator's, and that it may do everything. */
export async function setAdministrator(tx: Tx, user: SessionUserRow['n']): Promise<void> {
  await tx.rows(keepAdministrator, [user]);
}

const endOfProvider = named(
  'session_end_of_provider',
  `delete from session
   where source_n = $1 and name_id = $2 and (cardinality($3::text[]) = 0 or session_index = any($3))`,
);

/** Ends the sessions that a provider's logout names; all of that person by it when it names none. */
export async function endSessionsOf(
  connection: Connection,
  of: { readonly source: SourceN; readonly nameId: string; readonly sessionIndexes: readonly string[] },
): Promise<void> {
  await connection.rows(endOfProvider, [of.source, of.nameId, of.sessionIndexes]);
}

const endOfUser = named(
  'session_end_of_user',
  'delete from session where user_n = $1 and ($2::bigint is null or n = $2) returning n',
);

/** Ends a user's sessions, or the one of that number; answers how many there were. */
export async function endSessionsOfUser(tx: Tx, user: UserN, session: number | null): Promise<number> {
  return (await tx.rows(endOfUser, [user, session])).length;
}
