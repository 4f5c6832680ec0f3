import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { addMember } from '../../src/directory/memberships.ts';
import { openTestDirectory, type TestDirectory } from '../support/directory.ts';
import { FeedReplay, startEngine, type TestEngine, untilCut } from './living-directory.ts';

const WRITERS = 8;
const WRITES = 30;
const WRITTEN = WRITERS * WRITES + 2;

describe('with eight writers at once', () => {
  let test: TestDirectory;
  let first: TestEngine;
  beforeAll(async () => {
    test = await openTestDirectory();
    first = await startEngine(test.database);
  });
  afterAll(async () => {
    await first.engine.stop();
    await test.close();
  });

  it('the feed loses no entry, where a reader by sequence loses some (P-01)', async () => {
    const groups = await Promise.all(Array.from({ length: WRITERS }, (_, n) => test.group(`writer ${n}`)));
    const users = await Promise.all(Array.from({ length: WRITES }, (_, n) => test.user(`written ${n}`)));
    await untilCut(test.database);
    const replay = new FeedReplay(test.database);
    await replay.read(100);
    const before = replay.rows.length;

    const naive = { seen: new Set<number>(), last: 0 };
    const readBySequence = async (): Promise<void> => {
      const rows = await test.database.rows<{ seq: number }>(
        { text: `select seq from change where seq > $1 and type = 'membership.direct' order by seq` },
        [naive.last],
      );
      for (const { seq } of rows) naive.seen.add(seq);
      naive.last = rows.at(-1)?.seq ?? naive.last;
    };
    await readBySequence();
    const naiveBefore = naive.seen.size;
    const state = { isWriting: true };
    const reading = (async () => {
      while (state.isWriting) {
        await readBySequence();
        await replay.read(7);
        first.engine.wake();
      }
    })();
    await Promise.all(
      groups.map(async (group) => {
        for (const user of users) {
          await test.do((work) => addMember(work, { group: group.id, member: user.id }));
        }
      }),
    );
    state.isWriting = false;
    await reading;
    // Whatever the race gave: one commit is certainly overtaken. Its row has the lower number and shows later.
    const [late, early] = [await test.user('numbered first'), await test.user('committed first')];
    const [slow, fast] = [await test.group('slow'), await test.group('fast')];
    await test.do(async (work) => {
      await addMember(work, { group: slow.id, member: late.id });
      await test.do((other) => addMember(other, { group: fast.id, member: early.id }));
      await readBySequence();
      await replay.read(7);
    });
    await untilCut(test.database);
    await replay.read(7);
    await readBySequence();

    const told = replay.rows.slice(before).filter(({ type }) => type === 'membership.direct');
    expect(told).toHaveLength(WRITTEN);
    expect(new Set(told.map(({ seq }) => seq)).size).toBe(WRITTEN);
    expect(replay.faults).toEqual([]);
    expect(naive.seen.size - naiveBefore).toBeLessThan(WRITTEN);
    expect(first.faults).toEqual([]);
  });

  it('another instance takes the feed over without a gap or a repetition (D-41)', async () => {
    const second = await startEngine(test.database);
    const [ada, group] = [await test.user('taken over'), await test.group('taken over')];
    await test.do((work) => addMember(work, { group: group.id, member: ada.id }));
    await first.engine.stop();
    await test.do((work) => addMember(work, { group: group.id, member: ada.id }));
    const eve = await test.user('after the end of the first');
    await test.do((work) => addMember(work, { group: group.id, member: eve.id }));
    second.engine.wake();
    await untilCut(test.database);
    const replay = new FeedReplay(test.database);
    await replay.read(50);
    expect(replay.faults).toEqual([]);
    expect((await replay.sets())[group.n]).toEqual([ada.n, eve.n].sort((a, b) => a - b));
    expect(second.faults).toEqual([]);
    await second.engine.stop();
  });
});
