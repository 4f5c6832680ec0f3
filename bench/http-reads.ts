import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { setTimeout as pause } from 'node:timers/promises';
import type pg from 'pg';
import { z } from 'zod';
import { readMasterKey } from '../src/boot/master-key.ts';
import { deriveKey, readSigned, sign } from '../src/core/seal.ts';
import { isLiveUser } from '../src/store/scim/user-rows.ts';
import type { Bench, Benchmark } from './benchmark.ts';
import { absolute, type Figure, ratio } from './figure.ts';
import { landmarks } from './generator/groups.ts';
import { userNameOf } from './generator/rows.ts';
import { shapes } from './generator/shape.ts';
import { findLandmark, inTurn } from './ground.ts';
import {
  MASTER_KEY,
  type ServerProcess,
  startDaemon,
  startScript,
  stopAll,
  TOKEN,
  untilIdle,
} from './http/processes.ts';
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
  const row = Math.floor(shapes[bench.size].users * 0.9);
  const pathOf = (cursor: string): string =>
    `/scim/v2/Users?count=${PAGE}&cursor=${encodeURIComponent(cursor)}`;
  const early = readPage(await ours.get(pathOf(''))).nextCursor;
  const { last, next } = await withClient(bench.url, (client) => usersAround(client, row));
  const far = movedTo(early, last.n);
  const { Resources: shown } = readPage(await ours.get(pathOf(far)));
  if (shown.length !== PAGE || shown[0]?.id !== next.id) {
    throw new Error(`The page by the cursor that was made is not the one behind row ${row}.`);
  }
  const get = (cursor: string): Side => {
    const path = pathOf(cursor);
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

async function residentBytes(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  return Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1]) * 1_024;
}

/** Where a cursor names the row that its page follows. */
const AT_ROW = 4;

/**
 * The cursor as it would be behind another user, signed as the daemon signs its own: walking there takes 9,000 pages at
 * `full`.
 */
function movedTo(cursor: string, n: number): string {
  const masterKey = readMasterKey({ given: MASTER_KEY, dataDir: '', random: randomBytes });
  const key = deriveKey(masterKey, 'scim-cursor');
  const place = JSON.parse(String(readSigned(key, cursor))) as unknown[];
  return sign(key, Buffer.from(JSON.stringify(place.with(AT_ROW, n))));
}

/** The user at that row of the list, counted from one, and the one behind. */
async function usersAround(client: pg.Client, row: number): Promise<{ last: UserRow; next: UserRow }> {
  const { rows } = await client.query<UserRow>(
    `select u.n, u.id from users u where ${isLiveUser} order by u.n offset $1 limit 2`,
    [row - 1],
  );
  const [last, next] = rows;
  if (last === undefined || next === undefined) throw new Error(`There is no user behind row ${row}.`);
  return { last, next };
}

interface UserRow {
  readonly n: number;
  readonly id: string;
}

const pageShape = z.object({ nextCursor: z.string(), Resources: z.array(z.object({ id: z.string() })) });

function readPage(answer: string): z.infer<typeof pageShape> {
  return pageShape.parse(JSON.parse(answer));
}

async function someIds(client: pg.Client): Promise<string[]> {
  const { rows } = await client.query<{ id: string }>('select id from users order by id limit 2000');
  return rows.map(({ id }) => id);
}
