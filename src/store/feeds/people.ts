/**
 * Users that an import names: found by their keys in statements over all cells at once. What is plain (every
 * key of a cell finds the same user, or nobody has any of them) is settled here; the rest is marked hard and
 * settled by core/feeds/people.
 */
import type { SettledCell, UnsettledCell } from '../../core/feeds/people.ts';
import type { Tx } from '../database.ts';
import { LIVE } from './names.ts';
import { analyzeStaged } from './staging.ts';

/** Settled cells written back in one statement. */
const BATCH = 5_000;

/** Gathers the distinct identity cells of rows still standing, and what their keys find. `rows` is how many rows there are. */
export async function gatherPeople(tx: Tx, rows: number): Promise<void> {
  await tx.rows({ text: gather });
  await analyzeStaged(tx, 'staged_person', rows);
  await tx.rows({ text: tryLoneParts });
  await tx.rows({ text: markEntangled });
}

const gather = `
  with cell as materialized (
    select person_key as key, min(line) as line, min(line) filter (where action = 'i') as import_line, max(line) as last_line,
           min(name_key) as name_key, min(email_key) as email_key, bool_or(either) as either, bool_or(lone) as lone,
           min(targeted_id) as targeted_id, min(issuer) as issuer
    from ${LIVE} s where kind = 'u' group by person_key),
  hit as (
    select c.key, u.n from cell c join users u on u.user_name_key = c.name_key and u.deleted_at is null
    union all
    select c.key, k.user_n from cell c
    join identity_key k on k.kind = 'email' and k.issuer = '' and k.value_key = c.email_key
    union all
    select c.key, k.user_n from cell c
    join identity_key k on k.kind = 'targetedId' and k.issuer = c.issuer and k.value_key = c.targeted_id),
  found as (select key, min(n) as n, max(n) as other from hit group by key)
  insert into staged_person (key, line, import_line, last_line, name_key, email_key, either, lone, targeted_id, issuer,
                             user_n, is_hard)
  select c.key, c.line, c.import_line, c.last_line, c.name_key, c.email_key, c.either, c.lone, c.targeted_id, c.issuer,
         f.n,
         coalesce(f.n <> f.other, false)
         or coalesce(not c.lone and not c.either and u.user_name_key <> c.name_key, false)
         or coalesce(c.targeted_id is not null and u.stub and exists (
               select 1 from identity_key k where k.user_n = u.n and k.kind = 'targetedId' and k.issuer = c.issuer
                 and k.value_key <> c.targeted_id), false)
  from cell c
  left join found f on f.key = c.key
  left join users u on u.n = f.n`;

/**
 * What a lone part finds besides userName and e-mail: the user with that uid, that externalId (exactly as written),
 * that id. Each counts only where it finds one user.
 */
const lonePart = `
  select
    (select case when min(k.user_n) = max(k.user_n) then min(k.user_n) end from identity_key k
     where k.kind = 'uid' and k.value_key = p.name_key) as by_uid,
    (select case when min(k.user_n) = max(k.user_n) then min(k.user_n) end from identity_key k
     where k.kind = 'externalId' and k.value_key = s.name) as by_external_id,
    (select u.n from users u
     where u.deleted_at is null
       and u.id = case when p.name_key ~ '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$' then p.name_key::uuid end) as by_id`;

const tryLoneParts = `
  with found as (
    select p.key, coalesce(l.by_uid, l.by_external_id, l.by_id) as n
    from staged_person p
    join staged_row s on s.line = p.line
    cross join lateral (${lonePart}) l
    where p.lone and p.user_n is null and not p.is_hard)
  update staged_person p set user_n = found.n from found
  where p.key = found.key and found.n is not null`;

/**
 * Two cells are entangled when one brings a key that nobody has and the other names that key too: which of them
 * makes the stub, and which only finds it, goes by file order.
 */
const markEntangled = `
  with person as (
    select p.*, u.stub, u.user_name_key from staged_person p left join users u on u.n = p.user_n
    where exists (
      select 1 from staged_person q
      where (q.either or q.targeted_id is not null or q.email_key is not null))),
  named as (
    select key, 'userName' as kind, '' as issuer, name_key as value,
           import_line is not null and not either
             and (user_n is null or (stub and user_name_key is null and not lone)) as brings
    from person where name_key is not null
    union all
    select key, 'email', '', email_key, import_line is not null and coalesce(stub, true) and not exists (
             select 1 from identity_key k where k.kind = 'email' and k.value_key = email_key and k.user_n = person.user_n)
    from person where email_key is not null
    union all
    select key, 'targetedId', issuer, targeted_id, import_line is not null and coalesce(stub, true) and not exists (
             select 1 from identity_key k
             where k.kind = 'targetedId' and k.issuer = person.issuer and k.value_key = targeted_id)
    from person where targeted_id is not null),
  shared as (
    select kind, issuer, value from named group by kind, issuer, value
    having min(key) <> max(key) and bool_or(brings))
  update staged_person p set is_hard = true
  from named n join shared using (kind, issuer, value)
  where p.key = n.key`;

const foundUser = (condition: string): string => `
  coalesce((
    select jsonb_agg(jsonb_build_object('n', u.n, 'stub', u.stub, 'nameKey', u.user_name_key, 'targetedId', (
             select min(k.value_key) from identity_key k
             where k.user_n = u.n and k.kind = 'targetedId' and k.issuer = p.issuer)) order by u.n)
    from users u where u.deleted_at is null and ${condition}), '[]')`;

/** The cells that were marked hard, with what each of their keys finds. */
export async function listHardCells(tx: Tx): Promise<UnsettledCell[]> {
  const text = `
    select p.key, concat_ws('|', s.targeted_id, s.name, case when p.either then null else s.email end) as cell,
           p.import_line as "importLine", p.last_line as "lastLine", p.targeted_id as "targetedId", p.issuer, p.name_key as "nameKey",
           p.email_key as "emailKey", p.either, p.lone,
           ${foundUser(`u.n in (select k.user_n from identity_key k where k.kind = 'targetedId'
                                and k.issuer = p.issuer and k.value_key = p.targeted_id)`)} as "byTargetedId",
           ${foundUser('u.user_name_key = p.name_key')} as "byName",
           ${foundUser(`u.n in (select k.user_n from identity_key k where k.kind = 'email' and k.issuer = ''
                                and k.value_key = p.email_key)`)} as "byEmail",
           ${foundUser('p.lone and u.n in (l.by_uid, l.by_external_id, l.by_id)')} as "byLone"
    from staged_person p
    join staged_row s on s.line = p.line
    cross join lateral (${lonePart}) l
    where p.is_hard
    order by p.line`;
  return tx.rows<UnsettledCell>({ text });
}

/** Writes down what hard cells name, and refuses the rows of those that are refused. */
export async function writeSettledCells(tx: Tx, cells: readonly SettledCell[]): Promise<void> {
  const text = `
    update staged_person p set user_n = c.user_n, same_as = c.same_as, fault_code = c.code, fault_detail = c.detail
    from unnest($1::text[], $2::int[], $3::text[], $4::text[], $5::text[]) as c(key, user_n, same_as, code, detail)
    where p.key = c.key`;
  for (let at = 0; at < cells.length; at += BATCH) {
    const batch = cells.slice(at, at + BATCH);
    await tx.rows({ text }, [
      batch.map(({ key }) => key),
      batch.map((cell) => (cell.kind === 'user' ? cell.n : null)),
      batch.map((cell) => (cell.kind === 'stub' ? cell.sameAs : null)),
      batch.map((cell) => (cell.kind === 'refused' ? cell.refusal.code : null)),
      batch.map((cell) => (cell.kind === 'refused' ? cell.refusal.message : null)),
    ]);
  }
  const refuse = `
    insert into staged_refusal (line, code, detail)
    select s.line, p.fault_code, p.fault_detail
    from staged_person p join staged_row s on s.person_key = p.key
    where p.fault_code is not null
    on conflict do nothing`;
  await tx.rows({ text: refuse });
}
