import { mkdir, readdir, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type Child, startChild } from '../support/child-process.ts';
import { openTestFeeds, type TestFeeds } from './feed-support.ts';
import { fileAt, receiptOf, signal, until } from './watching.ts';
import { zipOf } from './zip-of.ts';

/** The first of each four are killed within their transaction for certain, the next four at random moments, and so on. */
const KILLS = Number(process.env.MUSTER_TEST_KILLS ?? 4);
/** What an import is about to write to when it is killed: people, memberships, the log, its plan at the end. */
const PLACES = ['users', 'assertion', 'change', 'plan'];
/** Printed with a failure, so that the same moments can be tried again. */
const SEED = Number(process.env.MUSTER_TEST_SEED ?? Date.now() % 100_000);

const unguarded = {
  ...{ removalsAtLeast: 1_000_000_000, groupPercent: 100 },
  ...{ emptiedFrom: 1_000_000_000, deactivationsAtLeast: 1_000_000_000 },
};
const feeds = {
  portal: {},
  hr: { mode: 'snapshot', guards: unguarded },
  sets: {},
  mapped: { mapping: { keys: { userName: 'Login' }, attributes: {}, groupNames: ['dept.{Dept}'] } },
};

interface Drop {
  readonly feed: keyof typeof feeds;
  readonly ending: string;
  /** The file of the `at`th kill of its kind, with as many rows. */
  readonly file: (at: number) => string | Buffer;
  readonly rows: number;
}

const numbers = (from: number, count: number): number[] =>
  Array.from({ length: count }, (_, at) => from + at);
const lines = (header: string, from: number, count: number, line: (at: number) => string): string =>
  [header, ...numbers(from, count).map(line), ''].join('\n');

/** Each says by its name what it makes true, so that half of it would show. */
const drops: readonly Drop[] = [
  {
    feed: 'portal',
    ending: 'csv',
    rows: 4_000,
    file: (at) =>
      lines('group,role,username,isgroup', 0, 4_000, (row) => `portal ${at},member,${at}p${row},`),
  },
  {
    // Half of the people of the snapshot before are missing, and half are new.
    feed: 'hr',
    ending: 'csv',
    rows: 1_200,
    file: (at) => lines('userName,title,groups', at * 600, 1_200, (row) => `hr${row},T${at},hr;hr ${at}`),
  },
  {
    feed: 'sets',
    ending: 'zip',
    rows: 1_600,
    file: (at) =>
      zipOf({
        'users.csv': lines('userName,title', 0, 800, (row) => `${at}z${row},Z`),
        'memberships.csv': lines('group,member,type', 0, 800, (row) => `zip ${at},${at}z${row},`),
        'manifest.json': JSON.stringify({ files: ['users.csv', 'memberships.csv'] }),
      }),
  },
  {
    feed: 'mapped',
    ending: 'csv',
    rows: 1_200,
    file: (at) => lines('Login;Dept', 0, 1_200, (row) => `${at}m${row};${at}`),
  },
];

describe('kill -9 while a file is imported', () => {
  let test: TestFeeds;
  let child: Child | null = null;
  beforeAll(async () => {
    test = await openTestFeeds();
    await writeFile(join(test.folder, 'muster.json'), JSON.stringify({ feeds }));
    for (const { feed } of drops) await mkdir(join(test.folder, feed));
  });
  afterAll(async () => {
    await child?.stop();
    await test.close();
  });

  const startProcess = (): Promise<Child> =>
    startChild(['--import', 'tsx', 'test/feeds/watching-process.ts'], {
      word: 'watching',
      env: { TEST_URL: test.url, TEST_HOME: test.folder },
    });

  /** Everything that a source says, counted: memberships by group, people by title and whether they are active. */
  const picture = async (feed: string): Promise<unknown> => {
    const text = `
      select jsonb_object_agg(k, v) as picture from (
        select 'in ' || g.name as k, count(*) as v from assertion a join groups g on g.n = a.group_n
        join source s on s.n = a.source_n where s.name = $1 and not a.suppressed group by g.name
        union all
        select 'people ' || coalesce(u.document ->> 'title', '') || ' ' || u.active, count(*) from users u
        join user_statement p on p.user_n = u.n join source s on s.n = p.source_n where s.name = $1 group by 1) t`;
    return (await test.database.rows<{ picture: unknown }>({ text }, [feed]))[0]?.picture;
  };
  const wholePicture = (feed: Drop['feed'], at: number): Record<string, number> => {
    const each = (name: string, count: number): [string, number][] =>
      numbers(0, at + 1).map((one) => [`in ${name}${one}`, count]);
    switch (feed) {
      case 'portal':
        return Object.fromEntries(each('portal ', 4_000));
      case 'sets':
        return Object.fromEntries([...each('zip ', 800), ['people Z true', (at + 1) * 800]]);
      case 'mapped':
        return Object.fromEntries([...each('dept.', 1_200), ['people  true', (at + 1) * 1_200]]);
      case 'hr':
        return {
          ...{ 'in hr': 1_200, [`in hr ${at}`]: 1_200, [`people T${at} true`]: 1_200 },
          ...Object.fromEntries(numbers(0, at).map((old) => [`people T${old} false`, 600])),
        };
    }
  };

  /** Lets nobody write to a table until it is let go. */
  const holdTable = async (table: string): Promise<{ letGo: () => Promise<void> }> => {
    const [isHeld, isOver] = [signal(), signal()];
    const holding = test.database.transaction(async (tx) => {
      await tx.rows({ text: `lock table ${table} in share row exclusive mode` });
      isHeld.give();
      await isOver.given;
    });
    await Promise.race([isHeld.given, holding]);
    return {
      letGo: () => {
        isOver.give();
        return holding;
      },
    };
  };
  const isWaitedFor = async (table: string): Promise<boolean> => {
    const text = `select 1 from pg_locks where not granted and relation = $1::regclass
      and database = (select oid from pg_database where datname = current_database())`;
    return (await test.database.rows({ text }, [table])).length > 0;
  };

  it(`leaves nothing half done at ${KILLS} moments over the formats, and then applies it (seed ${SEED})`, async () => {
    let random = SEED;
    child = await startProcess();
    for (let kill = 0; kill < KILLS; kill += 1) {
      const drop = drops[kill % drops.length];
      if (drop === undefined) continue;
      const { feed, rows } = drop;
      const at = Math.floor(kill / drops.length);
      const folder = join(test.folder, feed);
      const file = `${at}.${drop.ending}`;
      const [before, after] = [await picture(feed), wholePicture(feed, at)];
      const place = at % 2 === 0 ? (PLACES[(kill + at / 2) % PLACES.length] ?? null) : null;
      const held = place === null ? null : await holdTable(place);
      random = (random * 1_103_515_245 + 12_345) % 2_147_483_648;
      const moment = place ?? random % 600;
      try {
        await writeFile(join(folder, `${file}.tmp`), drop.file(at));
        await rename(join(folder, `${file}.tmp`), join(folder, file));
        await until('the claim', async () => !(await readdir(folder)).includes(file));
        if (typeof moment === 'number') await new Promise((resolve) => setTimeout(resolve, moment));
        else await until(`the import to come to ${moment}`, () => isWaitedFor(moment), 120);
        await child.stop('SIGKILL');
      } finally {
        await held?.letGo();
      }
      const now = await picture(feed);
      if (place === null) expect([before, after]).toContainEqual(now);
      else expect(now).toEqual(before);
      child = await startProcess();
      const receipt = await receiptOf(folder, 'done', file);
      await fileAt(folder, 'done', file);
      expect({ seed: SEED, moment, rows: receipt.rows }).toMatchObject({
        rows: { total: rows, applied: rows, refused: 0 },
      });
      expect(await picture(feed)).toEqual(after);
      expect(await readdir(join(folder, 'work'))).toEqual([]);
    }
    const text = 'select count(*)::int as runs from import_run';
    expect(await test.database.rows({ text })).toEqual([{ runs: KILLS }]);
  }, 600_000);

  it('one of several processes takes each file, and they are applied in the order of their times', async () => {
    const folder = join(test.folder, 'portal');
    const children = await Promise.all(numbers(0, 2).map(startProcess));
    const before = await test.database.rows({ text: 'select 1 from import_run' });
    for (const at of numbers(0, 9)) {
      const row = at % 2 === 0 ? 'shared,,ada,,import' : 'shared,,*,,delete';
      await writeFile(join(folder, `shared${at}.csv`), `group,role,username,isgroup,action\n${row}\n`);
    }
    for (const at of numbers(0, 9)) {
      const receipt = await receiptOf(folder, 'done', `shared${at}.csv`);
      expect({ at, rows: receipt.rows }).toMatchObject({ at, rows: { applied: 1 } });
    }
    for (const each of children) await each.stop();
    expect(await test.database.rows({ text: 'select 1 from import_run' })).toHaveLength(before.length + 9);
    expect(await test.members('shared')).toEqual(['user:ada']);
  }, 120_000);
});
