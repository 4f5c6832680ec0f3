/** Carrying out pushes that somebody asked for, at once and step by step (O-11). */
import { maySend } from '../../core/targets/circuit.ts';
import type { Database } from '../../store/database.ts';
import { readNewestPlan, readPushCounts } from '../../store/targets/holds.ts';
import { listDueObjects } from '../../store/targets/due-objects.ts';
import { pageOfMembers } from '../../store/targets/member-sets.ts';
import { endWaits } from '../../store/targets/object-marks.ts';
import { moveObject, readObjects } from '../../store/targets/objects.ts';
import { addPushSteps, endPush, type PushRow, takePush } from '../../store/targets/pushes.ts';
import { fenced } from './context.ts';
import { listChangingLists, namesOfUsers } from '../../store/targets/sent.ts';
import type { Driver } from './driver.ts';
import { markMemberships, markUsers } from './marks.ts';
import type { Recorder } from './recorder.ts';

/** A push that nobody waits for any more must not run for ever: the usual work goes on with what is left. */
const MOST_ROUNDS = 100_000;

/** Carries out every push that waits for this target. One that is cut short by a change of the target stays for the next driver. */
export async function servePushes(database: Database, driver: Driver, recorder: Recorder): Promise<void> {
  for (;;) {
    const push = await takePush(database, driver.context.target);
    if (push === null) return;
    recorder.begin();
    const save = (): Promise<void> => addPushSteps(database, push.id, recorder.take());
    try {
      await mark(driver, push);
      if (push.dry_run) await tell(database, driver, recorder);
      else await send(driver, recorder, save);
      await save();
      if (driver.context.isOver()) return;
      await endPush(database, push.id, 'done');
    } finally {
      recorder.end();
    }
  }
}

async function mark(driver: Driver, { user_n: user, full_sweep: full }: PushRow): Promise<void> {
  const { context } = driver;
  const { target } = context;
  if (full) driver.askForSweep();
  await driver.look();
  if (user === null) return;
  await fenced(context, async (tx) => {
    await markUsers(tx, target, [user]);
    for (const event of ['released', 'marked'] as const) {
      const known = await readObjects(tx, target, 'u', [user]);
      const forced = { appliedHash: null, dueAt: null, failures: 0 };
      if (known.length > 0) await moveObject(tx, { target, kind: 'u', n: user }, event, forced);
    }
    await markMemberships(tx, target, { users: [user] });
  });
}

async function send(driver: Driver, recorder: Recorder, save: () => Promise<void>): Promise<void> {
  const { context, mode } = driver;
  if (mode !== 'enforce') {
    recorder.record({ operation: 'mode', what: mode, outcome: 'nothing is sent in this mode' });
    return;
  }
  driver.askAgain();
  // Whoever asks does not wait for the next time that something which failed would be tried.
  await fenced(context, (tx) => endWaits(tx, context.target));
  for (let round = 0; round < MOST_ROUNDS && !context.isOver(); round += 1) {
    const worked = await driver.push();
    await save();
    if (worked === 0 && !(await driver.look())) break;
  }
  const plan = await readNewestPlan(context.database, context.target);
  if (plan?.state === 'held') {
    const why = plan.guards.map(({ detail }) => detail).join(' ');
    recorder.record({ operation: 'guard', what: `plan ${plan.id}`, outcome: `held: ${why}` });
  }
  if (maySend(context.circuit, context.world.now()) !== 'all') {
    recorder.record({
      operation: 'circuit',
      what: context.circuit.state,
      outcome: context.circuit.why ?? '',
    });
  }
}

/** A dry run tells so many objects, lists and members of a list one by one; the counts tell of all. */
const MOST_TOLD = 1_000;
const NAMES_A_LINE = 20;
const WOULD = 'would be sent';

/** A dry run: what would be sent, in its order, without sending anything. */
async function tell(database: Database, { context }: Driver, recorder: Recorder): Promise<void> {
  const { target } = context;
  for (const { operation, what } of await listDueObjects(database, target, MOST_TOLD)) {
    recorder.record({ operation, what, outcome: WOULD });
  }
  for (const list of await listChangingLists(database, target, MOST_TOLD)) {
    for (const [aspect, operation, outcome, count] of [
      ['-', 'remove-members', WOULD, list.remove_count],
      ['+', 'add-members', WOULD, list.add_count],
      ['w', 'add-members', `${WOULD} once their accounts are there`, list.waiting_count],
    ] as const) {
      if (count === 0) continue;
      const page = { after: 0, limit: MOST_TOLD };
      const users = await pageOfMembers(database, { target, group: list.n, aspect }, page);
      const names = await namesOfUsers(database, users);
      for (let at = 0; at < names.length; at += NAMES_A_LINE) {
        const some = names.slice(at, at + NAMES_A_LINE);
        const isLast = at + NAMES_A_LINE >= names.length && count > names.length;
        const more = isLast ? ` and ${count - names.length} more` : '';
        recorder.record({ operation, what: `${list.name}: ${some.join(', ')}${more}`, outcome });
      }
    }
  }
  const counts = await readPushCounts(database, target);
  for (const [kind, count] of Object.entries(counts) as [string, number][]) {
    if (count > 0) recorder.record({ operation: 'plan', what: kind, outcome: String(count) });
  }
}
