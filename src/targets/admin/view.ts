/** Targets as people see them: credentials never more than "set". */
import { maySend } from '../../core/targets/circuit.ts';
import type { PushBase, PushCounts } from '../../core/targets/push-guard.ts';
import type { PushPlanRow } from '../../store/targets/holds.ts';
import type { TargetRow } from '../../store/targets/targets.ts';
import { readPlace } from '../stored-place.ts';
import { readCircuit } from '../stored.ts';
import type { DeliveriesView, ToSend } from './deliveries.ts';

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
  /** Since when it fails; null while it does not. */
  readonly since: string | null;
}

/** A target with what it holds and what is to be done. */
export interface TargetStatus extends TargetView {
  readonly holds: PushBase;
  readonly pending: PushCounts;
  readonly toSend: ToSend;
  /** False until anything was sent to it. */
  readonly isTried: boolean;
  /** Of a webhook. */
  readonly deliveries: DeliveriesView | null;
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

/** Whether a target answers, as far as anybody knows. */
export function healthOf(row: TargetRow, now: number): TargetHealth {
  const well = { why: null, until: null, since: null };
  if (row.paused_why !== null) return { ...well, state: 'paused', why: row.paused_why };
  if (row.mode === 'off') return { ...well, state: 'off' };
  if (row.type === 'webhook') {
    const { why, dueAt, failingSince } = readPlace(row.cursor);
    return dueAt === null
      ? { ...well, state: 'ok' }
      : { state: 'down', why, until: timeOf(dueAt), since: timeOf(failingSince) };
  }
  const circuit = readCircuit(row.circuit);
  const { state, why } = circuit;
  const told = { why, until: timeOf(circuit.until), since: timeOf(circuit.failingSince) };
  if (state === 'quarantined') return { ...told, state };
  if (state === 'open') return { ...told, state: 'down' };
  return maySend(circuit, now) === 'nothing'
    ? { ...told, state: 'pausing', since: null }
    : { ...well, state: 'ok' };
}

function timeOf(ms: number | null): string | null {
  return ms === null ? null : new Date(ms).toISOString();
}
