/** Disagreements between files and the directory, as people read and decide them. */
import type { JsonObject, Json } from '../../core/scim/json.ts';
import type { UserId, UserN } from '../../core/ids.ts';
import { type Connection, named, type Tx } from '../database.ts';

export type Resolution = 'merge' | 'separate' | 'keep';

export interface DisagreementRow {
  readonly n: number;
  readonly id: string;
  readonly kind: 'identity' | 'login' | 'drift';
  readonly source: string;
  readonly source_n: number;
  readonly code: string;
  readonly detail: string;
  /** Those that are still there. */
  readonly users: readonly {
    readonly n: UserN;
    readonly id: UserId;
    readonly userName: string | null;
    readonly stub: boolean;
  }[];
  readonly cell: string | null;
  readonly attribute: string | null;
  readonly stated: Json | JsonObject;
  readonly current: Json;
  readonly file: string;
  readonly line: number | null;
  readonly times: number;
  readonly first_at: Date;
  readonly last_at: Date;
  readonly state: 'open' | 'resolved' | 'gone';
  readonly resolution: Resolution | null;
  readonly resolved_at: Date | null;
  readonly resolved_by: string | null;
  readonly reason: string | null;
}

const columns = `d.n, d.id, d.kind, (select s.name from source s where s.n = d.source_n) as source, d.source_n, d.code, d.detail,
  coalesce((select jsonb_agg(jsonb_build_object('n', u.n, 'id', u.id, 'userName', u.user_name, 'stub', u.stub) order by u.stub, u.n)
            from users u where u.n = any(d.users) and u.deleted_at is null), '[]') as users,
  d.cell, d.attribute, d.stated, d.current, d.file, d.line, d.times, d.first_at, d.last_at, d.state, d.resolution,
  d.resolved_at, d.resolved_by, d.reason`;

const list = named(
  'disagreement_list',
  `select ${columns} from disagreement d
   where ($1::text is null or d.state = $1) and ($2::text is null or d.kind = $2) and d.n < $3
   order by d.n desc limit $4`,
);
const find = named('disagreement_find', `select ${columns} from disagreement d where d.id = $1`);
const lock = named('disagreement_lock', 'select state from disagreement where id = $1 for update');
const resolve = named(
  'disagreement_resolve',
  `update disagreement set state = 'resolved', resolution = $2, resolved_at = now(), resolved_by = $3, reason = $4
   where id = $1`,
);

export interface DisagreementQuery {
  /** Null for all. */
  readonly state: 'open' | 'resolved' | null;
  readonly kind: DisagreementRow['kind'] | null;
  readonly before: number | null;
  readonly limit: number;
}

/** Disagreements, the newest first. */
export async function listDisagreements(
  connection: Connection,
  { state, kind, before, limit }: DisagreementQuery,
): Promise<DisagreementRow[]> {
  return connection.rows<DisagreementRow>(list, [state, kind, before ?? 2_147_483_647, limit]);
}

/** The disagreement of that id; null for an unknown one. */
export async function findDisagreement(connection: Connection, id: string): Promise<DisagreementRow | null> {
  return (await connection.rows<DisagreementRow>(find, [id]))[0] ?? null;
}

/** The same, locked until the transaction ends. */
export async function lockDisagreement(tx: Tx, id: string): Promise<DisagreementRow | null> {
  const found = await tx.rows(lock, [id]);
  return found.length === 0 ? null : findDisagreement(tx, id);
}

/** Records how a person decided. */
export async function markResolved(
  tx: Tx,
  { id, resolution, by, reason }: { id: string; resolution: Resolution; by: string; reason: string | null },
): Promise<void> {
  await tx.rows(resolve, [id, resolution, by, reason]);
}
