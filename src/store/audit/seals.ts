/** Seals of the log (D-40), and the rows that they cover. */
import { DIGEST_BYTES, type DigestedRow, type Seal } from '../../core/audit-seal.ts';
import { type Connection, named, onlyRow, type Tx } from '../database.ts';

/** A row to be sealed. */
export interface SealableRow extends DigestedRow {
  readonly at: Date;
}

/** A seal as it is listed: how much it covers, not what. */
export interface SealRow {
  readonly n: number;
  readonly sealed_at: Date;
  readonly from_seq: number;
  readonly to_seq: number;
  readonly rows: number;
  readonly hash: Buffer;
}

/**
 * How far the log's numbers had come, and a transaction that began after that. A row's number is drawn when its
 * transaction has its own already: once no older transaction is open, nothing can be added up to that number.
 */
export interface Mark {
  readonly seq: number;
  readonly xid: string;
}

const lock = named('audit_seal_lock', 'select pg_advisory_xact_lock(7205190)');

const drawn = named(
  'audit_numbers_drawn',
  'select case when is_called then last_value else 0 end as seq from change_seq',
);

const ownTransaction = named('audit_own_transaction', 'select pg_current_xact_id()::text as xid');

const isPast = named(
  'audit_mark_is_past',
  'select pg_snapshot_xmin(pg_current_snapshot()) >= $1::xid8 as past',
);

const columns =
  'n, from_seq as "fromSeq", to_seq as "toSeq", offsets, digests, hash, last_at as "lastAt", sealed_at as "sealedAt"';

const head = named('audit_seal_head', `select ${columns} from audit_seal order by n desc limit 1`);

const after = named(
  'audit_seals_after',
  `select ${columns} from audit_seal where n > $1 order by n limit $2`,
);

const list = named(
  'audit_seals_list',
  `select n, sealed_at, from_seq, to_seq, cardinality(offsets) as rows, hash from audit_seal
   where $1::bigint is null or n < $1 order by n desc limit $2`,
);

/** Everything that a row says; what it says of persons is apart, since it can be erased, and is not sealed. */
const digest = `substring(sha256(convert_to(jsonb_build_array(
    coalesce(c.first_xid, c.xid)::text, c.seq, (extract(epoch from c.at) * 1000000)::bigint, c.type, c.batch, c.group_n, c.user_n,
    c.actor_kind, c.actor_id, c.on_behalf_of, c.source_n, c.origin_n, c.request_id, c.added, c.added_lines,
    c.removed, c.removed_lines, c.before, c.after, c.reason, c.part, c.parts, c.causes, c.causes_total
  )::text, 'UTF8')) for ${DIGEST_BYTES})`;

const rows = named(
  'audit_rows',
  `select c.seq, c.at, ${digest} as digest from change c
   where c.seq > $1 and c.seq <= $2 order by c.seq limit $3`,
);

const insert = named(
  'audit_seal_insert',
  `insert into audit_seal (n, from_seq, to_seq, last_at, offsets, digests, hash)
   values ($1, $2, $3, $4, $5, $6, $7)`,
);

const oldest = named(
  'audit_oldest_kept',
  `select min(to_timestamp(substring(c.relname from 8), 'YYYY_MM')) as month from pg_inherits i
   join pg_class c on c.oid = i.inhrelid
   where i.inhparent = 'change'::regclass and c.relname ~ '^change_[0-9]{4}_[0-9]{2}$'`,
);

/** A seal with when it was made, and the time of its last row. */
export interface KeptSeal extends Seal {
  readonly lastAt: Date | null;
  readonly sealedAt: Date;
}

/** One sealer at a time, until the transaction ends. */
export async function lockSealing(tx: Tx): Promise<void> {
  await tx.rows(lock);
}

/** The number first and the transaction then, in statements of their own: the other way round it would prove nothing. */
export async function makeMark(connection: Connection): Promise<Mark> {
  const { seq } = onlyRow(await connection.rows<{ seq: number }>(drawn));
  return { seq, ...onlyRow(await connection.rows<{ xid: string }>(ownTransaction)) };
}

/** Whether every transaction before the mark's has ended. */
export async function isMarkPast(connection: Connection, { xid }: Mark): Promise<boolean> {
  return onlyRow(await connection.rows<{ past: boolean }>(isPast, [xid])).past;
}

/** The newest seal; null before the first. */
export async function readHeadSeal(connection: Connection): Promise<KeptSeal | null> {
  return (await connection.rows<KeptSeal>(head))[0] ?? null;
}

/** Seals behind number `n`, ascending. */
export async function readSeals(connection: Connection, n: number, limit: number): Promise<KeptSeal[]> {
  return connection.rows<KeptSeal>(after, [n, limit]);
}

/** Seals before number `before`, the newest first. */
export async function listSeals(
  connection: Connection,
  { before, limit }: { readonly before: number | null; readonly limit: number },
): Promise<SealRow[]> {
  return connection.rows<SealRow>(list, [before, limit]);
}

/** Rows of the log with numbers behind `from`, up to `to`, ascending. */
export async function readSealable(
  connection: Connection,
  { from, to, limit }: { readonly from: number; readonly to: number; readonly limit: number | null },
): Promise<SealableRow[]> {
  return connection.rows<SealableRow>(rows, [from, to, limit]);
}

export async function insertSeal(tx: Tx, seal: Seal, lastAt: Date | null): Promise<void> {
  const { n, fromSeq, toSeq, offsets, digests, hash } = seal;
  await tx.rows(insert, [n, fromSeq, toSeq, lastAt, offsets, digests, hash]);
}

/** The first month of the log that is kept; null while no month was ever kept apart. */
export async function readOldestMonth(connection: Connection): Promise<Date | null> {
  return onlyRow(await connection.rows<{ month: Date | null }>(oldest)).month;
}
