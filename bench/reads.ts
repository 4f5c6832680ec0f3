import type pg from 'pg';
import type { GroupN, UserN } from '../src/core/ids.ts';
import { hashKeyOf } from '../src/effective/index/member-hashes.ts';
import { Follower } from '../src/effective/follow/follower.ts';
import { type Database, named } from '../src/store/database.ts';
import {
  effectiveMembersPage,
  groupsOfUser,
  idsOfMembers,
  isMember,
} from '../src/store/effective/membership.ts';
import type { Bench, Benchmark } from './benchmark.ts';
import { type Figure, ratio } from './figure.ts';
import { landmarks } from './generator/groups.ts';
import { findLandmark, inTurn, openGround } from './ground.ts';
import { interleave, timed } from './interleave.ts';
import { withClient } from './kept-databases.ts';

/** Questions of membership beside the smallest statement there is (P9). */
export const reads: Benchmark = {
  name: 'reads',
  goals: ['P9'],
  run: async (bench) => {
    const ground = openGround(bench.url);
    const { database } = ground.directory;
    const follower = await Follower.open(database, hashKeyOf(new Uint8Array(16)));
    try {
      return await withClient(bench.url, async (client) =>
        figures(bench, { database, follower, asked: await questions(client) }),
      );
    } finally {
      follower.dispose();
      await ground.close();
    }
  },
};

const one = named('bench_one', 'select 1');
const PAGE = 100;

interface Question {
  readonly user: UserN;
  readonly group: GroupN;
}

interface Questions {
  /** Users with a group that each is in, and as often one that it is not in. */
  readonly pairs: readonly Question[];
  readonly paged: GroupN;
  /** Numbers behind which pages of {@link paged} begin. */
  readonly places: readonly number[];
}

async function questions(client: pg.Client): Promise<Questions> {
  const { rows: pairs } = await client.query<Question>(
    `select u.n as user, case when u.n % 2 = 0 then reached.n else other.n end as group
     from (select n from users order by id limit 500) u
     cross join lateral (
       select (array_agg(c.ancestor order by c.ancestor % 97))[1] as n
       from assertion a join closure c on c.descendant = a.group_n
       where a.member_n = u.n and not a.suppressed) reached
     cross join lateral (select n from groups where n > u.n / 2 order by n limit 1) other
     where reached.n is not null`,
  );
  const paged = await findLandmark(client, landmarks.nested);
  const { rows } = await client.query<{ n: number }>(
    `select n from users where n % greatest(1, (select count(*) from users) / 200) = 0`,
  );
  return { pairs, paged: paged.n, places: rows.map(({ n }) => n) };
}

interface Read {
  readonly database: Database;
  readonly follower: Follower;
  readonly asked: Questions;
}

async function figures(bench: Bench, { database, follower: { index }, asked }: Read): Promise<Figure[]> {
  const { pairs, paged, places } = asked;
  const [nextPair, nextUser, nextPlace] = [inTurn(pairs), inTurn(pairs), inTurn(places)];
  const first = { after: 0, limit: 1_000 };
  const times = await interleave(
    {
      one: () => timed(() => database.rows(one)),
      isIn: async () => {
        const { user, group } = nextPair();
        return timed(() => isMember(database, user, group));
      },
      groupsOf: async () => {
        const { user } = nextUser();
        return timed(() => groupsOfUser(database, user, first));
      },
      page: async () => {
        const after = nextPlace();
        return timed(() => idsOfMembers(database, index.effectivePage(paged, after, PAGE)));
      },
    },
    { runs: 500, warmUp: 50 },
  );
  for (const [side, { p50 }] of Object.entries(times)) bench.say(`${side}: ${p50.toFixed(3)} ms`);
  // In SQL alone a page of so many takes seconds at `full`.
  const { sqlPage } = await interleave(
    {
      sqlPage: async () => {
        const after = nextPlace();
        return timed(() => effectiveMembersPage(database, paged, { after, limit: PAGE }));
      },
    },
    bench.size === 'full' ? { runs: 3, warmUp: 1 } : { runs: 20, warmUp: 4 },
  );
  const baseline = { is: '`select 1`', value: times.one.p50 };
  const figure = (what: string, ours: number, atMost: number): Figure =>
    ratio({ goal: 'P9', what, ours, baseline, limit: { atMost } });
  return [
    figure('is a user in a group', times.isIn.p50, 2.5),
    figure('effective groups of a user', times.groupsOf.p50, 4),
    {
      ...figure(`page of ${PAGE} effective members of a nested group`, times.page.p50, 3),
      note: `from the index, as it is served; in SQL alone, where the index is not ready, ${sqlPage.p50.toFixed(2)} ms`,
    },
  ];
}
