import { editMembers } from '../src/directory/memberships.ts';
import { changeTarget } from '../src/targets/admin/verbs.ts';
import type { GroupRow } from '../src/store/groups.ts';
import type { UserRow } from '../src/store/users.ts';
import { type Figure, ratio } from './figure.ts';
import type { Bench, Benchmark } from './benchmark.ts';
import { spreadOf } from './interleave.ts';
import { onScratchDatabase } from './kept-databases.ts';
import { BY, openTargetGround, type TargetGround } from './targets/ground.ts';

/**
 * From a commit to its arrival at local SCIM services, through the whole engine, beside a ping of the same service
 * (P13); and the same at nine services beside a tenth that takes requests and never answers.
 */
export const targetLatency: Benchmark = {
  name: 'target-latency',
  goals: ['P13'],
  run: (bench) =>
    onScratchDatabase(bench.server, async (url) => {
      const ground = await openTargetGround(url);
      try {
        return await measure(bench, ground);
      } finally {
        await ground.close();
      }
    }),
};

const SERVICES = 9;
/** Rounds with and without the black hole, in turn; a change at each service in every one. */
const ROUNDS = { small: 10, full: 40 } as const;
/** Rounds of each side before the first that counts. */
const WARM_UP = 2;

interface Healthy {
  readonly service: string;
  readonly group: GroupRow;
  members: number;
}

async function measure(bench: Bench, ground: TargetGround): Promise<Figure[]> {
  const users = await ground.users(200);
  const [first, ...rest] = users;
  if (first === undefined) throw new Error('There are no users.');
  const base = [first];
  const healthy: Healthy[] = [];
  // Everybody is there already: what is measured is a membership, not an account.
  const everybody = await ground.group('Everybody', users);
  for (let at = 1; at <= SERVICES; at += 1) {
    const group = await ground.group(`Group ${at}`, base);
    await ground.add(`service ${at}`, String(at), [everybody, group]);
    healthy.push({ service: String(at), group, members: users.length + 1 });
  }
  await ground.add('hole', 'hole', [everybody]);
  await changeTarget(ground.targets, 'hole', { change: { mode: 'off' }, by: BY });
  for (const { service, members } of healthy) await ground.until(service, members);
  const times = { with: [] as number[], without: [] as number[] };
  const pings: number[] = [];
  // A busy machine takes its time; a run may be made longer or cut short.
  const rounds = Number(process.env.MUSTER_BENCH_ROUNDS ?? ROUNDS[bench.size]);
  for (let round = -WARM_UP; round < rounds; round += 1) {
    for (const side of ['with', 'without'] as const) {
      const mode = side === 'with' ? 'enforce' : 'off';
      await changeTarget(ground.targets, 'hole', { change: { mode }, by: BY });
      const taken = await changeAll(ground, healthy, rest);
      if (round >= 0) times[side].push(...taken);
      for (let n = 0; n < SERVICES; n += 1) pings.push(await ping(ground));
    }
  }
  const [held, free] = [percentiles(times.with), percentiles(times.without)];
  return [
    ratio({
      goal: 'P13',
      what: 'commit to arrival at a local service, median',
      ours: spreadOf(times.without).p50,
      baseline: { is: 'a ping of it over HTTP', value: spreadOf(pings).p50 },
      limit: { atMost: 3 },
      note: `p95 ${spreadOf(times.without).p95.toFixed(1)} ms, p99 ${free.p99.toFixed(1)} ms, ${times.without.length} changes`,
    }),
    ratio({
      goal: 'O-06',
      what: 'the same at nine services beside a black hole, p99',
      ours: held.p99,
      baseline: { is: 'without the black hole', value: free.p99 },
      limit: { atMost: 1.25 },
      note: `medians ${spreadOf(times.with).p50.toFixed(1)} and ${spreadOf(times.without).p50.toFixed(1)} ms, p95 ${spreadOf(times.with).p95.toFixed(1)} and ${spreadOf(times.without).p95.toFixed(1)} ms, ${times.with.length} changes a side`,
    }),
  ];
}

/** One change at each service, one after another: ms from the end of the commit to the arrival. */
async function changeAll(
  ground: TargetGround,
  healthy: readonly Healthy[],
  users: readonly UserRow[],
): Promise<number[]> {
  const times: number[] = [];
  for (const at of healthy) {
    const user = users[(at.members * 7) % users.length];
    if (user === undefined) throw new Error('There are no users.');
    await ground.do((work) =>
      editMembers(work, { group: at.group.id, steps: [{ do: 'add', members: [user.id] }] }),
    );
    const committed = process.hrtime.bigint();
    const { arrived } = await ground.until(at.service, at.members + 1);
    times.push(Math.max(0, Number(arrived - committed) / 1e6));
    await ground.do((work) =>
      editMembers(work, { group: at.group.id, steps: [{ do: 'remove', members: [user.id] }] }),
    );
    await ground.until(at.service, at.members);
  }
  return times;
}

async function ping({ receiver }: TargetGround): Promise<number> {
  const began = process.hrtime.bigint();
  await (await fetch(`${receiver.address}/ping`)).arrayBuffer();
  return Number(process.hrtime.bigint() - began) / 1e6;
}

function percentiles(times: readonly number[]): { readonly p99: number } {
  const sorted = times.toSorted((a, b) => a - b);
  return { p99: sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * 0.99))] ?? 0 };
}
