import { createReadStream, createWriteStream } from 'node:fs';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { randomUUID } from 'node:crypto';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type pg from 'pg';
import { from as copyFrom } from 'pg-copy-streams';
import { defaultFeedSettings } from '../src/core/feeds/settings.ts';
import { importFile } from '../src/sources/feeds/import-file.ts';
import { type Database, openDatabase } from '../src/store/database.ts';
import type { Bench, Benchmark } from './benchmark.ts';
import { absolute, type Figure, ratio } from './figure.ts';
import { timed } from './interleave.ts';
import { onScratchDatabase, withClient } from './kept-databases.ts';

/** A large file of memberships, and many small ones, beside the least that the database has to do for them (P10). */
export const csvImport: Benchmark = {
  name: 'csv-import',
  goals: ['P10'],
  run: async (bench) => {
    const folder = await mkdtemp(join(tmpdir(), 'muster-bench-'));
    try {
      return await onScratchDatabase(bench.server, async (url) => {
        const database = openDatabase({ url, poolSize: 4, applicationName: 'muster-bench' });
        try {
          return await withClient(url, (client) => measure({ bench, client, database, folder }));
        } finally {
          await database.close();
        }
      });
    } finally {
      await rm(folder, { recursive: true });
    }
  },
};

/** Rows of the large file, by size of the run. */
const ROWS = { small: 20_000, full: 1_000_000 } as const;
/** Rows of a small file. */
const FEW = 100;
/** Small files, by size of the run. */
const FILES = { small: 100, full: 10_000 } as const;
/** Rows from which one round has to do: each side of it takes a minute. */
const LARGE = 500_000;
/** Rows that are written one by one, to say what a row costs so. */
const ONE_BY_ONE = 2_000;

interface Ground {
  readonly bench: Bench;
  readonly client: pg.Client;
  readonly database: Database;
  readonly folder: string;
}

async function measure(ground: Ground): Promise<Figure[]> {
  const { bench, client, folder } = ground;
  const rows = Number(process.env.MUSTER_BENCH_ROWS ?? ROWS[bench.size]);
  await makeUsers(client, rows / 10);
  const file = join(folder, 'large.csv');
  await writeRows(file, rows);
  bench.say(`  ${rows} rows of ${rows / 10} users in ${rows / 1_000} groups`);
  const fifth = join(folder, 'fifth.csv');
  await writeRows(fifth, rows / 5);
  const growthOfFifth = await peakGrowth(() => importOne(ground, fifth));
  await forget(client);
  const bare: number[] = [];
  const ours: number[] = [];
  const oneByOne: number[] = [];
  let growth = 0;
  const rounds = rows < LARGE ? 3 : 1;
  for (let run = 0; run < rounds; run += 1) {
    bare.push(await timed(() => copyAndInsert(client, file)));
    oneByOne.push((await timed(() => insertOneByOne(client, ONE_BY_ONE))) * (rows / ONE_BY_ONE));
    await client.query('checkpoint');
    ours.push(
      await timed(async () => (growth = Math.max(growth, await peakGrowth(() => importOne(ground, file))))),
    );
    if (run + 1 < rounds) await forget(client);
  }
  const again = await timed(() => importOne(ground, file));
  await forget(client);
  return [
    ratio({
      goal: 'P10',
      what: `import of ${rows} rows`,
      ours: middle(ours),
      baseline: { is: 'raw COPY + sorted insert', value: middle(bare) },
      limit: { atMost: 2 },
      countsAt: 'full',
      note: `dropped again, when every row is true already: ${again.toFixed(0)} ms`,
    }),
    ratio({
      goal: 'P10',
      what: 'the same rows, times quicker than one by one',
      ours: middle(ours),
      baseline: { is: 'a statement a row, in one transaction', value: middle(oneByOne) },
      as: 'baseline ÷ ours',
      limit: { atLeast: 15 },
      countsAt: 'full',
    }),
    absolute({
      goal: 'P10',
      what: 'growth of the resident memory meanwhile',
      unit: 'MB',
      ours: growth,
      limit: { atMost: 150 },
      note: `${growthOfFifth.toFixed(0)} MB for a fifth of the rows`,
    }),
    await manyFiles(ground, Number(process.env.MUSTER_BENCH_FILES ?? FILES[bench.size])),
  ];
}

async function manyFiles(ground: Ground, files: number): Promise<Figure> {
  const { client, folder } = ground;
  const few = join(folder, 'few');
  await mkdir(few);
  const names = Array.from({ length: files }, (_, at) => join(few, `${at}.csv`));
  for (const [at, name] of names.entries()) await writeRows(name, FEW, at * FEW);
  const ours = await timed(async () => {
    for (const name of names) await importOne(ground, name);
  });
  await forget(client);
  const bare = await timed(async () => {
    for (const name of names) await copyAndInsert(client, name, 'keep');
  });
  await client.query('truncate bench_assertion');
  return ratio({
    goal: 'P10',
    what: `${files} files of ${FEW} rows, a file`,
    ours: ours / files,
    baseline: { is: 'raw COPY + sorted insert, a transaction a file', value: bare / files },
    limit: { atMost: 20 },
    countsAt: 'full',
  });
}

async function makeUsers(client: pg.Client, count: number): Promise<void> {
  await client.query(
    `insert into users (user_name, user_name_key, created_by)
     select 'user' || i, 'user' || i, 1 from generate_series(0, $1::int - 1) i`,
    [count],
  );
  await client.query(`create table bench_assertion (like assertion including all)`);
  await client.query(`create table bench_group (n serial, name_key text primary key)`);
  await client.query(
    `insert into bench_group (name_key) select 'group' || i from generate_series(0, $1::int) i`,
    [count / 100],
  );
  await client.query('analyze');
}

/** Each user ten times, each group a thousand times, in no order. */
async function writeRows(file: string, rows: number, first = 0): Promise<void> {
  const users = Math.max(1, Math.round(rows / 10));
  const groups = Math.max(1, Math.round(rows / 1_000));
  async function* lines(): AsyncGenerator<string> {
    yield 'group,role,username,isgroup,action\n';
    for (let at = 0; at < rows; at += 1_000) {
      let text = '';
      for (let row = at; row < Math.min(rows, at + 1_000); row += 1) {
        const user = (row + first) % users;
        const group = (Math.floor((row + first) / users) * 7 + user * 13) % groups;
        text += `group${group},,user${user},,import\n`;
      }
      yield text;
    }
    await Promise.resolve();
  }
  await pipeline(Readable.from(lines()), createWriteStream(file));
}

async function importOne({ database, folder }: Ground, path: string): Promise<void> {
  const run = await importFile(
    {
      database,
      directory: { database, wake: () => undefined },
      newId: randomUUID,
      watchDir: folder,
      feeds: new Map([['csv', defaultFeedSettings('csv')]]),
      cursorOf: () => '',
    },
    { source: 'csv', dryRun: false, actor: { kind: 'operator', id: 'bench' }, requestId: null, path },
  );
  if (run.state !== 'applied' || (run.refused ?? 0) > 0) throw new Error(`The import ended as ${run.state}.`);
}

/** What the database has to do at the least. */
async function copyAndInsert(
  client: pg.Client,
  file: string,
  then: 'truncate' | 'keep' = 'truncate',
): Promise<void> {
  await client.query('begin');
  await client.query(
    `create temp table bench_row (group_name text, role text, username text, isgroup text, action text) on commit drop`,
  );
  const copy = client.query(copyFrom(`copy bench_row from stdin (format csv, header)`));
  await pipeline(createReadStream(file), copy);
  await client.query(
    `insert into bench_assertion (group_n, member_n, source_n, line, origin_n, member_kind)
     select distinct g.n, u.n, 4, 1, 1, 'u'::"char" from bench_row r
     join bench_group g on g.name_key = lower(r.group_name) join users u on u.user_name_key = lower(r.username)
     order by 1, 2
     on conflict do nothing`,
  );
  await client.query('commit');
  if (then === 'truncate') await client.query('truncate bench_assertion');
}

/** As a program does that goes through the file row by row: find the group, find the user, insert. */
async function insertOneByOne(client: pg.Client, rows: number): Promise<void> {
  await client.query('begin');
  for (let row = 0; row < rows; row += 1) {
    await client.query({
      name: 'bench_one_row',
      text: `insert into bench_assertion (group_n, member_n, source_n, line, origin_n, member_kind)
             select g.n, u.n, 4, $3, 1, 'u'::"char" from bench_group g, users u
             where g.name_key = lower($1) and u.user_name_key = lower($2) on conflict do nothing`,
      values: ['group1', `user${row}`, row],
    });
  }
  await client.query('commit');
  await client.query('truncate bench_assertion');
}

async function forget(client: pg.Client): Promise<void> {
  await client.query('truncate assertion, change, import_row, closure, groups');
}

/** Megabytes by which the resident memory of this process grows at most while work is done. */
async function peakGrowth(work: () => Promise<void>): Promise<number> {
  const before = process.memoryUsage.rss();
  let most = before;
  const look = setInterval(() => (most = Math.max(most, process.memoryUsage.rss())), 20);
  try {
    await work();
  } finally {
    clearInterval(look);
  }
  return (most - before) / 1_048_576;
}

function middle(times: readonly number[]): number {
  return [...times].sort((a, b) => a - b)[Math.floor(times.length / 2)] ?? NaN;
}
