import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { addMember } from '../../src/directory/memberships.ts';
import { FeedHead } from '../../src/effective/feed/head.ts';
import type { Connection } from '../../src/store/database.ts';
import { readFeedHead } from '../../src/store/effective/feed-pages.ts';
import { openTestDirectory, type TestDirectory } from '../support/directory.ts';
import { eventually } from '../support/eventually.ts';
import { startEngine, type TestEngine, untilCut } from './living-directory.ts';

/** Nobody looks by itself as long as the test runs. */
const HOUR_MS = 3_600_000;

describe('a reader that waits for the feed (P-02)', () => {
  let test: TestDirectory;
  let running: TestEngine | null = null;
  let head: FeedHead;
  const looks = { ended: 0 };
  beforeAll(async () => {
    test = await openTestDirectory(() => running?.engine.wake());
    const counting: Connection = {
      rows: async (statement, values) => {
        const rows = await test.database.rows<never>(statement, values);
        looks.ended += 1;
        return rows;
      },
    };
    head = new FeedHead(counting, HOUR_MS);
    running = await startEngine(test.database, () => head.wake(), HOUR_MS);
  });
  afterAll(async () => {
    head.close();
    await running?.engine.stop();
    await test.close();
    expect(running?.faults).toEqual([]);
  });

  it('is woken by the commit: by the wake, by the cut that it leads to, and by no look of its own', async () => {
    const [ada, group] = [await test.user('ada'), await test.group('woken')];
    await untilCut(test.database);
    looks.ended = 0;
    const before = await readFeedHead(test.database);

    // It has looked and found nothing: only a wake ends its waiting now.
    const state = { isOver: false };
    const waiting = head
      .wait(before, HOUR_MS, new AbortController().signal)
      .then(() => (state.isOver = true));
    await eventually(() => expect(looks.ended).toBe(1));
    await new Promise((resolve) => setImmediate(resolve));
    expect(state.isOver).toBe(false);

    await test.do((work) => addMember(work, { group: group.id, member: ada.id }));
    await waiting;
    expect(await readFeedHead(test.database)).toBeGreaterThan(before);
  });
});
