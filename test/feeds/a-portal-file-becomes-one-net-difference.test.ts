import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { isNestedIn } from '../../src/store/closure.ts';
import { findGroupByName } from '../../src/store/groups.ts';
import { openTestFeeds, type TestFeeds } from './feed-support.ts';

const fixture = (name: string): Buffer => readFileSync(new URL(`../fixtures/${name}`, import.meta.url));

describe("the portal's own files", () => {
  let test: TestFeeds;
  beforeAll(async () => {
    test = await openTestFeeds();
  });
  afterAll(() => test.close());

  it('F-04: portal-groups.csv makes groups, the nesting and stubs, and counts every row once', async () => {
    const { run, byLine } = await test.import(fixture('portal-groups.csv'));
    expect(run).toMatchObject({
      state: 'applied',
      rows_total: 9,
      applied: 3,
      unchanged: 6,
      refused: 0,
      encoding: 'utf-8',
      delimiter: ',',
    });
    expect(byLine).toEqual({
      3: 'applied',
      4: 'unchanged',
      6: 'applied',
      8: 'unchanged',
      10: 'unchanged',
      12: 'applied',
      14: 'unchanged',
      16: 'unchanged',
      17: 'unchanged',
    });
    expect(await test.members('group1')).toEqual([
      'group:group2',
      'user:6e5ffbfe-404b-4b2c-91c2-888f250a2fa0',
      'user:user1',
    ]);
    const [inner, outer] = await Promise.all(
      ['group2', 'group1'].map((name) => findGroupByName(test.database, name, 1 as never)),
    );
    if (inner == null || outer == null) throw new Error('missing');
    expect(await isNestedIn(test.database, inner.n, outer.n)).toBe(true);
    expect(await test.members('group4')).toEqual([]);
  });

  it('changes nothing when it is dropped again', async () => {
    const wakes = test.wakes();
    const { run } = await test.import(fixture('portal-groups.csv'));
    expect(run).toMatchObject({ state: 'applied', applied: 0, unchanged: 9, change_seq: null });
    expect(test.wakes()).toBe(wakes);
  });

  it('portal-groups-saml.csv deletes nobody it does not know', async () => {
    const { run } = await test.import(fixture('portal-groups-saml.csv'));
    expect(run).toMatchObject({ state: 'applied', rows_total: 3, unchanged: 3, header: null });
  });

  it('portal-groups-header-4.csv adds roles and nests Teachers in Staff', async () => {
    const { run } = await test.import(fixture('portal-groups-header-4.csv'));
    expect(run).toMatchObject({ state: 'applied', rows_total: 4, applied: 4 });
    expect(await test.members('Teachers')).toEqual(['user:ada', 'user:alan']);
    expect(await test.members('Staff')).toEqual(['group:Teachers', 'user:grace']);
  });

  it('names file, hash and line in the log', async () => {
    const text = `
      select c.added_lines, o.name, o.sha256, c.actor_kind from change c join origin o on o.n = c.origin_n
      join groups g on g.n = c.group_n where g.name = 'Staff' and c.type = 'membership.direct'`;
    const [row] = await test.database.rows({ text });
    expect(row).toMatchObject({ name: 'drop.csv', actor_kind: 'operator' });
    expect(row).toHaveProperty('added_lines', [4, 5].sort());
  });
});
