/** Stubs that an import makes for people it names and nobody knows (F-04), and keys that stubs gain (D-10). */
import { authorColumns, type ChangeAuthor, type Place } from '../changes.ts';
import type { Tx } from '../database.ts';
import { heldOutOfReach } from '../permission-holders.ts';
import { placeOf } from './names.ts';

const AUTHOR = `$1::text, $2::text, (select u.n from users u where u.id = $3::uuid) as on_behalf_of, $4::int,
  $5::bigint, $6::text`;

/** Makes a stub for every cell that imports and found nobody; cells that share a key share the stub. */
export async function makeStubs(tx: Tx, author: ChangeAuthor): Promise<Place | null> {
  return placeOf(await tx.rows({ text: make }, authorColumns(author)));
}

/** Cells on their own make a stub each; of those that share keys, `same_as` names the one that makes it. */
const make = `
  with shared as (
    select p.same_as as maker, p.import_line as line, p.either, s.name, s.name_key, s.email, s.email_key
    from staged_person p join staged_row s on s.line = p.import_line
    where p.user_n is null and p.fault_code is null and p.same_as is not null),
  naming as (
    select distinct on (maker) maker, name, name_key from shared
    where name_key is not null and not either order by maker, line),
  mailing as (
    select maker, jsonb_agg(jsonb_build_object('value', email) order by line) as emails from (
      select distinct on (maker, email_key) maker, email, line from shared
      where email_key is not null order by maker, email_key, line) once
    group by maker),
  wanted as (
    select p.key as maker, p.import_line as line, case when p.either then null else s.name end as name,
           case when p.either then null else s.name_key end as name_key,
           case when s.email is not null then jsonb_build_array(jsonb_build_object('value', s.email)) end as emails
    from staged_person p join staged_row s on s.line = p.import_line
    where p.user_n is null and p.fault_code is null and p.same_as is null
    union all
    select m.maker, m.line, naming.name, naming.name_key, mailing.emails
    from (select maker, min(line) as line from shared group by maker) m
    left join naming on naming.maker = m.maker
    left join mailing on mailing.maker = m.maker),
  numbered as materialized (
    select maker, nextval('node_n')::int as n, name, name_key,
           case when emails is null then '{}'::jsonb else jsonb_build_object('emails', emails) end as document
    from (select * from wanted order by line) in_file_order),
  made as (
    insert into users (n, user_name, user_name_key, stub, document, created_by)
    select n, name, name_key, true, document, $4 from numbered),
  noted as (
    update staged_person p set user_n = numbered.n, is_made = true from numbered
    where coalesce(p.same_as, p.key) = numbered.maker and p.user_n is null),
  logged as (
    insert into change (type, user_n, actor_kind, actor_id, on_behalf_of, source_n, origin_n, request_id)
    select 'user.stubbed', n, ${AUTHOR} from numbered order by n
    returning xid, seq, user_n),
  told as (
    insert into change_personal (seq, user_n, after)
    select l.seq, l.user_n,
           jsonb_build_object('userName', n.name, 'active', true, 'externalId', null) || n.document
    from logged l join numbered n on n.n = l.user_n)
  select max(xid::text) as xid, max(seq) as seq from logged`;

/**
 * Writes the keys that cells give to the stubs that they name: a userName where there was none, more e-mails, a
 * targetedId. Full users gain nothing by a file (D-10), nor do stubs that hold more than its source could give (J-20).
 */
export async function attachKeys(tx: Tx, author: ChangeAuthor): Promise<Place | null> {
  const place = placeOf(await tx.rows({ text: enrich }, authorColumns(author)));
  await tx.rows({ text: addKeys }, [author.sourceN]);
  return place;
}

/** Cells that import, with the stub that they name. */
const stubCell = (source: string): string => `(
  select p.*, s.name, s.email, s.audience, u.user_name, u.user_name_key as has_name_key, u.document
  from staged_person p
  join users u on u.n = p.user_n and u.stub
  join staged_row s on s.line = p.import_line
  where p.fault_code is null and u.n not in (select h.n from (${heldOutOfReach(source)}) h))`;

const enrich = `
  with naming as (
    select distinct on (user_n) user_n, name, name_key from ${stubCell('$4::int')} c
    where not is_made and has_name_key is null and name_key is not null and not either and not lone
    order by user_n, import_line),
  mailing as (
    select user_n, jsonb_agg(jsonb_build_object('value', email) order by import_line) as emails from (
      select distinct on (user_n, email_key) user_n, email, import_line from ${stubCell('$4::int')} c
      where not is_made and email_key is not null and not (either and has_name_key is not distinct from name_key)
        and not exists (
          select 1 from jsonb_array_elements(coalesce(c.document -> 'emails', '[]')) e
          where lower(normalize(e ->> 'value', NFC)) = c.email_key or e ->> 'value' = c.email)
        and not exists (
          select 1 from identity_key k where k.kind = 'email' and k.value_key = c.email_key and k.user_n = c.user_n)
      order by user_n, email_key, import_line) once
    group by user_n),
  before as (
    select u.n, u.user_name, u.active, u.document, naming.name, naming.name_key, mailing.emails
    from users u
    left join naming on naming.user_n = u.n
    left join mailing on mailing.user_n = u.n
    where naming.user_n is not null or mailing.user_n is not null
    order by u.n for no key update of u),
  written as (
    update users u
    set user_name = coalesce(b.name, u.user_name), user_name_key = coalesce(b.name_key, u.user_name_key),
        document = case when b.emails is null then u.document
          else jsonb_set(u.document, '{emails}', coalesce(u.document -> 'emails', '[]') || b.emails) end,
        version = version + 1, modified_at = now()
    from before b where u.n = b.n
    returning u.n, u.user_name, u.active, u.document),
  logged as (
    insert into change (type, user_n, actor_kind, actor_id, on_behalf_of, source_n, origin_n, request_id)
    select 'user.updated', n, ${AUTHOR} from written order by n
    returning xid, seq, user_n),
  told as (
    insert into change_personal (seq, user_n, before, after)
    select l.seq, l.user_n,
           jsonb_build_object('userName', b.user_name, 'active', b.active, 'externalId', null) || b.document,
           jsonb_build_object('userName', w.user_name, 'active', w.active, 'externalId', null) || w.document
    from logged l join before b on b.n = l.user_n join written w on w.n = l.user_n)
  select max(xid::text) as xid, max(seq) as seq from logged`;

const addKeys = `
  with email as (
    insert into identity_key (kind, issuer, value_key, user_n, value, source_n)
    select distinct on (user_n, email_key) 'email', '', email_key, user_n, email, $1::int from ${stubCell('$1::int')} c
    where email_key is not null and not (either and has_name_key is not distinct from name_key)
    order by user_n, email_key, import_line
    on conflict (kind, issuer, value_key, user_n) do nothing)
  insert into identity_key (kind, issuer, value_key, user_n, value, qualifiers, source_n)
  select distinct on (user_n, issuer) 'targetedId', issuer, targeted_id, user_n, targeted_id,
         case when audience is null then null else jsonb_build_object('audience', audience) end, $1::int
  from ${stubCell('$1::int')} c
  where targeted_id is not null
    and not exists (select 1 from identity_key k
                    where k.user_n = c.user_n and k.kind = 'targetedId' and k.issuer = c.issuer)
  order by user_n, issuer, import_line
  on conflict (kind, issuer, value_key, user_n) do nothing`;
