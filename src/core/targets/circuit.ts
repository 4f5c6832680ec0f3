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
  /**
   * How often it stopped taking anything, or asked for a pause without saying how long, since anything was applied. That
   * a probe or a look goes well says nothing of what is written: each time it waits longer than the time before.
   */
  readonly refusals: number;
}

export const CLOSED: Circuit = {
  ...{ state: 'closed', failures: 0, failingSince: null, until: null, why: null, refusals: 0 },
};

/** Failures in a row after which a target counts as down; single ones are the objects' own. */
const OPENS_AFTER = 3;
/**
 * So many times it waits longer, up to 16 s, where it answers looks: what keeps it from taking one thing must not hold up
 * all else for long.
 */
const MOST_LONGER = 5;

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
    case 'rejected': {
      if (isResting(circuit, moment)) return circuit;
      const refusals = outcome.kind === 'applied' ? 0 : circuit.refusals;
      return isWell(circuit) && refusals === circuit.refusals ? circuit : { ...CLOSED, refusals };
    }
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

/**
 * As long as the target asks for, and never shorter than a first wait or a pause that it asked for before; where it does
 * not say, longer each time. Of one that was down already it is a failure too.
 */
function pause(
  circuit: Circuit,
  { until: asked, why }: Extract<Outcome, { kind: 'throttled' }>,
  moment: Moment,
): Circuit {
  const { now, random } = moment;
  if (circuit.state !== 'closed') {
    const next = fail(circuit, why, moment);
    return { ...next, until: Math.max(asked ?? 0, next.until ?? 0), why };
  }
  const isPausing = isResting(circuit, moment);
  const isSaid = asked !== null && asked > now;
  const refusals = isPausing || isSaid ? circuit.refusals : circuit.refusals + 1;
  const least = now + backoffMs(isSaid ? 1 : Math.min(refusals, MOST_LONGER), random);
  const before = isPausing ? (circuit.until ?? 0) : 0;
  return { ...circuit, until: Math.max(asked ?? 0, least, before), why, refusals };
}

function fail(circuit: Circuit, why: string, { now, random }: Moment): Circuit {
  const failures = circuit.failures + 1;
  const failingSince = circuit.failingSince ?? now;
  if (now - failingSince >= QUARANTINE_AFTER_MS) {
    const until = now + CANARY_EVERY_MS;
    return { state: 'quarantined', failures, failingSince, until, why, refusals: 0 };
  }
  if (failures < OPENS_AFTER) return { ...circuit, failures, failingSince, why };
  const refusals = circuit.refusals + (circuit.state === 'closed' ? 1 : 0);
  const times = Math.max(failures - OPENS_AFTER + 1, Math.min(refusals, MOST_LONGER));
  return { state: 'open', failures, failingSince, until: now + backoffMs(times, random), why, refusals };
}

/** What may be sent now: everything, one probe, or nothing. */
export function maySend(circuit: Circuit, now: number): 'all' | 'probe' | 'nothing' {
  if (circuit.until !== null && now < circuit.until) return 'nothing';
  return circuit.state === 'closed' ? 'all' : 'probe';
}
