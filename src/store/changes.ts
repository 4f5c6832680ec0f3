/**
 * Writing the log (D-40): the row is the audit row too, written in the transaction of what it tells. Reading it
 * in order is the feed's business (store/feed).
 */
import type { Attribution } from '../core/attribution.ts';
import type { GroupN, OriginN, SourceN, UserN } from '../core/ids.ts';
import { type Connection, named, onlyRow, type Tx } from './database.ts';

/** A place in the log: the transaction, and the row within it. `xid` is the text of an xid8. */
export interface Place {
  readonly xid: string;
  readonly seq: number;
}

/** What a log row says of who and whence, as columns. */
export interface ChangeAuthor {
  readonly by: Attribution;
  readonly sourceN: SourceN;
  readonly originN: OriginN | null;
}

export interface ChangeEntry {
  readonly type: string;
  readonly group?: GroupN;
  readonly user?: UserN;
  readonly before?: unknown;
  readonly after?: unknown;
  readonly reason?: string;
}

const insertOrigin = named(
  'origin_insert',
  'insert into origin (kind, name, sha256) values ($1, $2, $3) returning n',
);

const insertChange = named(
  'change_insert',
  `insert into change (type, group_n, user_n, actor_kind, actor_id, on_behalf_of, source_n, origin_n, request_id,
                       before, after, reason)
   values ($1, $2, $3, $4, $5, (select n from users where id = $6), $7, $8, $9, $10, $11, $12)
   returning xid::text as xid, seq`,
);

const insertPersonal = named(
  'change_personal_insert',
  'insert into change_personal (seq, user_n, before, after, reason) values ($1, $2, $3, $4, $5)',
);

const ownPlace = named('change_own_place', 'select pg_current_xact_id()::text as xid, 0::bigint as seq');

/** Records where a transaction's facts came from; one row per request, file or action. */
export async function recordOrigin(tx: Tx, by: Attribution): Promise<OriginN> {
  return onlyRow(await tx.rows<{ n: OriginN }>(insertOrigin, originColumns(by))).n;
}

/** Columns `kind, name, sha256` of an origin's row. */
export function originColumns({
  origin,
}: Attribution): readonly [kind: string, name: string, sha256: string | null] {
  switch (origin.kind) {
    case 'file':
      return [origin.kind, origin.name, origin.sha256];
    case 'console':
      return [origin.kind, origin.action, null];
    case 'command':
      return [origin.kind, origin.command, null];
    case 'request':
    case 'assertion':
      return [origin.kind, origin.id, null];
  }
}

/** Columns `actor_kind … request_id` of a log row, in the order of the statements here and in assertions. */
export function authorColumns({ by, sourceN, originN }: ChangeAuthor): readonly unknown[] {
  return [by.actor.kind, by.actor.id, by.onBehalfOf, sourceN, originN, by.requestId];
}

/** Appends one entry. What it says of a user's person goes to `change_personal`, where it can be erased. */
export async function recordChange(tx: Tx, author: ChangeAuthor, entry: ChangeEntry): Promise<Place> {
  const isPersonal = entry.user !== undefined;
  const place = onlyRow(
    await tx.rows<Place>(insertChange, [
      entry.type,
      entry.group ?? null,
      entry.user ?? null,
      ...authorColumns(author),
      isPersonal ? null : json(entry.before),
      isPersonal ? null : json(entry.after),
      isPersonal ? null : (entry.reason ?? null),
    ]),
  );
  const { before, after, reason } = entry;
  if (isPersonal && (before !== undefined || after !== undefined || reason !== undefined)) {
    const said = [json(before), json(after), reason ?? null];
    await tx.rows(insertPersonal, [place.seq, entry.user, ...said]);
  }
  return place;
}

/** A place that nothing committed before now lies behind: for a write that changed nothing (P-05). */
export async function placeOfNow(connection: Connection): Promise<Place> {
  return onlyRow(await connection.rows<Place>(ownPlace));
}

function json(value: unknown): string | null {
  return value === undefined ? null : JSON.stringify(value);
}
