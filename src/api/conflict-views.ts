/** Conflicts of namespaces and disagreements of files as one list, the newest first, and how each is shown. */
import { type ConflictKind, type ConflictRow, listConflicts } from '../store/conflicts.ts';
import type { Connection } from '../store/database.ts';
import { type DisagreementRow, listDisagreements } from '../store/feeds/disagreement-rows.ts';

export const conflictKinds = ['userName.taken', 'displayName.taken', 'identity', 'login', 'drift'] as const;
export const conflictStates = ['open', 'decided', 'all'] as const;

export type ConflictKindName = (typeof conflictKinds)[number];

export interface ConflictQuery {
  readonly state: (typeof conflictStates)[number];
  /** Null for all. */
  readonly kind: ConflictKindName | null;
  /** Number of the last one of the page before; null for the first page. */
  readonly before: number | null;
  readonly limit: number;
}

export interface ConflictPage {
  readonly rows: readonly { readonly n: number; readonly body: ConflictBody }[];
  /** Whether there may be more. */
  readonly isFull: boolean;
}

/** One page. Both sorts are numbered by one sequence. */
export async function pageOfConflicts(
  connection: Connection,
  { state, kind, before, limit }: ConflictQuery,
): Promise<ConflictPage> {
  const ofClients =
    kind === null || isOfClients(kind)
      ? await listConflicts(connection, { state: state === 'all' ? null : state, kind, before, limit })
      : [];
  const decided = state === 'decided' ? 'resolved' : state;
  const ofFiles =
    kind !== null && isOfClients(kind)
      ? []
      : await listDisagreements(connection, {
          state: decided === 'all' ? null : decided,
          kind,
          before,
          limit,
        });
  const rows = [
    ...ofClients.map((row) => ({ n: row.n, body: conflictBody(row) })),
    ...ofFiles.map((row) => ({ n: row.n, body: disagreementBody(row) })),
  ]
    .sort((a, b) => b.n - a.n)
    .slice(0, limit);
  return { rows, isFull: Math.max(ofClients.length, ofFiles.length, rows.length) >= limit };
}

function isOfClients(kind: ConflictKindName): kind is ConflictKind {
  return kind === 'userName.taken' || kind === 'displayName.taken';
}

export type ConflictBody = ReturnType<typeof conflictBody> | ReturnType<typeof disagreementBody>;

/** A name that a client found taken, as the API shows it. */
export function conflictBody(row: ConflictRow) {
  return {
    id: row.id,
    kind: row.kind,
    client: row.client,
    name: row.name,
    ...(row.kind === 'userName.taken' ? { user: row.node_id } : { group: row.node_id }),
    times: row.times,
    openedAt: row.opened_at.toISOString(),
    lastAt: row.last_at.toISOString(),
    decision: row.decision,
    decidedAt: row.decided_at?.toISOString() ?? null,
    decidedBy: row.decided_by,
    reason: row.reason,
  };
}

/** A disagreement as the API shows it. */
export function disagreementBody(row: DisagreementRow) {
  return {
    id: row.id,
    kind: row.kind,
    source: row.source,
    code: row.code,
    detail: row.detail,
    users: row.users.map(({ id, userName, stub }) => ({ id, userName, stub })),
    cell: row.cell,
    attribute: row.attribute,
    stated: row.stated,
    current: row.current,
    file: row.file,
    line: row.line,
    times: row.times,
    openedAt: row.first_at.toISOString(),
    lastAt: row.last_at.toISOString(),
    resolution: row.resolution,
    decidedAt: row.resolved_at?.toISOString() ?? null,
    decidedBy: row.resolved_by,
    reason: row.reason,
  };
}
