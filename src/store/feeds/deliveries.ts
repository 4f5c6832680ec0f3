/** When feeds delivered: the runs that took a file in, and whether the next is overdue. */
import type { SourceKind } from '../../core/attribution.ts';
import type { SourceN } from '../../core/ids.ts';
import { type Connection, named } from '../database.ts';
import { readRun, type RunRow } from './run-rows.ts';
import type { RunN } from './staging.ts';

export interface SourceState {
  readonly n: SourceN;
  readonly name: string;
  readonly kind: SourceKind;
  readonly created_at: Date;
  readonly last_run: RunN | null;
  /** When its last file was applied, changed it something or not. */
  readonly last_delivery: Date | null;
  /** An alert says that it is overdue. */
  readonly overdue: boolean;
  /** Of a client: it was revoked; of a provider: it was taken out of use. What it asserted stays. */
  readonly is_over: boolean;
  /** Memberships that it asserts, suppressed ones left out. */
  readonly asserts: number;
}

const states = named(
  'source_states',
  `select s.n, s.name, s.kind, s.created_at,
          (select max(r.n) from import_run r where r.source_n = s.n and not r.dry_run) as last_run,
          (select max(r.finished_at) from import_run r
           where r.source_n = s.n and not r.dry_run and r.state = 'applied') as last_delivery,
          exists (select 1 from alert a
                  where a.kind = 'feed.overdue' and a.subject = s.name and a.resolved_at is null) as overdue,
          case s.kind
            when 'client' then not exists (select 1 from client c where c.source_n = s.n and c.revoked_at is null)
            when 'idp' then not exists (select 1 from idp i where i.source_n = s.n and i.deleted_at is null)
            else false end as is_over,
          case when $1::text is null then 0
            else (select count(*)::int from assertion a where a.source_n = s.n and not a.suppressed) end as asserts
   from source s
   where s.retired_at is null and ($1::text is null or s.name = $1) and s.n > $2
   order by s.n limit $3`,
);
const overdue = named(
  'feed_overdue',
  `select 1 from alert where kind = 'feed.overdue' and subject = $1 and resolved_at is null`,
);

/** Sources with how they stand, in the order in which they were made; of one that is named also what it asserts. */
export async function listSourceStates(
  connection: Connection,
  { name, after, limit }: { readonly name: string | null; readonly after: number; readonly limit: number },
): Promise<SourceState[]> {
  return connection.rows<SourceState>(states, [name, after, limit]);
}

/** The last run of a source, as its state names it. */
export async function lastRunOf(
  connection: Connection,
  { last_run: run }: SourceState,
): Promise<RunRow | null> {
  return run === null ? null : readRun(connection, run);
}

/** True while an alert says that the feed is overdue. */
export async function isOverdue(connection: Connection, feed: string): Promise<boolean> {
  return (await connection.rows(overdue, [feed])).length > 0;
}
