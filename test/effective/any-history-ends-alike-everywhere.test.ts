import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { type Database, openDatabase } from '../../src/store/database.ts';
import { readPosition } from '../../src/store/effective/log-tail.ts';
import { openTestDirectory, type TestDirectory } from '../support/directory.ts';
import {
  carryOut,
  type Choice,
  closureSets,
  FeedReplay,
  indexSets,
  naiveSets,
  type People,
  startEngine,
  type TestEngine,
  untilCut,
} from './living-directory.ts';

const anyChoice: fc.Arbitrary<Choice> = fc.record({
  verb: fc.oneof(
    { weight: 6, arbitrary: fc.constantFrom('add' as const, 'remove' as const) },
    { weight: 6, arbitrary: fc.constantFrom('nest' as const, 'nest' as const, 'unnest' as const) },
    { weight: 3, arbitrary: fc.constantFrom('activate' as const, 'deactivate' as const) },
    { weight: 1, arbitrary: fc.constantFrom('deleteUser' as const, 'deleteGroup' as const) },
  ),
  group: fc.nat(5),
  other: fc.nat(5),
  source: fc.constantFrom('console' as const, 'csv' as const),
});

describe('after any history, written by four at once beside two instances', () => {
  let test: TestDirectory;
  /** Two instances on one database; whichever holds the lease cuts the feed. */
  let instances: readonly TestEngine[] = [];
  let second: Database;
  let count = 0;
  beforeAll(async () => {
    test = await openTestDirectory();
    second = openDatabase({ url: test.url, poolSize: 3, applicationName: 'muster-test-second' });
    instances = [await startEngine(test.database), await startEngine(second)];
  });
  afterAll(async () => {
    for (const { engine } of instances) await engine.stop();
    await second.close();
    await test.close();
  });

  async function cast(): Promise<People> {
    count += 1;
    const users = await Promise.all([0, 1, 2, 3].map((n) => test.user(`user ${count} ${n}`)));
    const groups = await Promise.all([0, 1, 2, 3, 4, 5].map((n) => test.group(`group ${count} ${n}`)));
    return { users, groups };
  }

  it('closure, index, feed and naive fixpoint agree, on both (D-12, D-41)', async () => {
    const replay = new FeedReplay(test.database);
    await fc.assert(
      fc.asyncProperty(
        fc.tuple(...[0, 1, 2, 3].map(() => fc.array(anyChoice, { maxLength: 12 }))),
        fc.integer({ min: 1, max: 20 }),
        async (writers, limit) => {
          const people = await cast();
          await Promise.all(
            writers.map(async (choices) => {
              for (const choice of choices) {
                await carryOut(test, people, choice);
                for (const { engine } of instances) engine.wake();
              }
            }),
          );
          await untilCut(test.database);
          const expected = await naiveSets(test.database);
          expect(await closureSets(test.database)).toEqual(expected);
          for (const instance of instances) {
            const now = await readPosition(test.database);
            expect(await instance.engine.reaches(now, 20_000)).toBe(true);
            expect(indexSets(instance)).toEqual(expected);
          }
          await replay.read(limit);
          expect(await replay.sets()).toEqual(expected);
          expect(replay.faults).toEqual([]);
        },
      ),
      { numRuns: 40 },
    );
    expect(instances.flatMap(({ faults }) => faults)).toEqual([]);
    const unexplained = replay.rows.filter(
      (row) => row.type === 'membership.effective' && row.causes_total === 0,
    );
    expect(unexplained).toEqual([]);
  }, 120_000);
});
