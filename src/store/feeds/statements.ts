/** What feeds state of people: read in pages with what they stated before, and written page by page (D-09). */
import type { JsonObject } from '../../core/scim/json.ts';
import { searchForm } from '../../core/scim/search-form.ts';
import type { SourceN, UserN } from '../../core/ids.ts';
import { authorColumns, type ChangeAuthor, type Place } from '../changes.ts';
import type { Tx } from '../database.ts';
import { endedActivity } from '../history.ts';
import { externalIdIssuer } from '../users.ts';
import { endedPeople, type EndedPeople, endPeople } from './ended-people.ts';
import { placeOf } from './names.ts';

/** A person with what a row states of it; of several rows of one person the last decides. */
export interface StatedRow {
  readonly line: number;
  readonly n: UserN;
  readonly made: boolean;
  readonly stub: boolean;
  readonly user_name: string | null;
  readonly active: boolean;
  readonly document: JsonObject;
  readonly stated: JsonObject;
  readonly before: JsonObject | null;
  readonly ended: boolean;
  readonly ended_active: boolean;
  readonly external_id: string | null;
  readonly eppn: string | null;
  readonly eppn_value: string | null;
  readonly targeted_id: string | null;
  readonly issuer: string | null;
  readonly audience: string | null;
}

/** Notes the last row of each person: earlier ones are overruled, however many there are. */
export async function gatherLastRows(tx: Tx): Promise<void> {
  const text = `
    insert into staged_last (line)
    select max(line) from staged_user where user_n is not null and fault_code is null group by user_n`;
  await tx.rows({ text });
}

/** The people that rows state something of (their last rows must have been gathered), after a line; for a snapshot only those where anything may have changed. */
export async function listStated(
  tx: Tx,
  {
    source,
    mode,
    after,
    limit,
  }: { source: SourceN; mode: 'explicit' | 'snapshot'; after: number; limit: number },
): Promise<StatedRow[]> {
  const isTold =
    mode === 'explicit'
      ? 'true'
      : 'p.user_n is null or p.ended_at is not null or p.stated <> s.stated or u.modified_at > p.since';
  const text = `
    select s.line, u.n, s.is_made as made, u.stub, u.user_name, u.active, u.document, s.stated, p.stated as before,
           p.ended_at is not null as ended, coalesce(p.ended_active, false) as ended_active, s.external_id, s.eppn,
           s.eppn_value, s.targeted_id, s.issuer, s.audience
    from staged_user s
    join staged_last last on last.line = s.line
    join users u on u.n = s.user_n and u.deleted_at is null
    left join user_statement p on p.source_n = $1 and p.user_n = s.user_n
    where s.line > $2 and s.action = 'i' and (${isTold})
    order by s.line limit $3
    for no key update of u`;
  return tx.rows<StatedRow>({ text }, [source, after, limit]);
}

/** Ids of users by the folded userName, for cells that name a manager. */
export async function idsByUserName(tx: Tx, keys: readonly string[]): Promise<ReadonlyMap<string, string>> {
  if (keys.length === 0) return new Map();
  const text = `select user_name_key as key, id from users where user_name_key = any($1::text[]) and deleted_at is null`;
  const rows = await tx.rows<{ key: string; id: string }>({ text }, [keys]);
  return new Map(rows.map(({ key, id }) => [key, id]));
}

/** A person as it is to be written. */
export interface PersonWrite {
  readonly n: UserN;
  readonly line: number;
  readonly type: 'user.created' | 'user.stubbed' | 'user.updated';
  readonly userName: string | null;
  readonly userNameKey: string | null;
  readonly active: boolean;
  readonly stub: boolean;
  readonly document: JsonObject;
  /** Null for one that is new. */
  readonly before: JsonObject | null;
  readonly after: JsonObject;
  readonly emails: readonly { readonly key: string; readonly value: string }[];
}

/** Writes people, their keys by e-mail, and a log entry each. */
export async function writePersons(
  tx: Tx,
  author: ChangeAuthor,
  people: readonly PersonWrite[],
): Promise<Place | null> {
  if (people.length === 0) return null;
  const place = placeOf(
    await tx.rows({ text: write }, [
      ...authorColumns(author),
      people.map(({ n }) => n),
      people.map(({ userName }) => userName),
      people.map(({ userNameKey }) => userNameKey),
      people.map(({ active }) => active),
      people.map(({ stub }) => stub),
      people.map(({ document }) => JSON.stringify(document)),
      people.map(({ document }) => JSON.stringify(searchForm(document))),
      people.map(({ type }) => type),
      people.map(({ before }) => (before === null ? null : JSON.stringify(before))),
      people.map(({ after }) => JSON.stringify(after)),
      people.map(({ line }) => line),
    ]),
  );
  const emails = people.flatMap(({ n, emails: given }) => given.map((email) => ({ n, ...email })));
  await tx.rows({ text: syncEmails }, [
    people.map(({ n }) => n),
    emails.map(({ n }) => n),
    emails.map(({ key }) => key),
    emails.map(({ value }) => value),
    author.sourceN,
  ]);
  return place;
}

const write = `
  with w as (
    select * from unnest($7::int[], $8::text[], $9::text[], $10::bool[], $11::bool[], $12::text[], $13::text[],
                         $14::text[], $15::text[], $16::text[], $17::int[])
      as t(n, user_name, user_name_key, active, stub, document, search, type, before, after, line)),
  was as (select u.n, u.active, u.active_since from users u join w on w.n = u.n where not w.active),
  ${endedActivity('was', 'true')},
  written as (
    update users u
    set active_since = case when u.active then u.active_since else now() end, user_name = w.user_name, user_name_key = w.user_name_key, active = w.active, stub = w.stub,
        document = w.document::jsonb, search = w.search::jsonb, modified_at = now(),
        version = case when w.type = 'user.updated' then u.version + 1 else u.version end
    from w where u.n = w.n),
  noted as (insert into staged_effect (line) select line from w),
  logged as (
    insert into change (type, user_n, actor_kind, actor_id, on_behalf_of, source_n, origin_n, request_id)
    select w.type, w.n, $1::text, $2::text, (select u.n from users u where u.id = $3::uuid) as on_behalf_of, $4::int, $5::bigint, $6::text
    from w order by w.n
    returning xid, seq, user_n),
  told as (
    insert into change_personal (seq, user_n, before, after)
    select l.seq, l.user_n, w.before::jsonb, w.after::jsonb from logged l join w on w.n = l.user_n)
  select max(xid::text) as xid, max(seq) as seq from logged`;

const syncEmails = `
  with wanted as (select * from unnest($2::int[], $3::text[], $4::text[]) as t(n, key, value)),
  gone as (
    delete from identity_key k
    where k.user_n = any($1::int[]) and k.kind = 'email' and k.issuer = ''
      and not exists (select 1 from wanted w where w.n = k.user_n and w.key = k.value_key))
  insert into identity_key (kind, issuer, value_key, user_n, value, source_n)
  select 'email', '', w.key, w.n, w.value, $5 from wanted w
  on conflict (kind, issuer, value_key, user_n) do nothing`;

/** A statement as it is kept. */
export interface Statement {
  readonly n: UserN;
  readonly line: number;
  readonly stated: JsonObject;
  readonly externalId: string | null;
}

/** Keeps what the feed states, and the externalIds that it gives. */
export async function keepStatements(
  tx: Tx,
  author: ChangeAuthor,
  statements: readonly Statement[],
): Promise<void> {
  if (statements.length === 0) return;
  const keep = `
    insert into user_statement (source_n, user_n, stated, origin_n, line)
    select $1, t.n, t.stated::jsonb, $2::bigint, t.line
    from unnest($3::int[], $4::text[], $5::int[]) as t(n, stated, line)
    on conflict (source_n, user_n) do update
      set stated = excluded.stated, origin_n = excluded.origin_n, line = excluded.line, since = now(),
          ended_at = null, ended_active = false`;
  await tx.rows({ text: keep }, [
    author.sourceN,
    author.originN,
    statements.map(({ n }) => n),
    statements.map(({ stated }) => JSON.stringify(stated)),
    statements.map(({ line }) => line),
  ]);
  const named = statements.filter(({ externalId }) => externalId !== null);
  if (named.length === 0) return;
  const keys = `
    with given as (select * from unnest($3::int[], $4::text[]) as t(n, value)),
    gone as (
      delete from identity_key k using given g
      where k.user_n = g.n and k.kind = 'externalId' and k.issuer = $2 and k.value <> g.value)
    insert into identity_key (kind, issuer, value_key, user_n, value, source_n)
    select 'externalId', $2, g.value, g.n, g.value, $1 from given g
    on conflict (kind, issuer, value_key, user_n) do nothing`;
  await tx.rows({ text: keys }, [
    author.sourceN,
    externalIdIssuer(author.sourceN),
    named.map(({ n }) => n),
    named.map(({ externalId }) => externalId),
  ]);
}

/** Ends what a snapshot says of people whom it lacks; those whom nobody else asserts are deactivated (D-09). */
export async function endStatements(tx: Tx, author: ChangeAuthor): Promise<EndedPeople> {
  return endPeople(tx, MISSING, author);
}

const MISSING = endedPeople(
  `select p.user_n as n from user_statement p
   where p.source_n = $4::int and p.ended_at is null
     and not exists (select 1 from staged_user s where s.user_n = p.user_n)`,
  'missing from the snapshot',
);
