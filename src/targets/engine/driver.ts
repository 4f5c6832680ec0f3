/**
 * Driving one target while its lease is held: follow the directory, keep the ledger's marks, and send what the
 * mode, the circuit and the guards allow. Whatever ends it, the next holder goes on from the database alone.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { type Circuit, maySend } from '../../core/targets/circuit.ts';
import type { PushLimits } from '../../core/targets/push-guard.ts';
import type { Database } from '../../store/database.ts';
import type { Lease } from '../../store/leases.ts';
import { lostAttempts } from '../../store/targets/attempts.ts';
import { countDrift } from '../../store/targets/drift.ts';
import { countDue } from '../../store/targets/holds.ts';
import { nextDueAt } from '../../store/targets/due-objects.ts';
import { markLeaversOlderThan } from '../../store/targets/object-marks.ts';
import { countTrouble, moveObject } from '../../store/targets/objects.ts';
import type { TargetMode } from '../../store/targets/targets.ts';
import type { OpenTarget } from '../connector.ts';
import type { Bell } from './bell.ts';
import {
  fenced,
  type Listener,
  noteOutcome,
  outcomeOfProbe,
  report,
  type TargetContext,
  type World,
} from './context.ts';
import { type Extent, followLog, sweep } from './follower.ts';
import { mayPush } from './guard.ts';
import { markWholeGroup } from './marks.ts';
import { OutageLog } from './outage-log.ts';
import { workRound } from './round.ts';
import { Survey } from './survey/survey.ts';

export interface Drive {
  readonly database: Database;
  readonly target: number;
  readonly id: string;
  readonly name: string;
  readonly lease: Lease;
  readonly mode: TargetMode;
  readonly guards: PushLimits;
  readonly open: OpenTarget;
  readonly circuit: Circuit;
  readonly version: number;
  /** How the target was last compared whole; null when it never was, or it was changed since. */
  readonly sweptAt: number | null;
  /** What was sent before may have been sent by other settings, or be another service's. */
  readonly isOtherwiseSet: boolean;
  readonly world: World;
  readonly listener: Listener;
  readonly bell: Bell;
  readonly isOver: () => boolean;
  /** Pushes that somebody asked for; called every turn. */
  readonly servePushes: (driver: Driver) => Promise<void>;
}

/** Everything is compared this often, whatever the log said. */
const SWEEP_EVERY_MS = 15 * 60_000;
/** Looks at the log this often even when nobody rang. */
const LOOK_EVERY_MS = 1_000;
/** Steps of a full look at a busy target are this far apart. */
const OBSERVE_EVERY_MS = 50;
/** Past the longest request: an attempt of an earlier holder can then have no effect any more. */
const LOST_AFTER_MS = 1_000;
/** How much waits is told this often even when there is always something to do. */
const TELL_EVERY_MS = 5_000;
/** A backlog beyond this is told as this. */
const MOST_COUNTED = 100_000;
const DAY_MS = 86_400_000;

export interface Driver {
  readonly context: TargetContext;
  readonly mode: TargetMode;
  /** Marks what the directory changed; answers whether there was anything. */
  look(): Promise<boolean>;
  /** Compares everything at the next look, and looks at every object at the target. */
  askForSweep(): void;
  /** One small step of a full look at the target, if one is due; answers whether there was anything to do. */
  observe(): Promise<boolean>;
  /** Ends the wait of a target that was down: the next push probes it at once. A pause that it asked for stays. */
  askAgain(): void;
  /** Sends one round if mode, circuit and guards allow; answers how many objects it worked on. */
  push(): Promise<number>;
}

/** Makes the driver of a target; {@link drive} lets it run. */
export function makeDriver(parts: Drive): Driver {
  const { database, target, version, lease, open, world } = parts;
  let isMoved = false;
  const context: TargetContext = {
    database,
    target,
    id: parts.id,
    name: parts.name,
    version,
    lease,
    connector: open.connector,
    settings: open.settings,
    guards: parts.guards,
    world,
    listener: parts.listener,
    outages: new OutageLog({ database, lease, row: { id: parts.id, name: parts.name } }),
    traits: open.traits,
    circuit: parts.circuit,
    canary: null,
    distrusts: null,
    trials: new Map(),
    taken: new Map(),
    styles: new Map(),
    toCompare: new Set(),
    isOver: () => isMoved || parts.isOver(),
  };
  let sweepDue: Extent | null =
    parts.sweptAt === null
      ? { all: true, anew: parts.isOtherwiseSet, byFeed: false, refused: 'again' }
      : null;
  let sweptAt = parts.sweptAt ?? 0;

  let recoveredAt = 0;

  const look = async (): Promise<boolean> => {
    if (world.now() - recoveredAt >= LOST_AFTER_MS) {
      await recoverLost(context);
      recoveredAt = world.now();
    }
    const followed = await followLog(context, { isSweepDue: sweepDue !== null });
    isMoved = followed.isMoved;
    if (isMoved) return false;
    const { hasNews, needsSweep } = followed;
    const isTime = world.now() - sweptAt > SWEEP_EVERY_MS;
    if ((needsSweep || isTime) && sweepDue === null)
      sweepDue = {
        ...{ all: open.settings.roles === 'values', anew: false, byFeed: !needsSweep },
        refused: 'left',
      };
    if (sweepDue !== null) {
      await sweep(context, sweepDue);
      await markLeavers(context);
      sweptAt = world.now();
      sweepDue = null;
      return true;
    }
    for (const group of [...context.toCompare]) {
      await markWholeGroup((work) => fenced(context, work), target, { group, refused: 'left' });
      context.toCompare.delete(group);
    }
    return hasNews;
  };

  const survey = new Survey(context, { mends: parts.mode === 'enforce' });

  return {
    context,
    mode: parts.mode,
    look,
    observe: () => survey.step(),
    askForSweep: () => (sweepDue = { all: true, anew: true, byFeed: false, refused: 'again' }),
    askAgain: () => {
      if (context.circuit.state !== 'closed') context.circuit = { ...context.circuit, until: null };
    },
    push: async () => {
      if (parts.mode !== 'enforce' || context.isOver()) return 0;
      const may = maySend(context.circuit, world.now());
      if (may === 'probe') await probe(context);
      if (maySend(context.circuit, world.now()) !== 'all') return 0;
      if (!(await mayPush(context, parts.guards))) return 0;
      const worked = await workRound(context);
      if (worked === 0) context.canary = null;
      return worked;
    },
  };
}

/** Runs until it is over or its lease is lost. */
export async function drive(parts: Drive): Promise<void> {
  const driver = makeDriver(parts);
  const { isOver } = driver.context;
  const told: Told = { at: performance.now(), since: null, drift: null, isBlockedTold: false };
  let observedAt = 0;
  while (!isOver()) {
    const hasNews = await driver.look();
    if (isOver()) return;
    await parts.servePushes(driver);
    const worked = await driver.push();
    // A full look has its turn when nothing else is to do, and now and then all the same.
    const isIdle = worked === 0 && !hasNews;
    const mayObserve = isIdle || performance.now() - observedAt > OBSERVE_EVERY_MS;
    if (mayObserve) observedAt = performance.now();
    const hasSeen = mayObserve && (await driver.observe());
    if (hasSeen) told.drift = null;
    const rests = isIdle && !hasSeen;
    if (!rests) told.isBlockedTold = false;
    if (rests || performance.now() - told.at > TELL_EVERY_MS) await tell(driver, told);
    // Lets others have their turn, however much there is to do.
    await (rests ? parts.bell.wait(await waitOf(driver, parts)) : pause(0));
  }
}

/** What listeners were told of the target's state. */
interface Told {
  at: number;
  /** Something has been waiting since then without a pause, epoch ms; null when nothing waits. */
  since: number | null;
  /** Findings that stand unrepaired; null when a look may have changed them. */
  drift: number | null;
  /** False when something may have been refused, or taken, since. */
  isBlockedTold: boolean;
}

/** Tells how much waits, how much is refused, and how much of what looks found is still to be repaired. */
async function tell({ context, mode }: Driver, told: Told): Promise<void> {
  const { database, target, listener, world } = context;
  told.at = performance.now();
  if (listener.onWaiting !== undefined) {
    const count = mode === 'enforce' ? await countDue(database, target, MOST_COUNTED) : 0;
    told.since = count === 0 ? null : (told.since ?? world.now());
    listener.onWaiting({ count, since: told.since });
  }
  if (listener.onBlocked !== undefined && !told.isBlockedTold) {
    told.isBlockedTold = true;
    listener.onBlocked((await countTrouble(database, target)).blocked);
  }
  if (listener.onDrift !== undefined && told.drift !== 0) {
    told.drift = await countDrift(database, target);
    listener.onDrift(told.drift);
  }
}

async function waitOf({ context, mode }: Driver, { world }: Drive): Promise<number> {
  const { until } = context.circuit;
  const due = mode === 'enforce' ? await nextDueAt(context.database, context.target) : null;
  const times = [until, due?.getTime() ?? null]
    .filter((time) => time !== null)
    .map((time) => time - world.now());
  return Math.max(10, Math.min(LOOK_EVERY_MS, ...times.filter((ms) => ms > 0)));
}

/** Attempts that an earlier holder left open: what they did is looked up before anything else is sent. */
async function recoverLost(context: TargetContext): Promise<void> {
  const { database, target, lease, settings } = context;
  const lost = await lostAttempts(database, target, {
    leaseToken: lease.token,
    ms: settings.requestMs + LOST_AFTER_MS,
  });
  for (const { kind, object_n: n } of lost) {
    await fenced(context, (tx) =>
      moveObject(tx, { target, kind, n }, 'lost', { why: 'its sender ended before the answer' }),
    );
  }
}

async function markLeavers(context: TargetContext): Promise<void> {
  const { deleteAfterMs } = context.settings;
  if (deleteAfterMs === null) return;
  await fenced(context, (tx) => markLeaversOlderThan(tx, context.target, deleteAfterMs / DAY_MS));
}

/** One look at a target that was down: it closes the circuit or opens it anew. */
async function probe(context: TargetContext): Promise<void> {
  const outcome = outcomeOfProbe(await context.connector.probe());
  report(context, 'probe', '', outcome);
  await noteOutcome(context, outcome);
}
