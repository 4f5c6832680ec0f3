import { readFile } from 'node:fs/promises';
import { setTimeout as pause } from 'node:timers/promises';
import type pg from 'pg';
import type { Bench, Benchmark } from './benchmark.ts';
import { absolute, type Figure, ratio } from './figure.ts';
import { landmarks } from './generator/groups.ts';
import { userNameOf } from './generator/rows.ts';
import { shapes } from './generator/shape.ts';
import { findLandmark, inTurn } from './ground.ts';
import { type ServerProcess, startDaemon, startScript, stopAll, TOKEN } from './http/processes.ts';
import { batch, openRequests, type Requests } from './http/requests.ts';
import { interleave, type Side, timed } from './interleave.ts';
import { withClient } from './kept-databases.ts';

/**
 * Reading users over SCIM beside bare http and pg (P11), pages far back beside early ones (P12), and what the process
 * grows by while it answers with a group of all users (P16).
 */
export const httpReads: Benchmark = {
  name: 'http-reads',
  goals: ['P11', 'P12', 'P16'],
  run: async (bench) => {
    const daemon = await startDaemon({ databaseUrl: bench.url });
    const raw = await startScript('bench/http/raw-server.ts', { DATABASE_URL: bench.url });
    const [ours, bare] = [openRequests(daemon.address, AT_ONCE), openRequests(raw.address, AT_ONCE)];
    try {
      const ids = await withClient(bench.url, someIds);
      bench.say('waiting until the daemon has filled its index');
      await untilIdle(daemon.pid);
      const figures: Figure[] = [];
      // Told one by one: at `full` all of them take many minutes.
      const tell = (figure: Figure): void => {
        bench.say(`${figure.goal} ${figure.what}: ${figure.measured.toFixed(3)}`);
        figures.push(figure);
      };
      for (const compared of besideRaw(bench, { ours, bare }, ids)) tell(await compared());
      tell(await farBack(bench, ours));
      tell(await hugeGroup(bench, daemon));
      return figures;
    } finally {
      await Promise.all([ours.close(), bare.close()]);
      await stopAll([daemon, raw]);
    }
  },
};

const AT_ONCE = 8;
const PAGE = 100;

interface Both {
  readonly ours: Requests;
  readonly bare: Requests;
}

function besideRaw(bench: Bench, both: Both, ids: readonly string[]): (() => Promise<Figure>)[] {
  const names = ids.map((_, i) => encodeURIComponent(userNameOf((i * 977) % shapes[bench.size].users)));
  const filterOf = (name: string): string => encodeURIComponent(`userName eq "${decodeURIComponent(name)}"`);
  const figure = async (
    what: string,
    atLeast: number,
    { ours, bare, requests }: { ours: () => string; bare: () => string; requests: number },
  ): Promise<Figure> => {
    const side =
      (server: Requests, path: () => string): Side =>
      () =>
        timed(() => batch(requests, AT_ONCE, () => server.get(path())));
    const times = await interleave(
      { ours: side(both.ours, ours), bare: side(both.bare, bare) },
      { runs: 20, warmUp: 4 },
    );
    return ratio({
      goal: 'P11',
      what,
      unit: 'requests/s',
      ours: (requests / times.ours.p50) * 1_000,
      baseline: { is: 'node:http and pg', value: (requests / times.bare.p50) * 1_000 },
      limit: { atLeast },
    });
  };
  const [id, rawId, name, rawName] = [inTurn(ids), inTurn(ids), inTurn(names), inTurn(names)];
  return [
    () =>
      figure('GET a user', 0.9, {
        ours: () => `/scim/v2/Users/${id()}`,
        bare: () => `/user?value=${rawId()}`,
        requests: 100,
      }),
    () =>
      figure('filter=userName eq', 0.8, {
        ours: () => `/scim/v2/Users?filter=${filterOf(name())}`,
        bare: () => `/filter?value=${rawName()}`,
        requests: 100,
      }),
    () =>
      figure(`page of ${PAGE} users, with the total`, 0.8, {
        ours: () => `/scim/v2/Users?count=${PAGE}`,
        bare: () => `/page?value=${PAGE}`,
        requests: 16,
      }),
  ];
}

/** Pages by cursor. The page compared with is the second: the first also counts all users. */
async function farBack(bench: Bench, ours: Requests): Promise<Figure> {
  const { users } = shapes[bench.size];
  const row = Math.floor(users * 0.9);
  const step = async (cursor: string, count: number): Promise<string> => {
    const answer = await ours.get(`/scim/v2/Users?count=${count}&cursor=${encodeURIComponent(cursor)}`);
    return nextCursor(answer);
  };
  const early = await step('', PAGE);
  const far = await cursorBehind(row, step);
  const get = (cursor: string): Side => {
    const path = `/scim/v2/Users?count=${PAGE}&cursor=${encodeURIComponent(cursor)}`;
    return () => timed(() => ours.get(path));
  };
  const times = await interleave({ far: get(far), early: get(early) }, { runs: 100, warmUp: 10 });
  return ratio({
    goal: 'P12',
    what: `page of ${PAGE} users at row ${row}`,
    ours: times.far.p50,
    baseline: { is: 'the second page', value: times.early.p50 },
    limit: { atMost: 1.2 },
  });
}

const MEGABYTE = 1_000_000;
/** Between two looks at the process. */
const LOOK_MS = 20;

/** A plain GET streams: the process grows by its portions, and not by the group. Linux alone tells the memory of others. */
async function hugeGroup(bench: Bench, { address, pid }: ServerProcess): Promise<Figure> {
  const { id } = await withClient(bench.url, (client) => findLandmark(client, landmarks.all));
  const before = await residentBytes(pid);
  const state = { most: before, isRead: false };
  const watch = async (): Promise<void> => {
    while (!state.isRead) {
      state.most = Math.max(state.most, await residentBytes(pid));
      await pause(LOOK_MS);
    }
  };
  const watching = watch();
  const answer = await fetch(`${address}/scim/v2/Groups/${id}`, {
    headers: { authorization: `Bearer ${TOKEN}` },
  });
  let bytes = 0;
  for await (const chunk of answer.body ?? []) bytes += chunk.byteLength;
  state.isRead = true;
  await watching;
  return absolute({
    goal: 'P16',
    what: `growth while a group of ${shapes[bench.size].users} users is answered, ${Math.round(bytes / MEGABYTE)} MB`,
    unit: 'MB',
    ours: (state.most - before) / MEGABYTE,
    limit: { atMost: 150 },
    countsAt: 'full',
  });
}

/** A tick of processor time as Linux counts it. */
const TICKS_PER_SECOND = 100;
const IDLE_SECONDS = 3;
const MOST_SECONDS = 240;

/** Waits until the process took less than a quarter of a processor for some seconds: its index is filled then. */
async function untilIdle(pid: number): Promise<void> {
  let quiet = 0;
  let before = await ticksOf(pid);
  for (let second = 0; second < MOST_SECONDS && quiet < IDLE_SECONDS; second += 1) {
    await pause(1_000);
    const now = await ticksOf(pid);
    quiet = now - before < TICKS_PER_SECOND / 4 ? quiet + 1 : 0;
    before = now;
  }
}

/** Processor time of all its threads, in ticks. */
async function ticksOf(pid: number): Promise<number> {
  const fields = (await readFile(`/proc/${pid}/stat`, 'utf8')).replace(/^.*\) /, '').split(' ');
  return Number(fields[11]) + Number(fields[12]);
}

async function residentBytes(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  return Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1]) * 1_024;
}

async function cursorBehind(
  row: number,
  step: (cursor: string, count: number) => Promise<string>,
): Promise<string> {
  let cursor = '';
  for (let at = 0; at < row; at += PAGE) cursor = await step(cursor, PAGE);
  return cursor;
}

function nextCursor(answer: string): string {
  const body: unknown = JSON.parse(answer);
  if (
    typeof body === 'object' &&
    body !== null &&
    'nextCursor' in body &&
    typeof body.nextCursor === 'string'
  ) {
    return body.nextCursor;
  }
  throw new Error('The page names no next one.');
}

async function someIds(client: pg.Client): Promise<string[]> {
  const { rows } = await client.query<{ id: string }>('select id from users order by id limit 2000');
  return rows.map(({ id }) => id);
}
