/** Trying a target, pushing to it at once, and deciding what a guard held. */
import { foldName } from '../../core/names.ts';
import { Refusal } from '../../core/refusal.ts';
import type { Outcome } from '../../core/targets/outcome.ts';
import {
  findPushUser,
  insertPush,
  type PushRow,
  type PushStep,
  readPush,
} from '../../store/targets/pushes.ts';
import type { TargetRow } from '../../store/targets/targets.ts';
import type { PlanKindHandler } from '../../plans/kinds.ts';
import type { Exchange } from '../exchange.ts';
import { CONNECTOR_TYPES, isConnectedType } from '../connectors/types.ts';
import { openWebhook, testMessage } from '../connectors/webhook/open.ts';
import { pushUndoPlans } from './undoing.ts';
import { credentialsOf, requireTarget, type Targets } from './verbs.ts';
import { healthOf } from './view.ts';

export interface TargetTest {
  readonly ok: boolean;
  /** What the target said, or why it cannot be used. */
  readonly says: string;
  readonly exchanges: readonly Exchange[];
  /** Id of the push that a good test of a target that did not answer led to. */
  readonly push: string | null;
}

/**
 * Asks the target whether it is there and accepts the credentials; a webhook is sent a message of the type
 * `target.test`. Changes nothing there. One that stood as not answering and does is pushed to at once: nobody has to
 * wait for the next time that it would be asked. `by` is for the record. Refuses `target.not_found`.
 */
export async function testTarget(targets: Targets, idOrName: string, by: string): Promise<TargetTest> {
  const row = await requireTarget(targets, idOrName);
  const test = await tryTarget(targets, row);
  const { state } = healthOf(row, targets.now());
  const isBack = test.ok && row.mode === 'enforce' && (state === 'down' || state === 'quarantined');
  if (!isBack) return { ...test, push: null };
  const push = await askForPush(targets, row.id, { user: null, full: false, dryRun: false, by });
  return { ...test, push: push.id };
}

async function tryTarget(targets: Targets, row: TargetRow): Promise<Omit<TargetTest, 'push'>> {
  const exchanges: Exchange[] = [];
  const world = {
    now: targets.now,
    filesDir: targets.filesDir,
    heard: (exchange: Exchange) => void exchanges.push(exchange),
  };
  const credentials = credentialsOf(targets, row);
  if (!isConnectedType(row.type)) {
    const receiver = openWebhook(row.settings, credentials, world);
    try {
      const outcome = await receiver.deliver(testMessage(targets.now()));
      return { ...told(outcome, 'the receiver accepted a message of the type target.test'), exchanges };
    } finally {
      await receiver.close();
    }
  }
  const { connector } = CONNECTOR_TYPES[row.type].open(row.settings, credentials, world);
  try {
    const probe = await connector.probe();
    return {
      ...told(
        probe.kind === 'ready' ? { kind: 'noop' } : probe.outcome,
        probe.kind === 'ready' ? probe.says : '',
      ),
      exchanges,
    };
  } finally {
    await connector.close();
  }
}

export interface PushWish {
  /** Id or userName of the only user to push; null for everything that is due. */
  readonly user: string | null;
  /** Compares everything first, and looks at every object at the target. */
  readonly full: boolean;
  /** Says what would be sent, and sends nothing. */
  readonly dryRun: boolean;
  /** Who asks, for the record. */
  readonly by: string;
}

export interface PushView {
  readonly id: string;
  readonly state: 'waiting' | 'running' | 'done' | 'failed';
  readonly dryRun: boolean;
  readonly steps: readonly PushStep[];
  readonly createdAt: string;
  readonly endedAt: string | null;
}

/**
 * Asks for a push; whoever drives the target does it at once (O-11), and {@link showPush} tells how far it is. To a
 * webhook what waits is delivered, in its order. Refuses `target.not_found`, `user.not_found`, and `target.invalid` for
 * a target that is off, and for a part of what a webhook is sent.
 */
export async function askForPush(targets: Targets, idOrName: string, wish: PushWish): Promise<PushView> {
  const row = await requireTarget(targets, idOrName);
  if (!isConnectedType(row.type) && (wish.user !== null || wish.full)) {
    throw new Refusal('target.invalid', {
      why: 'A webhook is sent what happens, in order: push it whole, or replay it from a place in the log.',
    });
  }
  if (row.mode === 'off')
    throw new Refusal('target.invalid', { why: `${row.name} is off; resume it first.` });
  const user =
    wish.user === null
      ? null
      : await findPushUser(targets.database, { idOrName: wish.user, nameKey: foldName(wish.user) });
  if (wish.user !== null && user === null) throw new Refusal('user.not_found', { user: wish.user });
  const { full, dryRun, by } = wish;
  const push = await insertPush(targets.database, { target: row.n, user: user?.n ?? null, full, dryRun, by });
  targets.wake();
  return pushView(push);
}

/** How far a push is; null when there is none of that id. */
export async function showPush({ database }: Targets, id: string): Promise<PushView | null> {
  const push = await readPush(database, id);
  return push === null ? null : pushView(push);
}

/** Pushes as plans: the engine itself goes on with what was approved, and settles it when it is done. */
export function pushPlans(targets: Targets): Readonly<Record<'push' | 'push-undo', PlanKindHandler>> {
  return { push: { carryOut: async () => targets.wake() }, 'push-undo': pushUndoPlans(targets) };
}

function pushView(push: PushRow): PushView {
  return {
    id: push.id,
    state: push.state,
    dryRun: push.dry_run,
    steps: push.steps,
    createdAt: push.created_at.toISOString(),
    endedAt: push.ended_at?.toISOString() ?? null,
  };
}

function told(outcome: Outcome, says: string): { readonly ok: boolean; readonly says: string } {
  return 'why' in outcome ? { ok: false, says: outcome.why } : { ok: true, says };
}
