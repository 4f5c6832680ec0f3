import { randomUUID } from 'node:crypto';
import { rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type pg from 'pg';
import { cutSweep, type Tenure } from '../src/effective/feed/cutter.ts';
import { Follower } from '../src/effective/follow/follower.ts';
import { hashKeyOf } from '../src/effective/index/member-hashes.ts';
import { type Database } from '../src/store/database.ts';
import { readLastBatch } from '../src/store/effective/log-tail.ts';
import { giveUpLease, seizeLease } from '../src/store/leases.ts';
import { FEED_OWNER } from '../src/store/ledger.ts';
import type { Bench, Benchmark } from './benchmark.ts';
import { type Figure, ratio } from './figure.ts';
import { openGround } from './ground.ts';
import { interleave, timed } from './interleave.ts';
import { withClient } from './kept-databases.ts';
import { bytesOfIndexedPairs, copyPairsOut, storePairs } from './pairs.ts';

/** The sets in memory and what was told of them, beside all effective pairs stored (P6, P7, P8). */
export const indexAndLedger: Benchmark = {
  name: 'index-and-ledger',
  goals: ['P6', 'P7', 'P8'],
  run: async (bench) => {
    const ground = openGround(bench.url);
    const { database } = ground.directory;
    try {
      return await withClient(bench.url, async (client) => {
        const pairs = await storePairs(client);
        bench.say(`${pairs} effective pairs`);
        const { figures, indexBytes } = await interleaved(bench, database, client);
        return [...figures, ...(await sizes(client, indexBytes))];
      });
    } finally {
      await ground.close();
    }
  },
};

const hashKey = hashKeyOf(new Uint8Array(16));

async function interleaved(
  bench: Bench,
  database: Database,
  client: pg.Client,
): Promise<{ readonly figures: readonly Figure[]; readonly indexBytes: number }> {
  const follower = await Follower.open(database, hashKey);
  const tenure = await toldAll(database, follower);
  try {
    const times = await interleave(
      {
        fill: () =>
          timed(async () => {
            const filled = await Follower.open(database, hashKey);
            filled.dispose();
          }),
        sweep: () => timed(() => sweep(database, follower, tenure)),
        copy: () => timed(() => copyPairsOut(client)),
      },
      { runs: bench.size === 'full' ? 2 : 15, warmUp: 1 },
    );
    const baseline = { is: 'COPY of all effective pairs to the client', value: times.copy.p50 };
    const figures = [
      ratio({
        goal: 'P6',
        what: 'filling the index from the database',
        ours: times.fill.p50,
        baseline,
        limit: { atMost: 1 },
        countsAt: 'full',
      }),
      ratio({
        goal: 'P7',
        what: 'full difference of the feed, desired against delivered',
        ours: times.sweep.p50,
        baseline,
        as: 'baseline ÷ ours',
        limit: { atLeast: 50 },
        countsAt: 'full',
      }),
    ];
    return { figures, indexBytes: await bytesOfSaved(follower) };
  } finally {
    await giveUpLease(database, tenure.lease);
    follower.dispose();
  }
}

/** Tells the feed what earlier runs changed, so that the sweeps that are measured find nothing. */
async function toldAll(database: Database, follower: Follower): Promise<Tenure> {
  // Nobody else works on a kept database; a run that was ended may have left its lease.
  const lease = await seizeLease(database, { name: 'feed', holder: randomUUID(), seconds: 3_600 });
  const tenure = { lease, last: await readLastBatch(database) };
  if ((await cutSweep(database, { tenure, held: follower, to: follower.position })) === null) {
    throw new Error('The lease of the feed was lost.');
  }
  return { lease, last: await readLastBatch(database) };
}

async function sweep(database: Database, follower: Follower, tenure: Tenure): Promise<void> {
  const cut = await cutSweep(database, { tenure, held: follower, to: follower.position });
  if (cut?.n !== tenure.last.n) throw new Error('A sweep found a difference where there is none.');
}

/** What the index takes in its file between two starts. */
async function bytesOfSaved(follower: Follower): Promise<number> {
  const path = join(tmpdir(), `muster-bench-index-${process.pid}`);
  try {
    await follower.save({ path, epoch: randomUUID(), now: Date.now });
    return statSync(path).size;
  } finally {
    rmSync(path, { force: true });
  }
}

async function sizes(client: pg.Client, indexBytes: number): Promise<Figure[]> {
  const { rows } = await client.query<{ closure: string; ledger: string }>(
    `select pg_total_relation_size('closure') as closure,
            (select sum(pg_column_size(l)) * pg_total_relation_size('ledger')
                      / (select sum(pg_column_size(x)) from ledger x)
             from ledger l where owner = $1) as ledger`,
    [FEED_OWNER],
  );
  const [closure, ledger] = [Number(rows[0]?.closure), Number(rows[0]?.ledger)];
  const stored = await bytesOfIndexedPairs(client);
  const baseline = { is: 'the effective pairs stored, indexed by group and by user', value: stored / 1e6 };
  return [
    ratio({
      goal: 'P8',
      what: 'closure, ledger of the feed and file of the index',
      unit: 'MB',
      ours: (closure + ledger + indexBytes) / 1e6,
      baseline,
      limit: { atMost: 0.07 },
      countsAt: 'full',
      note: `closure ${(closure / 1e6).toFixed(1)} MB, ledger ${(ledger / 1e6).toFixed(1)} MB, file ${(indexBytes / 1e6).toFixed(1)} MB`,
    }),
    ratio({
      goal: 'P8',
      what: 'ledger of one owner that follows every group',
      unit: 'MB',
      ours: ledger / 1e6,
      baseline,
      limit: { atMost: 0.03 },
      countsAt: 'full',
    }),
  ];
}
