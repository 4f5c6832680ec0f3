/** Retiring a source (D-09): what it asserts ends, or becomes another source's. One statement a question, over all rows. */
import type { SourceN } from '../core/ids.ts';
import type { SourceKind } from '../core/attribution.ts';
import { authorColumns, type ChangeAuthor, type Place } from './changes.ts';
import { type Connection, named, onlyRow, type Tx } from './database.ts';
import { endedMemberships } from './history.ts';
import { endedPeople, type EndedPeople, endPeople } from './feeds/ended-people.ts';
import { placeOf } from './feeds/names.ts';

export interface RetiringSource {
  readonly n: SourceN;
  readonly name: string;
  readonly kind: SourceKind;
  /** A client that is let in, or a provider that people sign in by. */
  readonly in_use: boolean;
}

const lock = named(
  'retiring_lock',
  `select s.n, s.name, s.kind,
          exists (select from client c where c.source_n = s.n and c.revoked_at is null)
            or exists (select from idp p where p.source_n = s.n and p.deleted_at is null) as in_use
   from source s where s.name = $1 and s.retired_at is null for no key update`,
);

const lockGroups = named(
  'retiring_lock_groups',
  `select n from groups
   where n in (select group_n from assertion where source_n = $1) or reserved_to = $1 or $1 = any(trusted_sources)
   order by n for no key update`,
);

/** People of whom the source says anything, with whether nobody else does. */
const OWN_PEOPLE = endedPeople(
  `select p.user_n as n from user_statement p where p.source_n = $4::int and p.ended_at is null
   union select k.user_n from identity_key k where k.kind = 'externalId' and k.issuer = $4::int::text
   union select u.n from users u where u.created_by = $4::int`,
  'its source was retired',
);

const dropKeys = named(
  'retiring_drop_keys',
  `delete from identity_key where kind = 'externalId' and issuer = $1::int::text`,
);

/** An assertion that the other source makes as well goes; one that is suppressed there and stands here takes its place. */
const handOverAssertions = named(
  'retiring_hand_over_assertions',
  `with pair as materialized (
     select a.group_n, a.member_n, o.suppressed and not a.suppressed as wins
     from assertion a join assertion o on o.group_n = a.group_n and o.member_n = a.member_n and o.source_n = $2
     where a.source_n = $1),
   gone as (
     delete from assertion a using pair p
     where a.group_n = p.group_n and a.member_n = p.member_n and a.source_n = case when p.wins then $2 else $1 end
     returning a.*),
   ${endedMemberships('gone')}
   select count(*)::int as gone from pair`,
);

const moveAssertions = named(
  'retiring_move_assertions',
  `with moved as (update assertion set source_n = $2 where source_n = $1 returning 1)
   select count(*)::int as moved from moved`,
);

const handOverPeople = named(
  'retiring_hand_over_people',
  `with known as (
     delete from user_statement p where p.source_n = $1 and exists (
       select from user_statement o where o.source_n = $2 and o.user_n = p.user_n)),
   stated as (
     update user_statement p set source_n = $2 where p.source_n = $1 and not exists (
       select from user_statement o where o.source_n = $2 and o.user_n = p.user_n)),
   named_there as (
     delete from identity_key k where k.kind = 'externalId' and k.issuer = $1::int::text and exists (
       select from identity_key o where o.kind = 'externalId' and o.issuer = $2::int::text
         and (o.user_n = k.user_n or o.value_key = k.value_key))),
   named_here as (
     update identity_key k set issuer = $2::int::text
     where k.kind = 'externalId' and k.issuer = $1::int::text and not exists (
       select from identity_key o where o.kind = 'externalId' and o.issuer = $2::int::text
         and (o.user_n = k.user_n or o.value_key = k.value_key))),
   made as (update users set created_by = $2 where created_by = $1)
   update groups set created_by = $2 where created_by = $1`,
);

const keysOf = named('retiring_keys', 'update identity_key set source_n = $2 where source_n = $1');

/** Groups that only the source could write to, and groups that trusted it, with a log entry each. */
const passGroupsOn = named(
  'retiring_pass_groups_on',
  `with before as (
     select g.n, g.reserved_to, g.trusted_sources from groups g
     where g.deleted_at is null and (g.reserved_to = $4::int or $4::int = any(g.trusted_sources))),
   after as (
     select b.n, case when b.reserved_to = $4::int then $7::int else b.reserved_to end as reserved_to,
            case when $7::int is null or $7::int = any(b.trusted_sources) then array_remove(b.trusted_sources, $4::int)
              else array_replace(b.trusted_sources, $4::int, $7::int) end as trusted_sources
     from before b),
   written as (
     update groups g set reserved_to = a.reserved_to, trusted_sources = a.trusted_sources,
       version = version + 1, modified_at = now()
     from after a where g.n = a.n),
   logged as (
     insert into change (type, group_n, actor_kind, actor_id, on_behalf_of, source_n, origin_n, request_id, before, after)
     select 'group.updated', b.n, $1::text, $2::text, (select u.n from users u where u.id = $3::uuid), $4::int, $5::bigint,
            $6::text,
            jsonb_build_object('reservedTo', (select name from source where n = b.reserved_to), 'trustedSources',
              to_jsonb(array(select name from source where n = any(b.trusted_sources) order by 1))),
            jsonb_build_object('reservedTo', (select name from source where n = a.reserved_to), 'trustedSources',
              to_jsonb(array(select name from source where n = any(a.trusted_sources) order by 1)))
     from before b join after a on a.n = b.n order by b.n
     returning xid, seq)
   select max(xid::text) as xid, max(seq) as seq from logged`,
);

const retire = named('retiring_retire', 'update source set retired_at = now() where n = $1');

const isRetiredText = named(
  'retiring_is_retired',
  'select 1 from source where n = $1 and retired_at is not null',
);

/** Locks the source of that name until the transaction ends; null where there is none, or it is retired already. */
export async function lockRetiring(tx: Tx, name: string): Promise<RetiringSource | null> {
  return (await tx.rows<RetiringSource>(lock, [name]))[0] ?? null;
}

/** Locks every group that the source has a say in, in the order of their numbers. */
export async function lockGroupsOfSource(tx: Tx, source: SourceN): Promise<void> {
  await tx.rows(lockGroups, [source]);
}

/** Ends what the source says of people; whom nobody else asserts is deactivated. */
export async function endPeopleOfSource(tx: Tx, author: ChangeAuthor): Promise<EndedPeople> {
  const ended = await endPeople(tx, OWN_PEOPLE, author);
  await tx.rows(dropKeys, [author.sourceN]);
  return ended;
}

export interface HandOver {
  readonly from: SourceN;
  readonly to: SourceN;
}

/** Makes what one source asserts another's; nobody joins or leaves anything. Answers how many assertions there were. */
export async function handOver(tx: Tx, { from, to }: HandOver): Promise<number> {
  const { gone } = onlyRow(await tx.rows<{ gone: number }>(handOverAssertions, [from, to]));
  const { moved } = onlyRow(await tx.rows<{ moved: number }>(moveAssertions, [from, to]));
  await tx.rows(handOverPeople, [from, to]);
  await tx.rows(keysOf, [from, to]);
  return gone + moved;
}

/** Lifts reservations to the source and trust in it, or gives them to another. */
export async function passGroupsOnFrom(
  tx: Tx,
  author: ChangeAuthor,
  to: SourceN | null,
): Promise<Place | null> {
  return placeOf(await tx.rows(passGroupsOn, [...authorColumns(author), to]));
}

/** Takes the source out of use for good. */
export async function markRetired(tx: Tx, source: SourceN): Promise<void> {
  await tx.rows(retire, [source]);
}

/** True when the source was retired. */
export async function isRetired(connection: Connection, source: SourceN): Promise<boolean> {
  return (await connection.rows(isRetiredText, [source])).length > 0;
}
