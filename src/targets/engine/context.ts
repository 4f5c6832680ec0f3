/** What the work on one target shares: its connector, lease, circuit, what was learned, and who listens. */
import { afterOutcome, type Circuit, maySend } from '../../core/targets/circuit.ts';
import { describeOutcome, type Outcome } from '../../core/targets/outcome.ts';
import type { GroupN } from '../../core/ids.ts';
import { backoffMs } from '../../core/targets/retry.ts';
import type { PushLimits } from '../../core/targets/push-guard.ts';
import type { Trial } from '../../core/targets/member-chunks.ts';
import { raiseAlert, settleAlert } from '../../store/alerts.ts';
import type { Database, Tx } from '../../store/database.ts';
import type { Lease } from '../../store/leases.ts';
import { requireLease } from './lease.ts';
import type { OutageLog } from './outage-log.ts';
import { overhear } from './overhearing.ts';
import { saveLearnedTraits, saveTargetCircuit } from '../../store/targets/targets.ts';
import type { Connector, EngineSettings, Failed, Probe, RemovalStyle, Traits } from '../connector.ts';

/** What the world gives: so that a schedule can be tested. */
export interface World {
  /** Epoch ms. */
  readonly now: () => number;
  /** In [0, 1). */
  readonly random: () => number;
}

/** Told of every attempt, for metrics, log and printed traces. */
export interface Listener {
  readonly onOutcome: (done: {
    readonly operation: string;
    readonly what: string;
    readonly outcome: Outcome;
  }) => void;
  /** How many operations wait, and since when some have without a pause, epoch ms; told now and then. */
  readonly onWaiting?: (waiting: { readonly count: number; readonly since: number | null }) => void;
  /** Findings of full looks that stand unrepaired. */
  readonly onDrift?: (open: number) => void;
  /** Users, groups and memberships that the target refused. */
  readonly onBlocked?: (blocked: number) => void;
  /** This process drives the target no longer: what was told of it stands no more. */
  readonly onEnd?: () => void;
}

/** A way of taking members out that is tried because the target refused another. */
export interface StyleTrial {
  readonly style: RemovalStyle;
  readonly code: number;
  readonly why: string;
}

export interface TargetContext {
  readonly database: Database;
  readonly target: number;
  readonly id: string;
  readonly name: string;
  /** Of the target, when its driver was started. */
  readonly version: number;
  readonly lease: Lease;
  readonly connector: Connector;
  readonly settings: EngineSettings;
  readonly guards: PushLimits;
  readonly world: World;
  readonly listener: Listener;
  readonly outages: OutageLog;
  /** Changes when something is learned of the target. */
  traits: Traits;
  circuit: Circuit;
  /** Operations of the push under way that are still verified; null between pushes. */
  canary: { readonly left: number } | null;
  /** What the target was caught at; nothing is sent until a person approves it. */
  distrusts: string | null;
  /** Chunks that are being sent in smaller parts, by group. */
  readonly trials: Map<number, Trial>;
  /** Most members that were added, and taken out, by one request. */
  readonly taken: Map<'add-members' | 'remove-members', number>;
  /** Groups of which a removal was refused, and the way of saying it that is tried instead. */
  readonly styles: Map<GroupN, StyleTrial>;
  /** Groups whose members have to be compared whole, because they were made anew. */
  readonly toCompare: Set<GroupN>;
  /** True once the holder must not send any more: stopped, or its lease may have ended. */
  readonly isOver: () => boolean;
}

/** A transaction of the lease's holder. */
export function fenced<T>({ database, lease }: TargetContext, work: (tx: Tx) => Promise<T>): Promise<T> {
  return database.transaction(async (tx) => {
    await requireLease(tx, lease);
    return work(tx);
  });
}

/** True when the next request may be sent. */
export function isSendable(context: TargetContext): boolean {
  return !context.isOver() && maySend(context.circuit, context.world.now()) === 'all';
}

/** What stands for a request that was held back because the target is not to be sent anything now. */
export const HELD_BACK: Outcome = {
  kind: 'throttled',
  until: null,
  why: 'held back: the target takes nothing now',
};

/**
 * Runs one request and lets the circuit know its outcome. 403 counts as refused credentials only when a probe
 * fails too, because many services answer 403 for a single object (O-06); and so does 404 or a redirect as the
 * service being away, for a gateway without it would have us take every account for deleted.
 */
export async function request(context: TargetContext, send: () => Promise<Outcome>): Promise<Outcome> {
  if (!isSendable(context)) return HELD_BACK;
  const outcome = await confirm(context, await send());
  await noteOutcome(context, outcome);
  return outcome;
}

/** Asks the target something that changes nothing; an answer of any kind is a sign of life, but "absent" as in {@link request}. */
export async function ask<Answer extends { readonly kind: string }>(
  context: TargetContext,
  question: () => Promise<Answer | Failed>,
): Promise<Answer | Failed> {
  if (!isSendable(context)) return { kind: 'failed', outcome: HELD_BACK };
  const answer = await question();
  const outcome = await confirm(context, outcomeOfAsking(answer));
  await noteOutcome(context, outcome);
  const isAnswered = !isFailed(answer) && (outcome.kind === 'noop' || outcome.kind === 'missing');
  return isAnswered ? answer : { kind: 'failed', outcome };
}

function outcomeOfAsking(answer: { readonly kind: string } | Failed): Outcome {
  if (isFailed(answer)) return answer.outcome;
  return answer.kind === 'absent' ? { kind: 'missing', why: 'nothing is there' } : { kind: 'noop' };
}

function isFailed(answer: { readonly kind: string }): answer is Failed {
  return answer.kind === 'failed';
}

/** Moves the circuit, and writes it down when that changed what may be sent. */
export async function noteOutcome(context: TargetContext, outcome: Outcome): Promise<void> {
  const { circuit, world } = context;
  const next = afterOutcome(circuit, outcome, { now: world.now(), random: world.random() });
  context.circuit = next;
  const { state, failures, failingSince, why } = next;
  if (state !== 'closed') await context.outages.note({ since: failingSince ?? world.now(), why });
  else if (failures === 0) await context.outages.note(null);
  if (next === circuit) return;
  await saveTargetCircuit(context.database, { n: context.target, version: context.version }, next);
  await tellQuarantine(context, { before: circuit.state, now: next });
}

/** A quarantine is a standing alert, which its end settles (O-06). */
async function tellQuarantine(
  { database, id, name }: TargetContext,
  { before, now }: { readonly before: Circuit['state']; readonly now: Circuit },
): Promise<void> {
  const kind = 'target.quarantined';
  if (now.state === 'quarantined' && before !== 'quarantined') {
    const why = `it has failed for 24 hours, and is asked once an hour whether it is back: ${now.why ?? ''}.`;
    await raiseAlert(database, { kind, subject: id, details: { target: name, why } });
  }
  if (before === 'quarantined' && now.state === 'closed') {
    await settleAlert(database, { kind, subject: id, why: 'The target is back.' });
  }
}

/** Remembers something learned of the target, with its evidence. */
export async function learn(
  context: TargetContext,
  traits: Partial<Traits>,
  evidence: object,
): Promise<void> {
  context.traits = { ...context.traits, ...traits };
  const { chunk, removal, membersReadable, refusedAttributes } = context.traits;
  const learned = { chunk, removal, membersReadable, refusedAttributes, evidence };
  await saveLearnedTraits(context.database, { n: context.target, version: context.version }, learned);
}

/** Tells listeners how an attempt ended. */
export function report(context: TargetContext, operation: string, what: string, outcome: Outcome): void {
  context.listener.onOutcome({ operation, what, outcome });
}

/** The sentence kept with an object; null when all is well. */
export function whyOf(outcome: Outcome): string | null {
  return outcome.kind === 'applied' || outcome.kind === 'noop' ? null : describeOutcome(outcome);
}

/**
 * How long an object waits after an outcome that did not bring it further; each time longer (O-06). The first time it
 * goes on as soon as it may: what is missing, or may have been done, is looked into at once, and where the target asked
 * for a pause or refused our credentials, the whole target waits. One that goes on so is not asked again and again.
 */
export function waitOf(
  { world }: Pick<TargetContext, 'world'>,
  outcome: Outcome,
  row: { readonly failures: number } | null,
): { readonly failures?: number; readonly dueAt?: Date | null } {
  if (outcome === HELD_BACK) return {};
  const failures = (row?.failures ?? 0) + 1;
  if (outcome.kind !== 'down' && failures === 1) return { failures, dueAt: null };
  return { failures, dueAt: new Date(world.now() + backoffMs(failures, world.random())) };
}

/** Asks whether the service is there at all, after an answer that may say that it is not. */
async function confirm({ connector }: TargetContext, outcome: Outcome): Promise<Outcome> {
  if (outcome.kind !== 'rejected' && outcome.kind !== 'missing') return outcome;
  const isForbidden = outcome.kind === 'rejected' && outcome.code === 403;
  const isNowhere =
    outcome.kind === 'missing' ? connector.mayBeAnsweredFor === true : isElsewhere(outcome.code);
  if (!isForbidden && !isNowhere) return outcome;
  // What is asked meanwhile is not what the ledger shows of this attempt.
  const { result: probe } = await overhear(() => connector.probe());
  const seen = outcomeOfProbe(probe);
  if (seen.kind === 'noop') return outcome;
  if (isForbidden) return { kind: 'unauthorised', why: outcome.why };
  if (seen.kind === 'down') return { kind: 'down', why: `${outcome.why}; a probe: ${seen.why}` };
  return seen.kind === 'throttled' || seen.kind === 'unauthorised' ? seen : outcome;
}

/** What a probe says of the service as a whole: one that refuses us, or is not where it was, is none to send to. */
export function outcomeOfProbe(probe: Probe): Outcome {
  if (probe.kind === 'ready') return { kind: 'noop' };
  const { outcome } = probe;
  if (outcome.kind !== 'rejected') return outcome;
  const { code, why } = outcome;
  if (code === 403) return { kind: 'unauthorised', why };
  return isElsewhere(code) ? { kind: 'down', why } : outcome;
}

/** A redirect, or nothing there: where a whole service answers so, it is not there. */
function isElsewhere(code: number): boolean {
  return code === 404 || (code >= 300 && code < 400);
}

/** Runs `work` on each item, at most `limit` at once. */
export async function inParallel<Item>(
  items: readonly Item[],
  limit: number,
  work: (item: Item) => Promise<void>,
): Promise<void> {
  const queue = items.values();
  const worker = async (): Promise<void> => {
    for (const item of queue) await work(item);
  };
  await Promise.all(Array.from({ length: Math.min(limit, items.length) }, worker));
}
