/**
 * Rows about people (`users.csv`, mapped files): whom they mean, found by their keys in statements over all rows
 * at once. Every given key must name the same user; the feed's own externalId finds it whatever its userName
 * says, so that a feed can rename its people.
 */
import type { SourceN, UserN } from '../../core/ids.ts';
import { authorColumns, type ChangeAuthor } from '../changes.ts';
import type { Tx } from '../database.ts';
import { endedActivity, endedAffiliations, endedMemberships } from '../history.ts';
import { externalIdIssuer } from '../users.ts';
import { LIVE } from './names.ts';

/** Gathers the rows about people that still stand. */
export async function gatherPersons(tx: Tx): Promise<void> {
  const text = `
    insert into staged_user (line, action, name_key, name, email_key, email, external_id, targeted_id, issuer, audience,
                             eppn, eppn_value, stated)
    select line, action, name_key, name, email_key, email, data ->> 'externalId', targeted_id, issuer, audience,
           data ->> 'eppn', data ->> 'eppnValue', data -> 'stated'
    from ${LIVE} s where kind = 'p'`;
  await tx.rows({ text });
}

/** Finds the users, and marks the rows whose keys name two, or fit several. */
export async function findPersons(tx: Tx, source: SourceN): Promise<void> {
  await tx.rows({ text: find }, [externalIdIssuer(source)]);
  await tx.rows({ text: nameMakers });
  await tx.rows({ text: refuseTwice });
  const refuse = `
    insert into staged_refusal (line, code, detail)
    select line, fault_code, fault_detail from staged_user where fault_code is not null
    on conflict do nothing`;
  await tx.rows({ text: refuse });
}

const CELL = `concat_ws('|', s.targeted_id, s.name, s.email)`;

const find = `
  with hit as (
    select s.line,
           (select u.n from users u where u.user_name_key = s.name_key and u.deleted_at is null) as by_name,
           (select min(k.user_n) from identity_key k
            where k.kind = 'externalId' and k.issuer = $1 and k.value_key = s.external_id) as by_own,
           (select k.user_n from identity_key k
            where k.kind = 'targetedId' and k.issuer = s.issuer and k.value_key = s.targeted_id) as by_targeted_id,
           (select min(k.user_n) from identity_key k where k.kind = 'eppn' and k.value_key = s.eppn) as by_eppn,
           (select array_agg(k.user_n) from identity_key k
            where k.kind = 'email' and k.issuer = '' and k.value_key = s.email_key) as by_email
    from staged_user s),
  chosen as (
    select h.*, coalesce(by_targeted_id, by_own, by_name, by_eppn,
                         case when cardinality(by_email) = 1 then by_email[1] end) as n
    from hit h),
  judged as (
    select c.line, c.n,
           case
             when c.n is null and cardinality(c.by_email) > 1 then 'identity.ambiguous'
             when c.by_targeted_id <> c.n or c.by_own <> c.n or c.by_name <> c.n or c.by_eppn <> c.n
               or (c.n is not null and not c.n = any(c.by_email)) then 'identity.conflict'
             when c.by_own is null and c.by_name is null and u.user_name_key <> s.name_key then 'identity.conflict'
           end as code,
           cardinality(c.by_email) as fits
    from chosen c
    join staged_user s on s.line = c.line
    left join users u on u.n = c.n)
  update staged_user s
  set user_n = j.n, fault_code = j.code,
      fault_detail = case j.code
        when 'identity.ambiguous' then 'The identity "' || ${CELL} || '" fits ' || j.fits || ' users. Name the one that is meant by its userName or id.'
        when 'identity.conflict' then 'The identity "' || ${CELL} || '" names two different users: '
          || 'one of its keys belongs to somebody else. Correct it, or decide whether they are one person (muster conflicts list).' end
  from judged j where j.line = s.line`;

/** Rows that find nobody and share their strongest key are of one person. */
const nameMakers = `
  update staged_user set maker = coalesce('n' || name_key, 'x' || external_id, 't' || issuer || ' ' || targeted_id,
                                          'p' || eppn, 'e' || email_key)
  where user_n is null and fault_code is null and action = 'i'`;

/** Of rows that would give one userName or one own externalId to two people, the first has it. */
const refuseTwice = `
  with person as (
    select line, name_key, external_id, coalesce(maker, 'u' || user_n) as who from staged_user
    where fault_code is null and action = 'i'),
  given as (
    select line, 'n' as kind, name_key as value, who from person where name_key is not null
    union all
    select line, 'x', external_id, who from person where external_id is not null),
  first as (select distinct on (kind, value) kind, value, who from given order by kind, value, line),
  late as (
    select distinct on (g.line) g.line, g.kind from given g join first f using (kind, value)
    where f.who <> g.who order by g.line, g.kind)
  update staged_user s
  set fault_code = 'identity.conflict',
      fault_detail = 'The identity "' || ${CELL} || '" names two different users: an earlier row of the file gives this '
        || case late.kind when 'n' then 'userName' else 'externalId' end || ' to somebody else. Correct one of the two rows.'
  from late where s.line = late.line`;

/** Makes the users that nobody knows; what is stated of them is written with that of all others. A row without userName makes a stub. */
export async function makePersons(tx: Tx, author: ChangeAuthor): Promise<void> {
  const text = `
    with wanted as (
      select distinct on (maker) maker, line, name, name_key from staged_user
      where maker is not null and fault_code is null order by maker, line),
    numbered as materialized (
      select maker, nextval('node_n')::int as n, name, name_key from (select * from wanted order by line) in_file_order),
    made as (
      insert into users (n, user_name, user_name_key, stub, created_by)
      select n, name, name_key, true, $1 from numbered)
    update staged_user s set user_n = numbered.n, is_made = true
    from numbered where numbered.maker = s.maker and s.fault_code is null`;
  await tx.rows({ text }, [author.sourceN]);
  const deletedAgain = `
    update staged_user d set user_n = m.user_n
    from (select distinct name_key, user_n from staged_user where is_made) m
    where d.user_n is null and d.action = 'd' and d.fault_code is null and m.name_key = d.name_key`;
  await tx.rows({ text: deletedAgain });
}

/** Turns rows that delete users into rows that deactivate them; what the feed stated of them besides stays. */
export async function deactivateInstead(tx: Tx, source: SourceN): Promise<void> {
  const text = `
    update staged_user s
    set action = 'i', stated = coalesce((select p.stated from user_statement p where p.source_n = $1 and p.user_n = s.user_n), '{}')
      || '{"active": false}'
    where s.action = 'd' and s.user_n is not null`;
  await tx.rows({ text }, [source]);
}

/** Users that {@link deletePersons} would delete. */
export async function listDeletions(tx: Tx): Promise<UserN[]> {
  return (await tx.rows<{ n: UserN }>({ text: `select n from ${GONE} g order by n` })).map(({ n }) => n);
}

/** Refuses all rows that delete these users. */
export async function refusePersons(
  tx: Tx,
  faults: readonly { readonly n: UserN; readonly code: string; readonly detail: string }[],
): Promise<void> {
  if (faults.length === 0) return;
  const text = `
    with refused as (
      update staged_user s set fault_code = f.code, fault_detail = f.detail
      from unnest($1::int[], $2::text[], $3::text[]) as f(n, code, detail)
      where s.user_n = f.n and s.action = 'd' and s.fault_code is null
      returning s.line, f.code, f.detail)
    insert into staged_refusal (line, code, detail) select line, code, detail from refused on conflict do nothing`;
  await tx.rows({ text }, [
    faults.map(({ n }) => n),
    faults.map(({ code }) => code),
    faults.map(({ detail }) => detail),
  ]);
}

/** Users that rows delete, each with the last row about it; rows after a deletion that import it again win. */
export async function deletePersons(tx: Tx, author: ChangeAuthor): Promise<void> {
  await tx.rows({ text: drop }, authorColumns(author));
  await tx.rows({ text: dropKeys });
}

const GONE = `(
  select user_n as n, line from (
    select distinct on (user_n) user_n, line, action from staged_user
    where user_n is not null and fault_code is null order by user_n, line desc) last
  where action = 'd')`;

const drop = `
  with gone as materialized (select * from ${GONE} g),
  before as (
    select u.n, u.user_name, u.active, u.active_since, u.document from gone join users u on u.n = gone.n
    where u.deleted_at is null order by u.n for no key update of u),
  listing as (
    select distinct a.group_n from assertion a join before b on b.n = a.member_n
    join groups g on g.n = a.group_n and g.kind = 'regular'
    where not a.suppressed),
  bumped as (
    update groups set version = version + 1, modified_at = now() where n in (select group_n from listing)),
  ended as (delete from assertion a using before b where a.member_n = b.n returning a.*),
  ${endedMemberships('ended')},
  ${endedActivity('before', 'true')},
  unaffiliated as (delete from affiliation_fact f using before b where f.user_n = b.n returning f.*),
  ${endedAffiliations('unaffiliated')},
  dead as (
    update users u set deleted_at = now(), modified_at = now(), version = version + 1 from before b where u.n = b.n),
  stated as (delete from user_statement s using before b where s.user_n = b.n),
  noted as (insert into staged_effect (line) select gone.line from gone join before b on b.n = gone.n),
  logged as (
    insert into change (type, user_n, actor_kind, actor_id, on_behalf_of, source_n, origin_n, request_id)
    select 'user.deleted', n, $1::text, $2::text, (select u.n from users u where u.id = $3::uuid) as on_behalf_of, $4::int,
           $5::bigint, $6::text
    from before order by n
    returning seq, user_n)
  insert into change_personal (seq, user_n, before)
  select l.seq, l.user_n,
         jsonb_build_object('userName', b.user_name, 'active', b.active, 'externalId', null) || b.document
  from logged l join before b on b.n = l.user_n`;

const dropKeys = `
  delete from identity_key k using staged_user s, users u
  where s.user_n = u.n and u.deleted_at is not null and k.user_n = u.n`;
