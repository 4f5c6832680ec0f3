/**
 * Facts of the installation that its database keeps: which master key seals it, and the epoch. An epoch is one
 * unbroken life of one database: a restored or cloned one starts a new epoch, so that cursors of the old are
 * refused and a copy never pushes (P-01).
 */
import { type Connection, named, type Database, onlyRow, type Tx } from './database.ts';
import { isSetBack, NOTHING_OUTSIDE, type Outside } from './set-back.ts';

export interface Epoch {
  readonly id: string;
  /** Which database of which server it is the epoch of. */
  readonly system: string;
  /** True when this start found another database, another address or an older state than the epoch before it had. */
  readonly isNew: boolean;
}

const lock = named('installation_lock', 'lock table epoch in share row exclusive mode');

const identity = named(
  'installation_identity',
  `select s.system_identifier::text || ':' || d.oid::text as system, c.timeline_id as timeline
   from pg_control_system() s, pg_control_checkpoint() c, pg_database d where d.datname = current_database()`,
);

const open = named(
  'epoch_open',
  'select id, system_identifier, timeline, base_url from epoch where closed_at is null',
);

const close = named('epoch_close', 'update epoch set closed_at = now() where closed_at is null');

const insert = named(
  'epoch_insert',
  'insert into epoch (system_identifier, timeline, base_url) values ($1, $2, $3) returning id',
);

const isAhead = named(
  'epoch_log_is_ahead',
  `select exists (select from change where xid >= pg_snapshot_xmax(pg_current_snapshot()))
     or exists (select from feed_batch where horizon > pg_snapshot_xmax(pg_current_snapshot())) as found`,
);

/* Before every transaction of this server, so that every position sees them. */
const settleLog = named(
  'epoch_settle_log',
  `update change set xid = '1', first_xid = coalesce(first_xid, xid) where xid >= pg_snapshot_xmax(pg_current_snapshot())`,
);
const settleImports = named(
  'epoch_settle_imports',
  `update import_run set change_xid = '1' where change_xid >= pg_snapshot_xmax(pg_current_snapshot())`,
);
const settlePlans = named(
  'epoch_settle_plans',
  `update plan set made_xid = '1', applied_xid = null where made_xid >= pg_snapshot_xmax(pg_current_snapshot())`,
);
const settleCuts = named(
  'epoch_settle_cuts',
  `with gone as (delete from feed_batch returning n)
   insert into feed_batch (n, snapshot, horizon)
   select max(n) + 1, pg_current_snapshot(), pg_snapshot_xmax(pg_current_snapshot()) from gone`,
);

const bindKey = named(
  'installation_bind_key',
  `with inserted as (
     insert into installation (key, value) values ('master_key', to_jsonb($1::text)) on conflict do nothing
     returning value)
   select coalesce((select value from inserted), (select value from installation where key = 'master_key'))
     = to_jsonb($1::text) as fits`,
);

const boundKey = named(
  'installation_bound_key',
  `select value = to_jsonb($1::text) as fits from installation where key = 'master_key'`,
);

const sealedWith = named(
  'installation_sealed_with',
  `select value #>> '{}' as fingerprint from installation where key = 'master_key'`,
);

const firstStart = named(
  'installation_first_start',
  `insert into installation (key, value) values ('first_start', to_jsonb(now())) on conflict do nothing
   returning true as is_first`,
);

interface EpochRow {
  readonly id: string;
  readonly system_identifier: string;
  readonly timeline: number;
  readonly base_url: string;
}

/**
 * The epoch that is open for this database and address; opens one where none is, where either is another, and where
 * what is known outside of the database says that it was set back.
 */
export async function openEpoch(
  database: Database,
  baseUrl: string,
  outside: Outside = NOTHING_OUTSIDE,
): Promise<Epoch> {
  return database.transaction(async (tx) => {
    await tx.rows(lock);
    const here = onlyRow(await tx.rows<{ system: string; timeline: number }>(identity));
    const [standing] = await tx.rows<EpochRow>(open);
    const { system } = here;
    const wasSetBack = await isSetBack(tx, system, outside);
    const isSame =
      !wasSetBack &&
      standing?.system_identifier === here.system &&
      standing.timeline === here.timeline &&
      standing.base_url === baseUrl;
    if (standing !== undefined && isSame) return { id: standing.id, system, isNew: false };
    if (standing !== undefined) await settleOldLog(tx);
    return { id: await beginEpoch(tx, here, baseUrl), system, isNew: standing !== undefined };
  });
}

/** Closes the epoch of a backup that was loaded just now, and opens another: what reads on from the old one is told so. */
export async function beginRestoredEpoch(tx: Tx, baseUrl: string): Promise<void> {
  const here = onlyRow(await tx.rows<{ system: string; timeline: number }>(identity));
  await settleOldLog(tx);
  await beginEpoch(tx, here, baseUrl);
}

/** Id of the epoch that is open; null before the first start. */
export async function findEpoch(connection: Connection): Promise<string | null> {
  return (await connection.rows<EpochRow>(open))[0]?.id ?? null;
}

/** True when the database is sealed with the master key of that fingerprint; the first one to come seals it. */
export async function bindMasterKey(database: Database, fingerprint: string): Promise<boolean> {
  return onlyRow(await database.rows<{ fits: boolean }>(bindKey, [fingerprint])).fits;
}

/** Whether the database is sealed with the master key of that fingerprint; null while no key has sealed it. */
export async function fitsMasterKey(connection: Connection, fingerprint: string): Promise<boolean | null> {
  return (await connection.rows<{ fits: boolean }>(boundKey, [fingerprint]))[0]?.fits ?? null;
}

/** Fingerprint of the master key that seals the database; null while no key has. */
export async function readBoundKey(connection: Connection): Promise<string | null> {
  return (await connection.rows<{ fingerprint: string }>(sealedWith))[0]?.fingerprint ?? null;
}

/** True once in the life of a database: for the transaction that takes care of the first start. */
export async function claimFirstStart(tx: Tx): Promise<boolean> {
  return (await tx.rows<{ is_first: boolean }>(firstStart)).length === 1;
}

/**
 * A dump that is loaded into another server brings log rows with the numbers of transactions that the other server
 * has yet to count to. There they would come up as new one day, and what is written until then would count as told.
 * All of it becomes past, in one cut; plans of before can no longer be undone, for nobody can tell what they wrote.
 */
async function settleOldLog(tx: Tx): Promise<void> {
  if (!onlyRow(await tx.rows<{ found: boolean }>(isAhead)).found) return;
  for (const statement of [settleLog, settleImports, settlePlans, settleCuts]) await tx.rows(statement);
}

async function beginEpoch(
  tx: Tx,
  here: { readonly system: string; readonly timeline: number },
  baseUrl: string,
): Promise<string> {
  await tx.rows(close);
  return onlyRow(await tx.rows<{ id: string }>(insert, [here.system, here.timeline, baseUrl])).id;
}
