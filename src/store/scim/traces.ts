/** Traces of SCIM requests: kept in bulk, shown by client, forgotten by number and age. */
import type { SourceN } from '../../core/ids.ts';
import type { Trace } from '../../core/scim/trace.ts';
import { type Connection, type Database, named } from '../database.ts';

export interface TraceWrite {
  readonly source: SourceN;
  readonly at: Date;
  readonly requestId: string;
  readonly method: string;
  readonly path: string;
  readonly status: number;
  readonly milliseconds: number;
  readonly trace: Trace;
}

export interface TraceRow {
  readonly n: number;
  readonly at: Date;
  readonly request_id: string;
  readonly method: string;
  readonly path: string;
  readonly status: number;
  readonly milliseconds: number;
  readonly trace: Trace;
}

/** Kept of each client, of answered and of refused requests each. */
const KEPT = 500;

const insert = named(
  'request_trace_insert',
  `insert into request_trace (source_n, at, request_id, method, path, status, milliseconds, trace)
   select * from unnest($1::int[], $2::timestamptz[], $3::text[], $4::text[], $5::text[], $6::int[], $7::int[], $8::jsonb[])`,
);

const list = named(
  'request_trace_list',
  `select n, at, request_id, method, path, status, milliseconds, trace from request_trace
   where source_n = $1 and ($2::boolean is null or (status >= 400) = $2) and n < $3
   order by n desc limit $4`,
);

const prune = named(
  'request_trace_prune',
  `delete from request_trace t using (
     select s.source_n, r.refused, (
       select k.n from request_trace k where k.source_n = s.source_n and (k.status >= 400) = r.refused
       order by k.n desc offset ${KEPT} limit 1) as last
     from (select distinct source_n from client) s cross join (values (false), (true)) r(refused)) bound
   where t.source_n = bound.source_n and (t.status >= 400) = bound.refused and t.n <= bound.last`,
);

const pruneOld = named(
  'request_trace_prune_old',
  `delete from request_trace where at < now() - interval '7 days'`,
);

/** Keeps traces. They may be lost with the machine: the transaction does not wait for the disk. */
export async function insertTraces(database: Database, traces: readonly TraceWrite[]): Promise<void> {
  await database.transaction(async (tx) => {
    await tx.rows({ text: 'set local synchronous_commit = off' });
    await tx.rows(insert, [
      traces.map(({ source }) => source),
      traces.map(({ at }) => at),
      traces.map(({ requestId }) => requestId),
      traces.map(({ method }) => method),
      traces.map(({ path }) => path),
      traces.map(({ status }) => status),
      traces.map(({ milliseconds }) => milliseconds),
      traces.map(({ trace }) => JSON.stringify(trace)),
    ]);
  });
}

/** Traces of a client, the newest first; `outcome` null for both, `before` null for the newest. */
export async function listTraces(
  connection: Connection,
  {
    source,
    outcome,
    before,
    limit,
  }: {
    readonly source: SourceN;
    readonly outcome: 'done' | 'refused' | null;
    readonly before: number | null;
    readonly limit: number;
  },
): Promise<readonly TraceRow[]> {
  const refused = outcome === null ? null : outcome === 'refused';
  return connection.rows<TraceRow>(list, [source, refused, before ?? Number.MAX_SAFE_INTEGER, limit]);
}

/** Forgets what is older than seven days, and of each client all but the newest 500 answered and 500 refused. */
export async function pruneTraces(connection: Connection): Promise<void> {
  await connection.rows(pruneOld);
  await connection.rows(prune);
}
