/** Rows of groups: finding, locking, writing. */
import { searchForm } from '../core/scim/search-form.ts';
import type { GroupId, GroupN, SourceN, UserId, UserN } from '../core/ids.ts';
import type { Filter } from '../core/scim/filter.ts';
import { type Connection, named, onlyRow, type Tx } from './database.ts';

export type GroupKind = 'regular' | 'affiliation' | 'rule' | 'everyone-signed-in' | 'everyone';
export type AutoLeave = 'inherit' | 'on' | 'off';

export interface GroupRow {
  readonly n: GroupN;
  readonly id: GroupId;
  readonly name: string;
  readonly kind: GroupKind;
  readonly description: string | null;
  readonly internal: boolean;
  readonly hidden: boolean;
  readonly open: boolean;
  readonly public: boolean;
  readonly restricted: boolean;
  readonly auto_leave: AutoLeave;
  readonly rule: string | null;
  /** The rule as a typed tree; null without one. */
  readonly rule_filter: Filter | null;
  /** Name of the source that alone writes its members; null for none (D-03). */
  readonly reserved_to: string | null;
  /** The console may write them besides. */
  readonly console_besides: boolean;
  readonly document: Readonly<Record<string, unknown>>;
  readonly version: number;
  readonly created_at: Date;
  readonly modified_at: Date;
  /** The externalId that the asking source gave; null for none. */
  readonly external_id: string | null;
  /** It, or a group that it is nested in, confers more than `groups.request` (J-20). */
  readonly protected: boolean;
  /** The asking source may change it although it is protected. */
  readonly trusted: boolean;
  /** It, or a group that it is nested in, lets its members ask to join groups (J-11). */
  readonly lets_request: boolean;
}

export interface GroupWrite {
  readonly name: string;
  readonly nameKey: string;
  readonly kind: GroupKind;
  readonly description: string | null;
  readonly internal: boolean;
  readonly hidden: boolean;
  readonly open: boolean;
  readonly public: boolean;
  readonly restricted: boolean;
  readonly autoLeave: AutoLeave;
  readonly rule: string | null;
  readonly ruleFilter: Filter | null;
  readonly reservedTo: SourceN | null;
  readonly consoleBesides: boolean;
  readonly document: Readonly<Record<string, unknown>>;
}

const columns = `g.n, g.id, g.name, g.kind, g.description, g.internal, g.hidden, g.open, g.public, g.restricted,
  g.auto_leave, g.rule, g.rule_filter, (select s.name from source s where s.n = g.reserved_to) as reserved_to,
  g.console_besides, g.document, g.version, g.created_at, g.modified_at,
  (select e.value from group_external_id e where e.group_n = g.n and e.source_n = $2) as external_id,
  exists (
    select from permission_grant p join closure c on c.descendant = g.n and c.ancestor = p.holder_n
    where p.permission <> 'groups.request') as protected,
  $2::int = any(g.trusted_sources) as trusted,
  exists (
    select from permission_grant p join closure c on c.descendant = g.n and c.ancestor = p.holder_n
    where p.permission in ('groups.request', 'admin')) as lets_request`;

const byId = named('group_by_id', `select ${columns} from groups g where g.id = $1 and g.deleted_at is null`);

const byIdForUpdate = named(
  'group_by_id_for_update',
  `select ${columns} from groups g where g.id = $1 and g.deleted_at is null for no key update of g`,
);

/*
 * Members and group in one trip, for one trip is a tenth of a member change. The array stands in a sub-select
 * as in assertions. Where a member is a group, no row: the graph lock comes before the group's.
 */
const byIdForUpdateWithUsers = named(
  'group_by_id_for_update_with_users',
  `with found as materialized (
     select n, id from users where id = any((select $3::uuid[])::uuid[]) and deleted_at is null)
   select ${columns}, array(select n from found order by n) as user_ns,
     array(select id::text from found order by n) as user_ids
   from groups g
   where g.id = $1 and g.deleted_at is null
     and not exists (select from groups m where m.id = any((select $3::uuid[])::uuid[]) and m.deleted_at is null)
   for no key update of g`,
);

const byNumbers = named(
  'groups_by_number',
  `select ${columns} from groups g where g.n = any($1::int[]) and g.deleted_at is null order by g.n`,
);

const byNameKey = named(
  'group_by_name_key',
  `select ${columns} from groups g where g.name_key = $1 and g.deleted_at is null`,
);

const writeColumns = `name, name_key, kind, description, internal, hidden, open, public, restricted, auto_leave,
  rule, reserved_to, document, search, rule_filter, console_besides`;
const writeValues = '$3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17::jsonb, $18';

const insert = named(
  'group_insert',
  `with g as (
     insert into groups as g (${writeColumns}, created_by, rule_since)
     values (${writeValues}, $1, case when $13::text is not null then now() end) returning g.*),
   reflexive as (insert into closure (descendant, ancestor) select n, n from g)
   select ${columns} from g`,
);

const update = named(
  'group_update',
  `with past as (
     insert into rule_past (group_n, rule, since, until)
     select n, rule, rule_since, now() from groups
     where n = $1 and rule is distinct from $13::text and rule_since < now()),
   g as (
     update groups set (${writeColumns}) = (${writeValues}), version = version + 1, modified_at = now(),
       rule_since = case when rule is not distinct from $13::text then rule_since
                         when $13::text is not null then now() end
     where n = $1 returning *)
   select ${columns} from g`,
);

const bump = named(
  'group_bump',
  `update groups g set version = g.version + 1, modified_at = now()
   from (select n from groups where n = any($1::int[]) and deleted_at is null order by n for no key update) locked
   where g.n = locked.n`,
);

const tombstone = named(
  'group_tombstone',
  'update groups set deleted_at = now(), modified_at = now(), version = version + 1 where n = $1',
);

const deleteExternalIds = named(
  'group_external_id_delete',
  'delete from group_external_id where group_n = $1',
);

const syncExternalId = named(
  'group_external_id_sync',
  `with gone as (delete from group_external_id where group_n = $1 and source_n = $2 and $3::text is null)
   insert into group_external_id (group_n, source_n, value) select $1, $2, $3 where $3 is not null
   on conflict (source_n, group_n) do update set value = excluded.value`,
);

const everyoneAmong = named(
  'group_everyone_among',
  `select name from groups where n = any($1::int[]) and kind = 'everyone'`,
);

const ofKind = named(
  'group_of_kind',
  `select 1 from groups where kind = $1 and kind <> 'regular' and deleted_at is null limit 1`,
);

const namesSeen = named(
  'group_names_seen',
  `select g.n, g.name from groups g where g.n = any($1::int[])
     and (g.created_by = $2
       or not exists (select from client c where c.source_n = $2 and c.namespace = 'own')
       or exists (select from namespace_grant x where x.source_n = $2 and x.node_n = g.n))`,
);

/** The live group with that id; `source` says whose externalId to give, and whether it is trusted. */
export async function findGroup(
  connection: Connection,
  id: GroupId,
  source: SourceN,
): Promise<GroupRow | null> {
  return (await connection.rows<GroupRow>(byId, [id, source]))[0] ?? null;
}

/** As {@link findGroup}, locked until the transaction ends: every write to a group or its members takes this lock. */
export async function lockGroup(tx: Tx, id: GroupId, source: SourceN): Promise<GroupRow | null> {
  return (await tx.rows<GroupRow>(byIdForUpdate, [id, source]))[0] ?? null;
}

/** A locked group, and the live users among the ids that were asked for. */
export interface GroupWithUsers {
  readonly group: GroupRow;
  readonly users: readonly { readonly n: UserN; readonly id: UserId }[];
}

/**
 * As {@link lockGroup}, finding users by their ids in the same trip. Null when the group is not there, and when
 * one of the ids is a group's: nestings need the graph lock before this one.
 */
export async function lockGroupWithUsers(
  tx: Tx,
  { group, members, source }: { group: GroupId; members: readonly (UserId | GroupId)[]; source: SourceN },
): Promise<GroupWithUsers | null> {
  const [found] = await tx.rows<GroupRow & { user_ns: readonly UserN[]; user_ids: readonly UserId[] }>(
    byIdForUpdateWithUsers,
    [group, source, members],
  );
  if (found === undefined) return null;
  const { user_ns: numbers, user_ids: ids, ...row } = found;
  return { group: row, users: zip(numbers, ids) };
}

/** The live groups among those numbers, as a source meets them. */
export async function findGroupsOf(
  connection: Connection,
  numbers: readonly GroupN[],
  source: SourceN,
): Promise<GroupRow[]> {
  return connection.rows<GroupRow>(byNumbers, [numbers, source]);
}

/** The live group whose folded name is that key. */
export async function findGroupByName(
  connection: Connection,
  nameKey: string,
  source: SourceN,
): Promise<GroupRow | null> {
  return (await connection.rows<GroupRow>(byNameKey, [nameKey, source]))[0] ?? null;
}

/** Adds a group with its reflexive closure row; the constraint `groups_name_unique` refuses a name in use. */
export async function insertGroup(tx: Tx, write: GroupWrite, createdBy: SourceN): Promise<GroupRow> {
  return onlyRow(await tx.rows<GroupRow>(insert, [createdBy, createdBy, ...valuesOf(write)]));
}

/** Writes a group and moves its version. */
export async function updateGroup(tx: Tx, n: GroupN, write: GroupWrite, source: SourceN): Promise<GroupRow> {
  return onlyRow(await tx.rows<GroupRow>(update, [n, source, ...valuesOf(write)]));
}

/** Moves the versions of live groups, locking them in the order of their numbers so that two such writers never deadlock. */
export async function bumpGroups(tx: Tx, groups: readonly GroupN[]): Promise<void> {
  if (groups.length > 0) await tx.rows(bump, [groups]);
}

/** Leaves a tombstone; the name is free at once (D-06). */
export async function tombstoneGroup(tx: Tx, n: GroupN): Promise<void> {
  await tx.rows(tombstone, [n]);
  await tx.rows(deleteExternalIds, [n]);
}

/** Sets or clears the externalId that a source gives a group. */
export async function syncGroupExternalId(
  tx: Tx,
  group: GroupN,
  externalId: string | null,
  source: SourceN,
): Promise<void> {
  await tx.rows(syncExternalId, [group, source, externalId]);
}

/** Whether there is a living group of that kind, an automatic one. */
export async function hasGroupOfKind(connection: Connection, kind: GroupKind): Promise<boolean> {
  return (await connection.rows(ofKind, [kind])).length > 0;
}

/** Name of the group of everyone, where it is among them; null where it is not. */
export async function findEveryone(
  connection: Connection,
  groups: readonly GroupN[],
): Promise<string | null> {
  return (await connection.rows<{ name: string }>(everyoneAmong, [groups]))[0]?.name ?? null;
}

/** Names by number, for paths and messages; without those out of the namespace of a source that has its own. */
export async function groupNamesSeenBy(
  connection: Connection,
  groups: readonly GroupN[],
  source: SourceN,
): Promise<ReadonlyMap<GroupN, string>> {
  const rows = await connection.rows<{ n: GroupN; name: string }>(namesSeen, [groups, source]);
  return new Map(rows.map(({ n, name }) => [n, name]));
}

function zip(
  numbers: readonly UserN[],
  ids: readonly UserId[],
): { readonly n: UserN; readonly id: UserId }[] {
  return numbers.flatMap((n, at) => {
    const id = ids[at];
    return id === undefined ? [] : [{ n, id }];
  });
}

function valuesOf(write: GroupWrite): readonly unknown[] {
  return [
    write.name,
    write.nameKey,
    write.kind,
    write.description,
    write.internal,
    write.hidden,
    write.open,
    write.public,
    write.restricted,
    write.autoLeave,
    write.rule,
    write.reservedTo,
    JSON.stringify(write.document),
    JSON.stringify(searchForm({ ...write.document, description: write.description })),
    write.ruleFilter === null ? null : JSON.stringify(write.ruleFilter),
    write.consoleBesides,
  ];
}
