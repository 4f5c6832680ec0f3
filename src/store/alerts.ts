/** Alerts: raising, resolving, listing. Anyone who may write at all may raise one, in the transaction of its cause. */
import type { Alert, AlertDetails, AlertKind } from '../core/alert.ts';
import { type Connection, named, onlyRow } from './database.ts';

export interface AlertRow<Kind extends AlertKind = AlertKind> {
  readonly n: number;
  readonly id: string;
  readonly kind: Kind;
  readonly subject: string;
  readonly details: AlertDetails[Kind];
  /** How often it was raised while open. */
  readonly times: number;
  readonly raised_at: Date;
  readonly last_at: Date;
  readonly resolved_at: Date | null;
  readonly resolved_by: string | null;
  readonly reason: string | null;
}

const columns = 'n, id, kind, subject, details, times, raised_at, last_at, resolved_at, resolved_by, reason';

const raise = named(
  'alert_raise',
  `insert into alert (kind, subject, details) values ($1, $2, $3)
   on conflict (kind, subject) where resolved_at is null
   do update set details = excluded.details, times = alert.times + 1, last_at = now()
   returning times`,
);

const settle = named(
  'alert_settle',
  `update alert set resolved_at = now(), resolved_by = $3, reason = $4
   where kind = $1 and subject = $2 and resolved_at is null`,
);

const resolve = named(
  'alert_resolve',
  `update alert set resolved_at = coalesce(resolved_at, now()), resolved_by = coalesce(resolved_by, $2),
     reason = coalesce(reason, $3)
   where id = $1 returning ${columns}`,
);

const list = named(
  'alert_list',
  `select ${columns} from alert
   where ($1::text is null or ($1 = 'open') = (resolved_at is null)) and ($2::text is null or kind = $2)
     and n < $3 order by n desc limit $4`,
);

const untold = named(
  'alert_tell',
  `update alert set told_at = now() where n in (
     select n from alert where told_at is null order by n limit 100 for update skip locked)
   returning ${columns}`,
);

const openCounts = named(
  'alert_open_counts',
  'select kind, count(*)::int as open from alert where resolved_at is null group by kind',
);

const prune = named('alert_prune', `delete from alert where resolved_at < now() - interval '400 days'`);

/** Raises an alert, or counts up the one that is open. Commits and fails with what caused it when given its transaction. */
export async function raiseAlert(
  connection: Connection,
  { kind, subject, details }: Alert,
): Promise<'raised' | 'again'> {
  const { times } = onlyRow(
    await connection.rows<{ times: number }>(raise, [kind, subject, JSON.stringify(details)]),
  );
  return times === 1 ? 'raised' : 'again';
}

/** Resolves the open alert of that kind and subject because its cause has gone; nothing where there is none. */
export async function settleAlert(
  connection: Connection,
  { kind, subject, why }: { readonly kind: AlertKind; readonly subject: string; readonly why: string },
): Promise<void> {
  await connection.rows(settle, [kind, subject, 'system', why]);
}

/** Resolves an alert in a person's name; one that was resolved stays as it is. Null for an unknown id. */
export async function resolveAlert(
  connection: Connection,
  { id, by, reason }: { readonly id: string; readonly by: string; readonly reason: string | null },
): Promise<AlertRow | null> {
  return (await connection.rows<AlertRow>(resolve, [id, by, reason]))[0] ?? null;
}

export interface AlertQuery {
  /** Null for both. */
  readonly state: 'open' | 'resolved' | null;
  readonly kind: string | null;
  /** Only those older than this row; null for the newest. */
  readonly before: number | null;
  readonly limit: number;
}

/** Alerts, the newest first. */
export async function listAlerts(
  connection: Connection,
  { state, kind, before, limit }: AlertQuery,
): Promise<readonly AlertRow[]> {
  return connection.rows<AlertRow>(list, [state, kind, before ?? 2_147_483_647, limit]);
}

/** Alerts that no instance has told of yet; they count as told once this commits. Each is given to one caller. */
export async function takeUntoldAlerts(connection: Connection): Promise<readonly AlertRow[]> {
  return connection.rows<AlertRow>(untold);
}

/** How many are open, by kind. */
export async function countOpenAlerts(
  connection: Connection,
): Promise<readonly { readonly kind: AlertKind; readonly open: number }[]> {
  return connection.rows(openCounts);
}

/** Forgets alerts that were resolved longer ago than history is kept. */
export async function pruneAlerts(connection: Connection): Promise<void> {
  await connection.rows(prune);
}
