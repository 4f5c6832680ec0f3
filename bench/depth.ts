import type pg from 'pg';
import type { GroupN, UserN } from '../src/core/ids.ts';
import { Follower } from '../src/effective/follow/follower.ts';
import { hashKeyOf } from '../src/effective/index/member-hashes.ts';
import { idsOfMembers, isMember } from '../src/store/effective/membership.ts';
import type { Bench, Benchmark } from './benchmark.ts';
import { type Figure, ratio } from './figure.ts';
import { landmarks } from './generator/groups.ts';
import type { Shape } from './generator/shape.ts';
import { findLandmark, type Ground, inTurn, openGround, someMembers } from './ground.ts';
import { interleave, type Side, timed } from './interleave.ts';
import { keptDatabase, withClient } from './kept-databases.ts';

/** Latencies of many groups, deeply nested, beside few flat ones of as many users (P14). */
export const depth: Benchmark = {
  name: 'depth',
  goals: ['P14'],
  run: async (bench) => {
    const { deep, flat } = shapesOf(bench);
    const [ofDeep, ofFlat] = [await open(bench, 'deep', deep), await open(bench, 'flat', flat)];
    try {
      const times = await interleave(
        {
          ...named('deep', ofDeep.sides),
          ...named('flat', ofFlat.sides),
        },
        { runs: 300, warmUp: 30 },
      );
      const what = `${deep.groups} groups, depth ${deep.depth}`;
      const is = `${flat.groups} groups, depth ${flat.depth}`;
      return sides.map((side): Figure =>
        ratio({
          goal: 'P14',
          what: `${labels[side]}: ${what}`,
          ours: times[`deep ${side}`]?.p50 ?? NaN,
          baseline: { is, value: times[`flat ${side}`]?.p50 ?? NaN },
          limit: { atMost: 1.25 },
          countsAt: 'full',
        }),
      );
    } finally {
      await ofDeep.close();
      await ofFlat.close();
    }
  },
};

/** The number of users and memberships is the same, so that only groups and depth differ. */
function shapesOf({ size }: Bench): { readonly deep: Shape; readonly flat: Shape } {
  const factor = size === 'full' ? 1 : 0.01;
  const users = 100_000 * factor;
  const memberships = 1_000_000 * factor;
  return {
    deep: { users, memberships, groups: 100_000 * factor, depth: 50 },
    flat: { users, memberships, groups: Math.max(60, 750 * factor), depth: 1 },
  };
}

const sides = ['change', 'isIn', 'page'] as const;
type SideName = (typeof sides)[number];

const labels: Readonly<Record<SideName, string>> = {
  change: 'one member change',
  isIn: 'is a user in a group',
  page: 'page of 100 members',
};

function named(prefix: string, of: Readonly<Record<SideName, Side>>): Record<string, Side> {
  return Object.fromEntries(sides.map((side) => [`${prefix} ${side}`, of[side]]));
}

interface Opened {
  readonly sides: Readonly<Record<SideName, Side>>;
  close(): Promise<void>;
}

async function open({ server, seed, say, size }: Bench, name: string, shape: Shape): Promise<Opened> {
  const url = await keptDatabase(server, { name: `${name}_${size}`, shape, seed, say });
  const ground = openGround(url);
  const follower = await Follower.open(ground.directory.database, hashKeyOf(new Uint8Array(16)));
  return {
    sides: await withClient(url, (client) => sidesOf(client, ground, follower)),
    close: async () => {
      follower.dispose();
      await ground.close();
    },
  };
}

async function sidesOf(
  client: pg.Client,
  ground: Ground,
  { index }: Follower,
): Promise<Record<SideName, Side>> {
  const { database } = ground.directory;
  const group = await findLandmark(client, landmarks.ten);
  const nextMember = inTurn(await someMembers(client, group, 10));
  const { rows } = await client.query<{ user: UserN; group: GroupN }>(
    `select u.n as user, reached.n as group from (select n from users order by id limit 500) u
     cross join lateral (
       select (array_agg(c.ancestor order by c.ancestor % 97))[1] as n
       from assertion a join closure c on c.descendant = a.group_n
       where a.member_n = u.n and not a.suppressed) reached where reached.n is not null`,
  );
  const nextPair = inTurn(rows);
  const all = await findLandmark(client, landmarks.all);
  const places = inTurn(
    (await someMembers(client, all, 200)).map(({ n }) => n).filter((_, place) => place % 2 === 0),
  );
  return {
    change: async () => {
      const user = nextMember();
      return (
        ((await timed(() => ground.remove(group, user))) + (await timed(() => ground.add(group, user)))) / 2
      );
    },
    isIn: async () => {
      const { user, group: asked } = nextPair();
      return timed(() => isMember(database, user, asked));
    },
    page: async () => {
      const after = places();
      return timed(() => idsOfMembers(database, index.effectivePage(all.n, after, 100)));
    },
  };
}
