import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import pg from 'pg';
import { fillDatabase } from '../../bench/generator/fill.ts';
import { landmarks, planGroups } from '../../bench/generator/groups.ts';
import { seeded } from '../../bench/generator/random.ts';
import type { Shape } from '../../bench/generator/shape.ts';
import { freshDatabase, type TestDatabase } from '../support/database.ts';

const shape: Shape = { users: 1_000, groups: 100, memberships: 4_000, depth: 6 };

describe('a generated directory', () => {
  let fresh: TestDatabase;
  let client: pg.Client;

  const one = async <T>(text: string, values: readonly unknown[] = []): Promise<T | undefined> =>
    (await client.query<{ value: T }>(text, [...values])).rows[0]?.value;

  beforeAll(async () => {
    fresh = await freshDatabase();
    client = new pg.Client({ connectionString: fresh.url });
    await client.connect();
    await fillDatabase(client, { shape, seed: 7, say: () => undefined });
  });

  afterAll(async () => {
    await client.end();
    await fresh.close();
  });

  it('has the users, groups and memberships of its shape', async () => {
    expect(await one('select count(*)::int as value from users')).toBe(shape.users);
    expect(await one('select count(*)::int as value from groups')).toBe(shape.groups);
    const memberships = await one<number>('select count(*)::int as value from assertion');
    expect(Math.abs((memberships ?? 0) / shape.memberships - 1)).toBeLessThan(0.02);
  });

  it('is as deep as its shape and closes no cycle', async () => {
    const deepest = await one<number>(`
      with recursive down(n, depth) as (
        select n, 1 from groups where n not in (select member_n from assertion where member_kind = 'g')
        union all
        select a.member_n, d.depth + 1 from down d join assertion a on a.group_n = d.n and a.member_kind = 'g')
      select max(depth) as value from down`);
    expect(deepest).toBeGreaterThanOrEqual(shape.depth);
    expect(
      await one(`select count(*)::int as value from closure a join closure b
                 on b.descendant = a.ancestor and b.ancestor = a.descendant where a.ancestor <> a.descendant`),
    ).toBe(0);
  });

  it('has the closure that its nestings give', async () => {
    const wrong = await one(`
      with recursive up(start, n) as (
        select n, n from groups
        union select u.start, a.group_n from up u join assertion a on a.member_n = u.n and a.member_kind = 'g'),
      missing as (select * from up except select * from closure),
      surplus as (select * from closure except select * from up)
      select (select count(*) from missing)::int + (select count(*) from surplus)::int as value`);
    expect(wrong).toBe(0);
    expect(await one('select count(*)::int as value from closure')).toBeGreaterThan(shape.groups);
  });

  it('has landmarks of the sizes they promise', async () => {
    const effective = (name: string): Promise<number | undefined> =>
      one(
        `select count(distinct a.member_n)::int as value from groups g
         join closure c on c.ancestor = g.n join assertion a on a.group_n = c.descendant and a.member_kind = 'u'
         where g.name = $1`,
        [name],
      );
    expect(await effective(landmarks.all)).toBe(shape.users);
    expect(await effective(landmarks.ten)).toBe(10);
    expect(await effective(landmarks.tenth)).toBe(shape.users / 10);
    expect(await effective(landmarks.nested)).toBe(shape.users / 10);
    expect(await effective(landmarks.movable)).toBe(shape.users / 10);
    expect(await effective(landmarks.receiver)).toBe(0);
  });

  it('has every index and key of a migrated database, and takes new rows', async () => {
    const empty = await freshDatabase();
    const other = new pg.Client({ connectionString: empty.url });
    await other.connect();
    const names = `select indexname from pg_indexes where schemaname = 'public' order by 1`;
    expect((await client.query(names)).rows).toEqual((await other.query(names)).rows);
    await other.end();
    await empty.close();
    const n = await one<number>(`insert into users (created_by) values (1) returning n as value`);
    expect(n).toBeGreaterThan(shape.users + shape.groups);
  });

  it('is the same again from the same seed, and another from another', () => {
    const plan = (seed: number): string => JSON.stringify(planGroups(shape, seeded(seed)));
    expect(plan(7)).toBe(plan(7));
    expect(plan(8)).not.toBe(plan(7));
  });
});
