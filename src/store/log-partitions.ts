/**
 * The log is partitioned by month, so that what is past its keeping goes at once and not row by row (P-06). Rows
 * of a month that has no partition yet land in the default one and stay readable there.
 */
import { type Connection, type Database, named, type Tx } from './database.ts';

/** Key of the lock under which partitions are made, among PostgreSQL's advisory locks. */
const PARTITION_LOCK = 7_205_182;

const lock = named('log_partition_lock', `select pg_advisory_xact_lock(${PARTITION_LOCK})`);

const exists = named('log_partition_exists', 'select to_regclass($1) is not null as found');

const partitions = named(
  'log_partitions',
  `select c.relname as name from pg_inherits i join pg_class c on c.oid = i.inhrelid
   where i.inhparent = 'change'::regclass and c.relname ~ '^change_[0-9]{4}_[0-9]{2}$' order by c.relname`,
);

const inDefault = named(
  'log_partition_in_default',
  'select exists (select 1 from change_default where at >= $1 and at < $2) as found',
);

/**
 * Makes the partitions of the month of `now` and the one after. A month whose rows are in the default partition
 * already is left there. Gives up after two seconds of waiting for readers; the next round tries again.
 */
export async function ensureLogPartitions(database: Database, now: Date): Promise<void> {
  await database.transaction(async (tx) => {
    await tx.rows({ text: "set local lock_timeout = '2s'" });
    await tx.rows(lock);
    for (const offset of [0, 1]) await ensureMonth(tx, monthOf(now, offset), monthOf(now, offset + 1));
  });
}

/**
 * Drops the partitions of months that ended before `until`, and what they said of persons. Waits for readers two
 * seconds; the next round tries again.
 */
export async function dropLogPartitions(database: Database, until: Date): Promise<void> {
  await database.transaction(async (tx) => {
    await tx.rows({ text: "set local lock_timeout = '2s'" });
    await tx.rows(lock);
    for (const { name } of await tx.rows<{ name: string }>(partitions)) {
      if (endOf(name) > until) continue;
      await tx.rows({
        text: `delete from change_personal p using ${name} c where p.seq = c.seq and c.user_n is not null`,
      });
      await tx.rows({ text: `drop table ${name}` });
    }
  });
}

/** Months with a partition of their own, as `2026_11`. */
export async function listMonths(connection: Connection): Promise<string[]> {
  const found = await connection.rows<{ name: string }>(partitions);
  return found.map(({ name }) => name.slice('change_'.length));
}

/** Makes the partitions of months that have none; no row of them may be in the default one. */
export async function makeMonths(tx: Tx, months: readonly string[]): Promise<void> {
  for (const month of months) {
    const [year, number] = month.split('_').map(Number);
    const first = new Date(Date.UTC(year ?? 0, (number ?? 1) - 1));
    await ensureMonth(tx, first, monthOf(first, 1));
  }
}

/** The moment at which the month of a partition is over. */
function endOf(name: string): Date {
  const [, year = '', month = ''] = /^change_(\d{4})_(\d{2})$/.exec(name) ?? [];
  return new Date(Date.UTC(Number(year), Number(month), 1));
}

async function ensureMonth(tx: Tx, from: Date, to: Date): Promise<void> {
  const name = `change_${from.toISOString().slice(0, 7).replace('-', '_')}`;
  if (await isTrue(tx, exists, [name])) return;
  if (await isTrue(tx, inDefault, [from, to])) return;
  const range = `from ('${from.toISOString()}') to ('${to.toISOString()}')`;
  await tx.rows({ text: `create table ${name} partition of change for values ${range}` });
}

async function isTrue(tx: Tx, question: typeof exists, values: readonly unknown[]): Promise<boolean> {
  return (await tx.rows<{ found: boolean }>(question, values))[0]?.found ?? false;
}

/** The first moment, in UTC, of the month `offset` months after that of `moment`. */
function monthOf(moment: Date, offset: number): Date {
  return new Date(Date.UTC(moment.getUTCFullYear(), moment.getUTCMonth() + offset, 1));
}
