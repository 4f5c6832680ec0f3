import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Benchmark } from './benchmark.ts';
import { absolute, type Figure, ratio } from './figure.ts';
import { landmarks } from './generator/groups.ts';
import { findLandmark, inTurn, type Known, someStrangers } from './ground.ts';
import { type Api, openApi } from './http/api.ts';
import { startDaemon, stopAll, untilIdle } from './http/processes.ts';
import { batch } from './http/requests.ts';
import { interleave, timed } from './interleave.ts';
import { withClient } from './kept-databases.ts';

/**
 * Two daemons on one directory: what one of them answered holds at the other at once, and the feed that either of them
 * serves tells every join and leave once, whoever wrote it (D-41, P-01).
 */
export const instances: Benchmark = {
  name: 'instances',
  goals: ['D-41'],
  run: async ({ url, say }) => {
    const folder = mkdtempSync(join(tmpdir(), 'muster-bench-'));
    const start = (name: string) =>
      startDaemon({ databaseUrl: url, dataDir: join(folder, name), baseUrl: 'http://localhost' });
    const daemons = [await start('one'), await start('other')];
    const [one, other] = daemons.map(({ address }) => openApi(address, AT_ONCE));
    if (one === undefined || other === undefined) throw new Error('Two daemons were asked for.');
    try {
      say('waiting until both daemons have filled their indexes');
      for (const { pid } of daemons) await untilIdle(pid);
      const place = await withClient(url, async (client) => {
        const group = await findLandmark(client, landmarks.nested);
        return { group: group.id, strangers: await someStrangers(client, group, STRANGERS) };
      });
      const pair = { one, other, ...place };
      return [...(await written(pair)), await asked(pair)];
    } finally {
      await Promise.all([one.close(), other.close()]);
      await stopAll(daemons);
      rmSync(folder, { recursive: true, force: true });
    }
  },
};

const STRANGERS = 400;
const AT_ONCE = 8;

interface Pair {
  readonly one: Api;
  readonly other: Api;
  readonly group: string;
  readonly strangers: readonly Known[];
}

/** All strangers join, then all leave, written through both in turn and asked of the one that did not write. */
async function written({ one, other, group, strangers }: Pair): Promise<Figure[]> {
  let wrong = 0;
  let amiss = 0;
  for (const method of ['PUT', 'DELETE'] as const) {
    const { cursor } = (await one.ask('GET', '/changes?after=now')) as { cursor: string };
    const next = inTurn(
      strangers.map((user, at) => ({ user, sides: at % 2 === 0 ? [one, other] : [other, one] })),
    );
    await batch(strangers.length, AT_ONCE, async () => {
      const { user, sides } = next();
      const [writes, answers] = sides;
      await writes?.ask(method, `/groups/${group}/members/users/${user.id}`);
      if ((await isIn(answers, group, user)) !== (method === 'PUT')) wrong += 1;
    });
    amiss += await countAmiss(other, {
      after: cursor,
      group,
      strangers,
      array: method === 'PUT' ? 'joined' : 'left',
    });
  }
  const limit = { atMost: 0 };
  const what = `${2 * strangers.length} changes through two instances`;
  return [
    absolute({ goal: 'D-41', what: `${what}: wrong at the other right after`, unit: '', ours: wrong, limit }),
    absolute({
      goal: 'P-01',
      what: `${what}: missing or repeated in the feed`,
      unit: '',
      ours: amiss,
      limit,
    }),
  ];
}

async function isIn(api: Api | undefined, group: string, user: Known): Promise<boolean> {
  const { results } = (await api?.ask('POST', '/check', { checks: [{ user: user.id, group }] })) as {
    results: readonly boolean[];
  };
  return results[0] === true;
}

interface Expected {
  readonly after: string;
  readonly group: string;
  readonly strangers: readonly Known[];
  readonly array: 'joined' | 'left';
}

interface Page {
  readonly changes: readonly Partial<Record<'joined' | 'left', readonly string[]>>[];
  readonly cursor: string;
}

/** Reads the feed until it stays quiet for as long as a wait takes; how many strangers it did not tell exactly once. */
async function countAmiss(api: Api, { after, group, strangers, array }: Expected): Promise<number> {
  const told = new Map<string, number>();
  const read = async (cursor: string): Promise<void> => {
    const path = `/changes?type=membership.effective&group=${group}&limit=500&wait=5&after=${encodeURIComponent(cursor)}`;
    const page = (await api.ask('GET', path)) as Page;
    for (const change of page.changes)
      for (const id of change[array] ?? []) told.set(id, (told.get(id) ?? 0) + 1);
    if (page.changes.length > 0) await read(page.cursor);
  };
  await read(after);
  return strangers.filter(({ id }) => told.get(id) !== 1).length;
}

/** A change and its question to the other instance, beside both at the same one. */
async function asked({ one, other, group, strangers }: Pair): Promise<Figure> {
  const next = inTurn(strangers);
  const side = (answers: Api) => () => {
    const user = next();
    const path = `/groups/${group}/members/users/${user.id}`;
    return timed(async () => {
      await one.ask('PUT', path);
      await isIn(answers, group, user);
      await one.ask('DELETE', path);
      await isIn(answers, group, user);
    });
  };
  const times = await interleave({ other: side(other), same: side(one) }, { runs: 100, warmUp: 10 });
  return ratio({
    goal: 'D-41',
    what: 'a member comes and goes, and is asked for at the other instance each time',
    ours: times.other.p50,
    baseline: { is: 'asked for at the same one', value: times.same.p50 },
    limit: { atMost: 1.25 },
  });
}
