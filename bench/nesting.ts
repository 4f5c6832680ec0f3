import type pg from 'pg';
import type { Bench, Benchmark } from './benchmark.ts';
import { absolute, type Figure, ratio } from './figure.ts';
import { landmarks } from './generator/groups.ts';
import { findLandmark, type Ground, inTurn, type KnownGroup, openGround, someMembers } from './ground.ts';
import { interleave, spreadOf, timed } from './interleave.ts';
import { withClient } from './kept-databases.ts';

/** A group of a tenth of all users nested and taken out again, and what others feel of it (P5). */
export const nesting: Benchmark = {
  name: 'nesting',
  goals: ['P5'],
  run: async (bench) => {
    const ground = openGround(bench.url);
    try {
      return await withClient(bench.url, async (client) => {
        const inner = await findLandmark(client, landmarks.movable);
        const outer = await findLandmark(client, landmarks.receiver);
        const work = { bench, ground, client, inner, outer };
        return [...(await besidePairs(work)), await stalls(work)];
      });
    } finally {
      await ground.close();
    }
  },
};

interface Nesting {
  readonly bench: Bench;
  readonly ground: Ground;
  readonly client: pg.Client;
  readonly inner: KnownGroup;
  readonly outer: KnownGroup;
}

async function besidePairs({ bench, ground, client, inner, outer }: Nesting): Promise<Figure[]> {
  const pairs = await preparePairs(client, inner, outer);
  const unnesting: number[] = [];
  const { nest, bare } = await interleave(
    {
      nest: async () => {
        const ms = await timed(() => ground.add(outer, inner));
        unnesting.push(await timed(() => ground.remove(outer, inner)));
        return ms;
      },
      bare: async () => {
        const ms = await timed(() => insertPairs(client));
        await client.query('truncate bench_pairs');
        return ms;
      },
    },
    { runs: bench.size === 'full' ? 10 : 40, warmUp: 2 },
  );
  await client.query('drop table bench_pairs, bench_new_pairs');
  const baseline = { is: `inserting its ${pairs} new effective pairs into a bare table`, value: bare.p50 };
  const rest = { goal: 'P5', baseline, limit: { atMost: 0.1 }, countsAt: 'full' } as const;
  return [
    ratio({ ...rest, what: 'nesting a group of a tenth of all users', ours: nest.p50 }),
    ratio({ ...rest, what: 'taking it out again', ours: spreadOf(unnesting).p50 }),
  ];
}

/** Stores the pairs that the nesting makes, so that the baseline only has to insert them. */
async function preparePairs(client: pg.Client, inner: KnownGroup, outer: KnownGroup): Promise<number> {
  await client.query(`drop table if exists bench_pairs, bench_new_pairs;
                      create table bench_pairs (group_n integer not null, user_n integer not null)`);
  await client.query('create table bench_new_pairs (like bench_pairs)');
  const { rowCount } = await client.query(
    `insert into bench_new_pairs
     select above.ancestor, u.member_n
     from (select ancestor from closure where descendant = $1) above
     cross join (
       select distinct a.member_n from closure c
       join assertion a on a.group_n = c.descendant and a.member_kind = 'u' and not a.suppressed
       where c.ancestor = $2) u`,
    [outer.n, inner.n],
  );
  return rowCount ?? 0;
}

async function insertPairs(client: pg.Client): Promise<void> {
  await client.query('insert into bench_pairs select * from bench_new_pairs');
}

/** Another client changes members of other groups all the while; how long does one change of it ever take? */
async function stalls({ bench, ground, client, inner, outer }: Nesting): Promise<Figure> {
  const other = openGround(bench.url);
  const group = await findLandmark(client, landmarks.ten);
  const next = inTurn(await someMembers(client, group, 10));
  const writingUntil = async (end: () => boolean): Promise<number[]> => {
    const times: number[] = [];
    while (!end()) {
      const user = next();
      times.push(await timed(() => other.remove(group, user)), await timed(() => other.add(group, user)));
    }
    return times;
  };
  try {
    await writingUntil(after(20));
    let nestings = 0;
    const writing = writingUntil(() => nestings >= 20);
    while (nestings < 20) {
      await ground.add(outer, inner);
      await ground.remove(outer, inner);
      nestings += 1;
    }
    const meanwhile = spreadOf(await writing);
    const quiet = spreadOf(await writingUntil(after(meanwhile.runs / 2)));
    return absolute({
      goal: 'P5',
      what: 'longest member change elsewhere while 20 nestings come and go',
      unit: 'ms',
      ours: meanwhile.longest,
      limit: { atMost: 100 },
      note: `longest without nestings ${quiet.longest.toFixed(1)} ms; medians ${meanwhile.p50.toFixed(1)} and ${quiet.p50.toFixed(1)} ms`,
    });
  } finally {
    await other.close();
  }
}

function after(rounds: number): () => boolean {
  let done = 0;
  return () => (done += 1) > rounds;
}
