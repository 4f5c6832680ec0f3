/** Rows of targets and of their scopes. */
import type { GroupId, GroupN } from '../../core/ids.ts';
import { storableJson } from '../../core/targets/foreign-text.ts';
import { type Connection, named, onlyRow, type Tx } from '../database.ts';

export type TargetType = 'scim' | 'webhook' | 'ldap' | 'sql' | 'file';
export type TargetMode = 'off' | 'observe' | 'enforce';

export interface TargetRow {
  readonly n: number;
  readonly id: string;
  readonly name: string;
  readonly type: TargetType;
  readonly mode: TargetMode;
  readonly paused_why: string | null;
  readonly all_users: boolean;
  readonly settings: unknown;
  /** Sealed with the installation's key, context: the target's id. */
  readonly credentials: Buffer;
  readonly guards: unknown;
  readonly learned: unknown;
  readonly circuit: unknown;
  readonly epoch_id: string;
  readonly cursor: string | null;
  readonly swept_at: Date | null;
  /** Version under which everything was compared last. */
  readonly swept_version: number | null;
  /** Version with which the settings changed last. */
  readonly settings_version: number;
  readonly observed_at: Date | null;
  readonly version: number;
  readonly created_at: Date;
  readonly modified_at: Date;
  /** Assigned groups that are alive. */
  readonly groups: readonly GroupId[];
}

export interface TargetWrite {
  readonly name: string;
  readonly nameKey: string;
  readonly mode: TargetMode;
  readonly pausedWhy: string | null;
  readonly allUsers: boolean;
  readonly settings: unknown;
  readonly credentials: Buffer;
  readonly guards: unknown;
}

export interface NewTarget extends TargetWrite {
  readonly id: string;
  readonly type: TargetType;
}

const columns = `t.n, t.id, t.name, t.type, t.mode, t.paused_why, t.all_users, t.settings, t.credentials, t.guards,
  t.learned, t.circuit, t.epoch_id, t.cursor, t.swept_at, t.swept_version, t.settings_version, t.observed_at, t.version, t.created_at, t.modified_at,
  array(select g.id from target_scope s join groups g on g.n = s.group_n
        where s.target_n = t.n and g.deleted_at is null order by g.n) as groups`;

const list = named('target_list', `select ${columns} from target t where t.deleted_at is null order by t.n`);

const find = named(
  'target_find',
  `select ${columns} from target t where t.deleted_at is null and (t.id::text = lower($1) or t.name_key = $2)`,
);

const byN = named('target_by_n', `select ${columns} from target t where t.deleted_at is null and t.n = $1`);

const lock = named(
  'target_lock',
  'select n from target where n = $1 and deleted_at is null for no key update',
);

const isAt = named(
  'target_is_at_version',
  'select from target where n = $1 and version = $2 and deleted_at is null for share',
);

const insert = named(
  'target_insert',
  `insert into target (id, name, name_key, type, mode, paused_why, all_users, settings, credentials, guards, epoch_id)
   values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, (select id from epoch where closed_at is null))
   returning n`,
);

const update = named(
  'target_update',
  `update target
   set name = $2, name_key = $3, mode = $4, paused_why = $5, all_users = $6, settings = $7, credentials = $8,
       guards = $9, circuit = '{}', epoch_id = (select id from epoch where closed_at is null), swept_at = null,
       -- The message of a webhook that waits for its next try is tried at once.
       cursor = jsonb_set(cursor::jsonb, '{dueAt}', 'null')::text,
       settings_version = case when settings = $7 then settings_version else version + 1 end,
       learned = case when settings = $7 then learned else '{}' end,
       version = version + 1, modified_at = now()
   where n = $1`,
);

const setScope = named(
  'target_set_scope',
  `with gone as (delete from target_scope where target_n = $1 and not group_n = any($2::int[]))
   insert into target_scope (target_n, group_n) select $1, unnest($2::int[]) on conflict do nothing`,
);

const tombstone = named(
  'target_tombstone',
  // Whoever drives it ends at once, for it is at another version.
  `update target set deleted_at = now(), mode = 'off', credentials = '', version = version + 1 where n = $1`,
);

const takeOver = named(
  'target_take_over',
  `update target t
   set mode = case t.mode when 'enforce' then 'observe' else t.mode end,
       paused_why = case t.mode when 'enforce' then $1 else t.paused_why end,
       epoch_id = e.id, position = null, swept_at = null, settings_version = version + 1,
       cursor = case when t.cursor is null then null
         else '{"place":null,"failures":0,"dueAt":null,"why":null,"gap":{"since":null,"count":1}}' end,
       version = version + 1, modified_at = now()
   from epoch e
   where e.closed_at is null and t.deleted_at is null and t.epoch_id <> e.id
   returning t.n`,
);

const pause = named(
  'target_pause',
  `update target set mode = 'off', paused_why = $2, version = version + 1, modified_at = now() where n = $1`,
);

const startAnew = named(
  'target_start_anew',
  'update target set swept_at = null, version = version + 1, modified_at = now() where n = $1 and deleted_at is null',
);

const savePlace = named(
  'target_save_place',
  'update target set cursor = $2 where n = $1 and version = $3 returning n',
);
const replayFrom = named(
  'target_replay',
  'update target set cursor = $2, version = version + 1, modified_at = now() where n = $1',
);
const saveLearned = named(
  'target_save_learned',
  `update target
   set learned = $2::jsonb || jsonb_build_object('evidence', coalesce(learned->'evidence', '{}') || ($2::jsonb->'evidence'))
   where n = $1 and version = $3`,
);
const saveCircuit = named(
  'target_save_circuit',
  'update target set circuit = $2 where n = $1 and version = $3',
);

const groupNumbers = named(
  'target_group_numbers',
  'select n, id from groups where id = any($1::uuid[]) and deleted_at is null',
);

/** All targets, oldest first. */
export function listTargets(connection: Connection): Promise<TargetRow[]> {
  return connection.rows<TargetRow>(list);
}

/** A target by id, or by name compared as `nameKey`. */
export async function findTarget(
  connection: Connection,
  { idOrName, nameKey }: { readonly idOrName: string; readonly nameKey: string },
): Promise<TargetRow | null> {
  return (await connection.rows<TargetRow>(find, [idOrName, nameKey]))[0] ?? null;
}

/** The target of that number; null once it is deleted. */
export async function readTarget(connection: Connection, n: number): Promise<TargetRow | null> {
  return (await connection.rows<TargetRow>(byN, [n]))[0] ?? null;
}

/** Locks a target's row until the transaction ends; false when it is gone. */
export async function lockTarget(tx: Tx, n: number): Promise<boolean> {
  return (await tx.rows(lock, [n])).length === 1;
}

/** True where a target was not changed since it was at that version; it stays so until the transaction ends. */
export async function isAtVersion(
  tx: Tx,
  { n, version }: Pick<TargetRow, 'n' | 'version'>,
): Promise<boolean> {
  return (await tx.rows(isAt, [n, version])).length === 1;
}

/** Adds a target to the open epoch; the constraint `target_name_unique` refuses a name in use. */
export async function insertTarget(tx: Tx, target: NewTarget): Promise<number> {
  const { id, type, name, nameKey, ...write } = target;
  return onlyRow(await tx.rows<{ n: number }>(insert, [id, name, nameKey, type, ...valuesOf(write)])).n;
}

/**
 * Writes a target, takes it into the open epoch and has it swept. With other settings it may be another service:
 * what was learned of it is forgotten.
 */
export async function updateTarget(
  tx: Tx,
  n: number,
  { name, nameKey, ...write }: TargetWrite,
): Promise<void> {
  await tx.rows(update, [n, name, nameKey, ...valuesOf(write)]);
}

/** Makes the assigned groups these and no others. */
export async function setTargetScope(tx: Tx, n: number, groups: readonly GroupN[]): Promise<void> {
  await tx.rows(setScope, [n, groups]);
}

/** Leaves a tombstone without credentials. */
export async function tombstoneTarget(tx: Tx, n: number): Promise<void> {
  await tx.rows(tombstone, [n]);
}

/**
 * Takes targets of an older epoch into the open one: those that enforce observe until a person resumes them, so
 * that a copy never pushes; places in the old log are forgotten, and a webhook is told of a gap. Answers which.
 */
export async function takeOverOldEpochs(connection: Connection, why: string): Promise<number[]> {
  return (await connection.rows<{ n: number }>(takeOver, [why])).map(({ n }) => n);
}

/** Switches a target off and says why. */
export async function pauseTarget(connection: Connection, n: number, why: string): Promise<void> {
  await connection.rows(pause, [n, why]);
}

/** Moves a webhook's place in the log; false, and nothing is moved, when the target is at another version. */
export async function saveWebhookPlace(
  tx: Tx,
  { n, version }: Pick<TargetRow, 'n' | 'version'>,
  place: string,
): Promise<boolean> {
  return (await tx.rows(savePlace, [n, place, version])).length === 1;
}

/** Sets a webhook's place in the log, whoever drives it: that one begins anew. */
export async function replayWebhook(tx: Tx, n: number, place: string): Promise<void> {
  await tx.rows(replayFrom, [n, place]);
}

/** Remembers what was learned of a target, beside the evidence of before; nothing of one that was changed meanwhile. */
export async function saveLearnedTraits(
  connection: Connection,
  { n, version }: Pick<TargetRow, 'n' | 'version'>,
  learned: { readonly evidence: object },
): Promise<void> {
  await connection.rows(saveLearned, [n, storableJson(learned), version]);
}

/** Remembers how a target's circuit stands; nothing of one that was changed meanwhile, for it begins anew. */
export async function saveTargetCircuit(
  connection: Connection,
  { n, version }: Pick<TargetRow, 'n' | 'version'>,
  circuit: unknown,
): Promise<void> {
  await connection.rows(saveCircuit, [n, storableJson(circuit), version]);
}

/** Has whoever drives the target begin anew, with a comparison of everything. */
export async function startTargetAnew(tx: Tx, n: number): Promise<void> {
  await tx.rows(startAnew, [n]);
}

/** Numbers of living groups by id; ids that are none are left out. */
export function findScopeGroups(
  connection: Connection,
  ids: readonly string[],
): Promise<{ readonly n: GroupN; readonly id: GroupId }[]> {
  return connection.rows(groupNumbers, [ids]);
}

function valuesOf(write: Omit<TargetWrite, 'name' | 'nameKey'>): readonly unknown[] {
  return [
    write.mode,
    write.pausedWhy,
    write.allUsers,
    JSON.stringify(write.settings),
    write.credentials,
    JSON.stringify(write.guards),
  ];
}
