import type pg from 'pg';
import { bareAdd, bareRemove, bareRewrite } from './bare.ts';
import type { Bench, Benchmark } from './benchmark.ts';
import { type Figure, ratio } from './figure.ts';
import { landmarks } from './generator/groups.ts';
import {
  findLandmark,
  type Ground,
  inTurn,
  type Known,
  openGround,
  someMembers,
  someStrangers,
} from './ground.ts';
import { interleave, type Side, spreadOf, timed } from './interleave.ts';
import { withClient } from './kept-databases.ts';

/** One membership added or removed through the directory's verb, in groups of any size (P1, P3, P4). */
export const memberChange: Benchmark = {
  name: 'member-change',
  goals: ['P1', 'P3', 'P4'],
  run: async (bench) => {
    const ground = openGround(bench.url);
    try {
      const told = (figure: Figure): Figure => {
        bench.say(`${figure.goal}: ${figure.measured.toFixed(3)}`);
        return figure;
      };
      return await withClient(bench.url, async (client) => [
        told(await besideBareTransaction(ground, client)),
        told(await largeBesideSmall(ground, client)),
        told(await besideRewriting(bench, ground, client)),
      ]);
    } finally {
      await ground.close();
    }
  },
};

/** The mean of an addition and the removal after it, so that the directory stays as it was. */
const pair =
  (first: () => Promise<void>, second: () => Promise<void>): Side =>
  async () =>
    ((await timed(first)) + (await timed(second))) / 2;

/** Many, for what a commit waits for the disk differs by a factor from one moment to the next. */
const turns = { runs: 400, warmUp: 30 };

async function besideBareTransaction(ground: Ground, client: pg.Client): Promise<Figure> {
  const group = await findLandmark(client, landmarks.nested);
  const strangers = await someStrangers(client, group, 400);
  const [next, nextBare] = [inTurn(strangers), inTurn(strangers.toReversed())];
  const { ours, bare } = await interleave(
    {
      ours: changing(ground, group, next),
      bare: async () => {
        const user = nextBare();
        return await pair(
          () => bareAdd(client, group, user),
          () => bareRemove(client, group, user),
        )();
      },
    },
    turns,
  );
  return ratio({
    goal: 'P1',
    what: 'one member change in a nested group of a tenth of all users',
    ours: ours.p50,
    baseline: { is: 'bare transaction of the same rows', value: bare.p50 },
    limit: { atMost: 1.25 },
  });
}

async function largeBesideSmall(ground: Ground, client: pg.Client): Promise<Figure> {
  const side = async (group: Known): Promise<Side> => {
    const next = inTurn(await someMembers(client, group, 400));
    return async () => {
      const user = next();
      return await pair(
        () => ground.remove(group, user),
        () => ground.add(group, user),
      )();
    };
  };
  const { large, small } = await interleave(
    {
      large: await side(await findLandmark(client, landmarks.all)),
      small: await side(await findLandmark(client, landmarks.ten)),
    },
    turns,
  );
  return ratio({
    goal: 'P3',
    what: 'one member change in a group of all users',
    ours: large.p50,
    baseline: { is: 'in a group of 10', value: small.p50 },
    limit: { atMost: 1.25 },
  });
}

async function besideRewriting(bench: Bench, ground: Ground, client: pg.Client): Promise<Figure> {
  const group = await findLandmark(client, landmarks.tenth);
  const next = inTurn(await someStrangers(client, group, 400));
  const { rows } = await client.query<{ n: number }>(
    'select member_n as n from assertion where group_n = $1',
    [group.n],
  );
  const members = rows.map(({ n }) => n);
  const change = changing(ground, group, next);
  const { ours, rewriting } = await interleave(
    {
      ours: async () => {
        const times: number[] = [];
        for (let i = 0; i < 20; i += 1) times.push(await change());
        return spreadOf(times).p50;
      },
      rewriting: () => timed(() => bareRewrite(client, group, members)),
    },
    { runs: bench.size === 'full' ? 5 : 10, warmUp: 1 },
  );
  await client.query('vacuum (analyze) assertion');
  return ratio({
    goal: 'P4',
    what: `one member change in a group that lists a tenth of all users`,
    ours: ours.p50,
    baseline: { is: `rewriting its ${members.length} members`, value: rewriting.p50 },
    as: 'baseline ÷ ours',
    limit: { atLeast: 500 },
    countsAt: 'full',
  });
}

function changing(ground: Ground, group: Known, next: () => Known): Side {
  return async () => {
    const user = next();
    return await pair(
      () => ground.add(group, user),
      () => ground.remove(group, user),
    )();
  };
}
