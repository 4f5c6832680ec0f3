/**
 * The circuit of a target (O-06): whether anything may be sent to it now. One per target, so a dead one never
 * delays a healthy one.
 *
 * `closed`: send. `open`: send nothing until `until`, then one probe decides. `quarantined`: it failed for 24
 * hours; a standing alert, one probe an hour, never silently switched off.
 */
import { backoffMs, CANARY_EVERY_MS, QUARANTINE_AFTER_MS } from './retry.ts';
import type { Outcome } from './outcome.ts';

export interface Circuit {
  readonly state: 'closed' | 'open' | 'quarantined';
  /** Failures of the whole target in a row. */
  readonly failures: number;
  /** When the run of failures began, epoch ms. */
  readonly failingSince: number | null;
  /** Nothing is sent before this moment, epoch ms: the circuit's wait or a pause asked for by the target. */
  readonly until: number | null;
  readonly why: string | null;
}

export const CLOSED: Circuit = { state: 'closed', failures: 0, failingSince: null, until: null, why: null };

/** Failures in a row after which a target counts as down; single ones are the objects' own. */
const OPENS_AFTER = 3;

export interface Moment {
  readonly now: number;
  /** In [0, 1). */
  readonly random: number;
}

/** The circuit after an outcome. An answer that is only about one object closes it: the target is alive. */
export function afterOutcome(circuit: Circuit, outcome: Outcome, moment: Moment): Circuit {
  switch (outcome.kind) {
    case 'applied':
    case 'noop':
    case 'missing':
    case 'conflict':
    case 'rejected':
      return isResting(circuit, moment) || isWell(circuit) ? circuit : CLOSED;
    case 'throttled':
      return pause(circuit, outcome, moment);
    case 'unauthorised':
      return fail(
        { ...circuit, failures: Math.max(circuit.failures, OPENS_AFTER - 1) },
        `it does not accept the credentials: ${outcome.why}`,
        moment,
      );
    case 'ambiguous':
    case 'down':
      return fail(circuit, outcome.why, moment);
  }
}

function isWell({ state, failures, until }: Circuit): boolean {
  return state === 'closed' && failures === 0 && until === null;
}

/** A pause that the target asked for stays, although what was under way meanwhile went well. */
function isResting({ state, until }: Circuit, { now }: Moment): boolean {
  return state === 'closed' && until !== null && now < until;
}

/** As long as the target asks for, and never shorter than a first wait; of one that was down already, a failure too. */
function pause(
  circuit: Circuit,
  { until: asked, why }: Extract<Outcome, { kind: 'throttled' }>,
  moment: Moment,
): Circuit {
  const isDown = circuit.state !== 'closed';
  const next = isDown ? fail(circuit, why, moment) : circuit;
  const least = isDown ? (next.until ?? 0) : moment.now + backoffMs(1, moment.random);
  return { ...next, until: Math.max(asked ?? 0, least), why };
}

function fail(circuit: Circuit, why: string, { now, random }: Moment): Circuit {
  const failures = circuit.failures + 1;
  const failingSince = circuit.failingSince ?? now;
  if (now - failingSince >= QUARANTINE_AFTER_MS) {
    return { state: 'quarantined', failures, failingSince, until: now + CANARY_EVERY_MS, why };
  }
  if (failures < OPENS_AFTER) return { ...circuit, failures, failingSince, why };
  return {
    state: 'open',
    failures,
    failingSince,
    until: now + backoffMs(failures - OPENS_AFTER + 1, random),
    why,
  };
}

/** What may be sent now: everything, one probe, or nothing. */
export function maySend(circuit: Circuit, now: number): 'all' | 'probe' | 'nothing' {
  if (circuit.until !== null && now < circuit.until) return 'nothing';
  return circuit.state === 'closed' ? 'all' : 'probe';
}
