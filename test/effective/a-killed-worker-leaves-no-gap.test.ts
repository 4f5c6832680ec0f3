import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import fc from 'fast-check';
import { addMember } from '../../src/directory/memberships.ts';
import { type Child, startChild } from '../support/child-process.ts';
import { openTestDirectory, type TestDirectory } from '../support/directory.ts';
import { eventually } from '../support/eventually.ts';
import {
  carryOut,
  type Choice,
  closureSets,
  FeedReplay,
  naiveSets,
  type People,
  startEngine,
  untilCut,
} from './living-directory.ts';

// Processes are started and killed, and a lease has to run out after each.
jest.setTimeout(120_000);

const KILLS = Number(process.env.MUSTER_TEST_KILLS ?? 3);
const SEED = Number(process.env.MUSTER_TEST_SEED ?? Date.now() % 1_000_000);

describe('the feed, when its worker is killed with SIGKILL in the middle of its work', () => {
  let test: TestDirectory;
  const workers: Child[] = [];
  const draw = drawFrom(SEED);
  const startWorker = (): Promise<Child> =>
    startChild(['--import', 'tsx', 'test/support/feed-process.ts', test.url], { word: 'following' });
  beforeAll(async () => {
    test = await openTestDirectory();
  });
  afterAll(async () => {
    for (const worker of workers) await worker.stop('SIGKILL');
    await test.close();
  });

  it(`has no gap and nothing twice after ${KILLS} kills under load, with two instances, seed ${SEED} (P-01, D-41)`, async () => {
    const users = await Promise.all(Array.from({ length: 30 }, (_, n) => test.user(`user ${n}`)));
    const groups = await Promise.all(Array.from({ length: 8 }, (_, n) => test.group(`group ${n}`)));
    const people: People = { users, groups };
    const [choices = []] = fc.sample(fc.array(anyChoice, { minLength: 4_000, maxLength: 4_000 }), {
      numRuns: 1,
      seed: 20,
    });
    const state = { isWriting: true, at: 0 };
    const writers = [0, 1, 2].map(async () => {
      while (state.isWriting) {
        const choice = choices[state.at++ % choices.length];
        if (choice !== undefined) await carryOut(test, people, choice);
      }
    });

    // Two instances: one tells, the other waits for the lease. Either may die, at any moment of its work.
    workers.push(await startWorker(), await startWorker());
    for (let kill = 0; kill < KILLS; kill += 1) {
      const until = (await cuts()) + 1 + draw(12);
      await eventually(async () => expect(await cuts()).toBeGreaterThanOrEqual(until), 30_000);
      const [dying] = workers.splice(draw(workers.length), 1);
      await dying?.stop('SIGKILL');
      await test.database.rows({
        text: "update lease set expires_at = clock_timestamp() where name = 'feed'",
      });
      workers.push(await startWorker());
    }
    await Promise.all(workers.splice(0).map((worker) => worker.stop('SIGKILL')));
    await test.database.rows({ text: "update lease set expires_at = clock_timestamp() where name = 'feed'" });
    state.isWriting = false;
    await Promise.all(writers);

    const survivor = await startEngine(test.database);
    await untilCut(test.database);
    const replay = new FeedReplay(test.database);
    await replay.read(97);
    const expected = await naiveSets(test.database);
    expect(replay.faults).toEqual([]);
    expect(await replay.sets()).toEqual(expected);
    expect(await closureSets(test.database)).toEqual(expected);
    const written = await test.database.rows<{ seq: number }>({
      text: `select seq from change where batch is null and type ~ '^(user|group|membership)[.]' order by seq`,
    });
    const told = replay.rows.filter(({ batch }) => batch === null).map(({ seq }) => seq);
    expect([...told].sort((a, b) => a - b)).toEqual(written.map(({ seq }) => seq));
    expect(replay.rows.filter(({ causes_total: total }) => total === 0)).toEqual([]);
    await survivor.engine.stop();
    expect(survivor.faults).toEqual([]);
  });

  it('has neither half a cut nor a gap when its worker dies between its writing and its commit (D-41)', async () => {
    const [user, group] = [await test.user('told after all'), await test.group('cut in two')];
    const worker = await startWorker();
    workers.push(worker);
    await eventually(async () => expect((await leases()).length).toBe(1), 30_000);
    await untilCut(test.database);
    const before = await cuts();
    // The worker comes as far as its cut's own row, within its transaction, and no further.
    await test.database.transaction(async (tx) => {
      await tx.rows({ text: 'lock table feed_batch in exclusive mode' });
      await test.do((work) => addMember(work, { group: group.id, member: user.id }));
      await eventually(async () => expect(await waiting()).toBe(1), 30_000);
      await worker.stop('SIGKILL');
    });
    expect(await cuts()).toBe(before);
    await test.database.rows({ text: "update lease set expires_at = clock_timestamp() where name = 'feed'" });
    const survivor = await startEngine(test.database);
    await untilCut(test.database);
    const replay = new FeedReplay(test.database);
    await replay.read(97);
    expect(replay.faults).toEqual([]);
    expect((await replay.sets())[group.n]).toEqual([user.n]);
    await survivor.engine.stop();
  });

  const leases = (): Promise<object[]> =>
    test.database.rows({ text: "select from lease where name = 'feed' and expires_at > clock_timestamp()" });

  /** How many wait for the table of cuts. */
  async function waiting(): Promise<number> {
    const waiters = await test.database.rows({
      text: "select from pg_locks where relation = 'feed_batch'::regclass and not granted",
    });
    return waiters.length;
  }

  async function cuts(): Promise<number> {
    const [row] = await test.database.rows<{ n: number }>({ text: 'select max(n) as n from feed_batch' });
    return row?.n ?? 0;
  }
});

/** Numbers below a limit, the same for the same seed. */
function drawFrom(seed: number): (limit: number) => number {
  let state = seed + 1;
  return (limit) => {
    state = (state * 48_271) % 2_147_483_647;
    return state % limit;
  };
}

const anyChoice: fc.Arbitrary<Choice> = fc.record({
  verb: fc.constantFrom('add', 'add', 'add', 'remove', 'nest', 'unnest', 'activate', 'deactivate'),
  group: fc.nat(7),
  other: fc.nat(29),
  source: fc.constantFrom('console', 'csv'),
});
