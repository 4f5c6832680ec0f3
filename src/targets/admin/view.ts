/** Targets as people see them: credentials never more than "set". */
import { maySend } from '../../core/targets/circuit.ts';
import type { PushBase, PushCounts } from '../../core/targets/push-guard.ts';
import type { PushPlanRow } from '../../store/targets/holds.ts';
import type { TargetRow } from '../../store/targets/targets.ts';
import { readCircuit, readFailedHead } from '../stored.ts';

export interface TargetView {
  readonly id: string;
  readonly name: string;
  readonly type: string;
  readonly mode: string;
  readonly scope: { readonly groups: readonly string[]; readonly allUsers: boolean };
  readonly settings: unknown;
  /** Names of the credentials that are set, each with the value "set". */
  readonly credentials: Readonly<Record<string, unknown>>;
  readonly guards: unknown;
  /** What was learned of the target, with the evidence. */
  readonly learned: unknown;
  readonly health: TargetHealth;
  readonly version: number;
  readonly created: string;
  readonly lastModified: string;
}

export interface TargetHealth {
  /** `paused` was done by Muster itself, and `why` says what for. */
  readonly state: 'ok' | 'off' | 'paused' | 'pausing' | 'down' | 'quarantined';
  readonly why: string | null;
  /** When the target is asked again; null when it may be sent to now. */
  readonly until: string | null;
}

/** A target with what it holds and what is to be done. */
export interface TargetStatus extends TargetView {
  readonly holds: PushBase;
  readonly pending: PushCounts;
  readonly waiting: number;
  readonly blocked: number;
  readonly conflicts: number;
  /** Users, groups and members that are there because a push was undone, though the directory does not ask for them. */
  readonly kept: number;
  readonly hold: HoldView | null;
}

/** The plan that stands between a target and its push. */
export interface HoldView {
  /** Of the plan: `muster plan approve` takes it. */
  readonly id: string;
  readonly state: string;
  readonly counts: Readonly<Record<string, number>>;
  readonly why: readonly string[];
  readonly hash: string;
  readonly createdAt: string;
  readonly decidedBy: string | null;
  readonly reason: string | null;
}

export function viewOf(
  row: TargetRow,
  credentials: Readonly<Record<string, unknown>>,
  now: number,
): TargetView {
  return {
    id: row.id,
    name: row.name,
    type: row.type,
    mode: row.mode,
    scope: { groups: row.groups, allUsers: row.all_users },
    settings: row.settings,
    credentials: Object.fromEntries(
      Object.entries(credentials)
        .filter(([, value]) => !Array.isArray(value) || value.length > 0)
        .map(([name]) => [name, 'set']),
    ),
    guards: row.guards,
    learned: row.learned,
    health: healthOf(row, now),
    version: row.version,
    created: row.created_at.toISOString(),
    lastModified: row.modified_at.toISOString(),
  };
}

export function holdView(row: PushPlanRow): HoldView {
  return {
    id: row.id,
    state: row.state,
    counts: row.counts,
    why: row.guards.map(({ detail }) => detail),
    hash: row.hash,
    createdAt: row.created_at.toISOString(),
    decidedBy: row.decided_by,
    reason: row.reason,
  };
}

function healthOf(row: TargetRow, now: number): TargetHealth {
  if (row.paused_why !== null) return { state: 'paused', why: row.paused_why, until: null };
  if (row.mode === 'off') return { state: 'off', why: null, until: null };
  const head = readFailedHead(row.cursor);
  if (head !== null) return { state: 'down', why: head.why, until: new Date(head.dueAt).toISOString() };
  const circuit = readCircuit(row.circuit);
  const may = maySend(circuit, now);
  const until = circuit.until === null ? null : new Date(circuit.until).toISOString();
  if (circuit.state === 'quarantined') return { state: 'quarantined', why: circuit.why, until };
  if (circuit.state === 'open') return { state: 'down', why: circuit.why, until };
  return may === 'nothing'
    ? { state: 'pausing', why: circuit.why, until }
    : { state: 'ok', why: null, until: null };
}
