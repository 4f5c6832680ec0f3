/** Carrying out the pushes to a webhook that somebody asked for: what waits is sent at once, in its order (O-11). */
import type { Database } from '../../store/database.ts';
import { addPushSteps, endPush, takePush } from '../../store/targets/pushes.ts';
import type { TargetRow } from '../../store/targets/targets.ts';
import type { FeedRow } from '../../store/effective/feed-pages.ts';
import type { Recorder } from './recorder.ts';

/** The messages of a webhook, as far as a push has to do with them. */
export interface Deliveries {
  /** Delivers a page; answers how long to wait, null when it is over. */
  turn(how: { readonly isEarly: boolean }): Promise<number | null>;
  /** True once another driver has to go on: the target was changed, or its lease is over. */
  isOver(): boolean;
  /** Why the next message waits for its next try; null while none does. */
  waitsFor(): string | null;
  ahead(): Promise<{ readonly rows: readonly FeedRow[]; readonly isMore: boolean }>;
}

/** Of a long backlog so many pages are told one by one; the usual work goes on with the rest. */
const MOST_PAGES = 10;

/** Carries out every push that waits for this webhook. One that is cut short by a change of it stays for the next driver. */
export async function serveDeliveries(
  database: Database,
  { n, mode }: Pick<TargetRow, 'n' | 'mode'>,
  { delivery, recorder }: { readonly delivery: Deliveries; readonly recorder: Recorder },
): Promise<void> {
  for (;;) {
    const push = await takePush(database, n);
    if (push === null) return;
    recorder.begin();
    const save = (): Promise<void> => addPushSteps(database, push.id, recorder.take());
    try {
      if (push.dry_run) await tell(delivery, recorder);
      else if (mode === 'enforce') await send(delivery, recorder, save);
      else recorder.record({ operation: 'mode', what: mode, outcome: 'nothing is sent in this mode' });
      await save();
      if (delivery.isOver()) return;
      await endPush(database, push.id, 'done');
    } finally {
      recorder.end();
    }
  }
}

async function send(delivery: Deliveries, recorder: Recorder, save: () => Promise<void>): Promise<void> {
  for (let page = 0; page < MOST_PAGES; page += 1) {
    const waitMs = await delivery.turn({ isEarly: true });
    await save();
    const why = delivery.waitsFor();
    if (why !== null) recorder.record({ operation: 'circuit', what: 'open', outcome: why });
    if (why !== null || waitMs !== 0) return;
  }
}

/** A dry run: what would be sent next, without sending anything. */
async function tell(delivery: Deliveries, recorder: Recorder): Promise<void> {
  const { rows, isMore } = await delivery.ahead();
  for (const { xid, seq, type, group_name: group } of rows) {
    const what = [`change_${xid}_${seq}`, type, group].filter((part) => part !== null).join(' ');
    recorder.record({ operation: 'deliver', what, outcome: 'would be sent' });
  }
  if (isMore)
    recorder.record({ operation: 'plan', what: 'messages', outcome: 'and what comes behind these' });
}
