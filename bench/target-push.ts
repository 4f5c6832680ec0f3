import { absolute, type Figure, ratio } from './figure.ts';
import type { Bench, Benchmark } from './benchmark.ts';
import { timed } from './interleave.ts';
import { onScratchDatabase, withClient } from './kept-databases.ts';
import { openTargetGround, type TargetGround } from './targets/ground.ts';
import { copyPairsOut, storePairs } from './pairs.ts';
import { deliverAll } from './generator/deliver.ts';
import { changeTarget } from '../src/targets/admin/verbs.ts';
import type { GroupRow } from '../src/store/groups.ts';
import { setTimeout as pause } from 'node:timers/promises';
import { BY } from './targets/ground.ts';

/**
 * Memberships pushed to a SCIM service in chunks through the whole engine, the accounts being there: rate and memory; then the full comparison of
 * what is desired there with what was delivered, beside copying all pairs out (P7).
 */
export const targetPush: Benchmark = {
  name: 'target-push',
  goals: ['P7'],
  run: (bench) =>
    onScratchDatabase(bench.server, async (url) => {
      const ground = await openTargetGround(url);
      try {
        return await measure(bench, ground, url);
      } finally {
        await ground.close();
      }
    }),
};

/** Users, each in every one of the groups. */
const SIZES = { small: { users: 200, groups: 100 }, full: { users: 10_000, groups: 100 } } as const;
const SAMPLE_MS = 100;
/** Comparisons, and copies of the pairs, in turns. */
const ROUNDS = 5;
/** Past the time between two comparisons. */
const LATER_MS = 16 * 60_000;

async function measure(bench: Bench, ground: TargetGround, url: string): Promise<Figure[]> {
  const { groups } = SIZES[bench.size];
  // A run may be cut short, or be made large without a large directory beside it.
  const asked = process.env.MUSTER_BENCH_MEMBERSHIPS;
  const people = asked === undefined ? SIZES[bench.size].users : Math.round(Number(asked) / groups);
  const users = await ground.users(people);
  const scope: GroupRow[] = [];
  for (let at = 0; at < groups; at += 1) scope.push(await ground.group(`Group ${at}`, users));
  const memberships = people * groups;
  bench.say(`${memberships} memberships of ${people} users in ${groups} groups`);
  const accounts = await timed(async () => {
    await ground.add('service', '1', [], 'all users');
    await ground.untilAccounts('1', people);
  });
  bench.say(`${(accounts / 1000).toFixed(1)} s for the accounts`);
  const before = process.memoryUsage().rss;
  let most = before;
  const sampling = setInterval(() => (most = Math.max(most, process.memoryUsage().rss)), SAMPLE_MS);
  let end = await ground.arrived('1');
  const whole = await timed(async () => {
    const change = { scope: { groups: scope.map(({ id }) => id) } };
    await changeTarget(ground.targets, 'service', { change, by: BY });
    end = await ground.until('1', memberships);
  });
  clearInterval(sampling);
  const seconds = Number(end.arrived - end.first) / 1e9;
  bench.say(
    `${(whole / 1000).toFixed(1)} s from assigning the groups, ${seconds.toFixed(1)} s of them sending`,
  );
  return [
    absolute({
      goal: 'O-04',
      what: `memberships a second pushed to one service, ${end.patches} requests`,
      unit: '/s',
      ours: memberships / seconds,
      limit: { atLeast: 0 },
      note: `from assigning the groups ${(memberships / (whole / 1000)).toFixed(0)} /s; accounts ${(people / (accounts / 1000)).toFixed(0)} /s; the receiver shares the machine`,
    }),
    absolute({
      goal: 'O-04',
      what: 'growth of the resident memory meanwhile',
      unit: 'MB',
      ours: (most - before) / 1e6,
      limit: { atMost: 150 },
    }),
    await difference(ground, url),
  ];
}

/** What a target compares every quarter of an hour, by its engine as it runs: nothing differs, and nothing is sent. */
async function difference(ground: TargetGround, url: string): Promise<Figure> {
  const compared: number[] = [];
  const copied: number[] = [];
  return withClient(url, async (client) => {
    await storePairs(client);
    await deliverAll(url);
    for (let run = 0; run < ROUNDS; run += 1) {
      compared.push(await compare(ground));
      copied.push(await timed(() => copyPairsOut(client)));
    }
    const middle = (times: number[]): number => times.sort((a, b) => a - b)[Math.floor(ROUNDS / 2)] ?? 0;
    return ratio({
      goal: 'P7',
      what: 'full comparison of a target through the engine',
      ours: middle(compared),
      baseline: { is: 'COPY of all effective pairs to the client', value: middle(copied) },
      as: 'baseline ÷ ours',
      limit: { atLeast: 50 },
      countsAt: 'full',
    });
  });
}

/** Ms from when it is time until everything was compared. */
async function compare(ground: TargetGround): Promise<number> {
  const { database, engine } = ground;
  const sweptAt = async (): Promise<string | undefined> =>
    (await database.rows<{ at: string }>({ text: 'select swept_at::text as at from target' }))[0]?.at;
  const before = await sweptAt();
  ground.later(LATER_MS);
  return timed(async () => {
    engine.wake();
    while ((await sweptAt()) === before) await pause(2);
  });
}
