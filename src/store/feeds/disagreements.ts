/**
 * What files and the directory disagree about, for a person to decide (D-08 to D-10): rows whose keys name two
 * users, login keys proposed for full users, attributes that were changed elsewhere. One open entry per
 * disagreement; seen again it is counted up, and once decided it is not opened again.
 */
import type { Json } from '../../core/scim/json.ts';
import type { SourceN, UserN } from '../../core/ids.ts';
import type { Tx } from '../database.ts';
import { heldOutOfReach } from '../permission-holders.ts';

/** Where an entry was met. */
export interface MetIn {
  readonly source: SourceN;
  readonly file: string;
}

const COUNT_UP = `on conflict (source_n, fingerprint) where state <> 'gone'
  do update set times = disagreement.times + 1, last_at = now(), file = excluded.file, line = excluded.line,
                users = excluded.users, current = excluded.current`;

/** Notes the rows that were refused because their keys name several users. */
export async function noteIdentityConflicts(tx: Tx, { source, file }: MetIn): Promise<void> {
  const text = `
    insert into disagreement (kind, fingerprint, source_n, code, detail, users, cell, file, line)
    select distinct on (t.cell) 'identity', 'identity ' || md5(t.cell), $1::int, t.code, t.detail, array(
             select u.n from users u
             where u.deleted_at is null and (u.user_name_key = t.name_key or u.n in (
               select k.user_n from identity_key k
               where (k.kind = 'email' and k.value_key = t.email_key)
                  or (k.kind = 'targetedId' and k.issuer = t.issuer and k.value_key = t.targeted_id)
                  or (k.kind = 'externalId' and k.issuer = $1::int::text and k.value_key = t.external_id)))
             order by u.n limit 10), t.cell, $2, t.line
    from (
      select r.code, r.detail, s.line, s.name_key, s.email_key, s.issuer, s.targeted_id,
             s.data ->> 'externalId' as external_id,
             concat_ws('|', s.targeted_id, s.name, case when s.either then null else s.email end) as cell
      from staged_refusal r join staged_row s on s.line = r.line
      where r.code in ('identity.conflict', 'identity.ambiguous')) t
    order by t.cell, t.line
    ${COUNT_UP}`;
  await tx.rows({ text }, [source, file]);
}

/** A login key that a row gives a full user, which has none of that issuer yet or another one. */
export interface ProposedKey {
  readonly n: UserN;
  readonly line: number;
  readonly kind: 'targetedId' | 'eppn';
  readonly issuer: string;
  readonly key: string;
  readonly value: string;
}

/** Notes login keys for a person to bind (D-10). */
export async function noteProposals(
  tx: Tx,
  { source, file }: MetIn,
  keys: readonly ProposedKey[],
): Promise<void> {
  if (keys.length === 0) return;
  const text = `
    insert into disagreement (kind, fingerprint, source_n, code, detail, users, cell, attribute, stated, file, line)
    select distinct on (t.n, t.kind, t.issuer, t.key) 'login', 'login ' || t.n || ' ' || t.kind || ' ' || md5(t.issuer || ' ' || t.key), $1, 'login.proposed',
           'A full user gains a login key only by its own provider, an administrator, or a feed that may bind logins.',
           array[t.n], t.value, t.kind, jsonb_build_object('issuer', t.issuer, 'key', t.key, 'value', t.value), $2, t.line
    from unnest($3::int[], $4::int[], $5::text[], $6::text[], $7::text[], $8::text[])
      as t(n, line, kind, issuer, key, value)
    order by t.n, t.kind, t.issuer, t.key, t.line
    ${COUNT_UP}`;
  await tx.rows({ text }, [
    source,
    file,
    keys.map(({ n }) => n),
    keys.map(({ line }) => line),
    keys.map(({ kind }) => kind),
    keys.map(({ issuer }) => issuer),
    keys.map(({ key }) => key),
    keys.map(({ value }) => value),
  ]);
}

/** What a feed states of a user while the directory says something else. */
export interface DriftNote {
  readonly n: UserN;
  readonly line: number;
  readonly attribute: string;
  readonly stated: Json;
  readonly current: Json;
}

/** Notes drift (D-09). */
export async function noteDrift(
  tx: Tx,
  { source, file }: MetIn,
  drifts: readonly DriftNote[],
): Promise<void> {
  if (drifts.length === 0) return;
  const text = `
    insert into disagreement (kind, fingerprint, source_n, code, detail, users, attribute, stated, current, file, line)
    select distinct on (t.n, t.attribute) 'drift', 'drift ' || t.n || ' ' || t.attribute || ' ' || md5(t.stated), $1,
           'attribute.drift', 'The feed states another value than the directory has.', array[t.n], t.attribute,
           t.stated::jsonb, t.current::jsonb, $2, t.line
    from unnest($3::int[], $4::int[], $5::text[], $6::text[], $7::text[]) as t(n, line, attribute, stated, current)
    order by t.n, t.attribute, t.line desc
    ${COUNT_UP}`;
  await tx.rows({ text }, [
    source,
    file,
    drifts.map(({ n }) => n),
    drifts.map(({ line }) => line),
    drifts.map(({ attribute }) => attribute),
    drifts.map(({ stated }) => JSON.stringify(stated)),
    drifts.map(({ current }) => JSON.stringify(current)),
  ]);
}

/** Entries of a source that its last snapshot did not meet again are gone. */
export async function forgetUnmet(tx: Tx, source: SourceN): Promise<void> {
  const text = `update disagreement set state = 'gone' where source_n = $1 and state = 'open' and last_at < now()`;
  await tx.rows({ text }, [source]);
}

/** Login keys that cells of membership rows give full users, and stubs that hold more than the source could give: those that nobody has yet. */
export async function listCellKeys(tx: Tx, source: SourceN): Promise<ProposedKey[]> {
  const text = `
    select p.user_n as n, p.import_line as line, 'targetedId' as kind, p.issuer, p.targeted_id as key,
           p.targeted_id as value
    from staged_person p join users u on u.n = p.user_n
      and (not u.stub or u.n in (select h.n from (${heldOutOfReach('$1::int')}) h))
    where p.targeted_id is not null and p.import_line is not null and p.fault_code is null
      and not exists (select 1 from identity_key k
                      where k.kind = 'targetedId' and k.issuer = p.issuer and k.value_key = p.targeted_id)
    order by 2`;
  return tx.rows<ProposedKey>({ text }, [source]);
}

/** E-mails that cells of membership rows give full users which have others: drift (the identity cell, rule 4). */
export async function listCellEmails(tx: Tx): Promise<DriftNote[]> {
  const text = `
    select p.user_n as n, p.import_line as line, 'emails' as attribute, to_jsonb(s.email) as stated,
           coalesce(u.document #> '{emails,0,value}', 'null') as current
    from staged_person p
    join users u on u.n = p.user_n and not u.stub
    join staged_row s on s.line = p.import_line
    where p.email_key is not null and not p.either and p.import_line is not null and p.fault_code is null
      and not exists (select 1 from identity_key k
                      where k.kind = 'email' and k.value_key = p.email_key and k.user_n = p.user_n)`;
  return tx.rows<DriftNote>({ text });
}

/** The login keys that users have already, as `user kind issuer`, with their value. */
export async function loginKeysOf(tx: Tx, users: readonly UserN[]): Promise<ReadonlyMap<string, string>> {
  if (users.length === 0) return new Map();
  const text = `
    select user_n as n, kind, issuer, value_key as key from identity_key
    where user_n = any($1::int[]) and kind in ('targetedId', 'eppn')`;
  const rows = await tx.rows<{ n: number; kind: string; issuer: string; key: string }>({ text }, [users]);
  return new Map(rows.map(({ n, kind, issuer, key }) => [keyOfLogin({ n, kind, issuer }), key]));
}

/** How {@link loginKeysOf} names a key. */
export function keyOfLogin({ n, kind, issuer }: { n: number; kind: string; issuer: string }): string {
  return `${n} ${kind} ${issuer}`;
}

/** Gives users login keys; one that somebody has stays where it is. */
export async function bindLogins(
  tx: Tx,
  source: number,
  keys: readonly Omit<ProposedKey, 'line'>[],
): Promise<void> {
  if (keys.length === 0) return;
  const text = `
    insert into identity_key (kind, issuer, value_key, user_n, value, source_n)
    select t.kind, t.issuer, t.key, t.n, t.value, $1
    from unnest($2::int[], $3::text[], $4::text[], $5::text[], $6::text[]) as t(n, kind, issuer, key, value)
    on conflict do nothing`;
  await tx.rows({ text }, [
    source,
    keys.map(({ n }) => n),
    keys.map(({ kind }) => kind),
    keys.map(({ issuer }) => issuer),
    keys.map(({ key }) => key),
    keys.map(({ value }) => value),
  ]);
}
