import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Connection } from '../../src/store/database.ts';
import {
  areMembers,
  countMembers,
  directMembersPage,
  effectiveMembersPage,
  isMember,
  type MemberRow,
  type Page,
} from '../../src/store/effective/membership.ts';
import type { GroupRow } from '../../src/store/groups.ts';
import type { UserRow } from '../../src/store/users.ts';
import { openTestDirectory, type TestDirectory } from '../support/directory.ts';

describe('pages of members read through the closure', () => {
  let test: TestDirectory;
  let users: UserRow[];
  let inner: GroupRow;
  let outer: GroupRow;

  beforeAll(async () => {
    test = await openTestDirectory();
    users = [];
    for (let i = 0; i < 7; i += 1) users.push(await test.user(`user${i}`));
    inner = await test.group('inner', ...users.slice(0, 5));
    outer = await test.group('outer', inner, ...users.slice(3));
  });

  afterAll(() => test.close());

  const all = async (read: (page: Page) => Promise<MemberRow[]>): Promise<MemberRow[]> => {
    const found: MemberRow[] = [];
    for (let after = 0; ;) {
      const page = await read({ after, limit: 2 });
      found.push(...page);
      const last = page.at(-1);
      if (last === undefined) return found;
      after = last.n;
    }
  };

  it('D-12: give each effective member once, in the order of their numbers, and say who is listed', async () => {
    const found = await all((page) => effectiveMembersPage(test.database, outer.n, page));
    expect(found.map(({ id, direct }) => ({ id, direct }))).toEqual(
      users.map(({ id }, i) => ({ id, direct: i >= 3 })),
    );
    expect(await countMembers(test.database, outer.n, 'effective')).toBe(users.length);
  });

  it('give users and groups that a group lists', async () => {
    const found = await all((page) => directMembersPage(test.database, outer.n, page));
    expect(found.map(({ id }) => id)).toEqual([...users.slice(3).map(({ id }) => id), inner.id]);
    expect(found.map(({ kind }) => kind)).toEqual(['u', 'u', 'u', 'u', 'g']);
    expect(await countMembers(test.database, outer.n, 'direct')).toBe(5);
  });

  it('D-12: whether a user is in a group is looked up pair by pair, and never by walking all that is below it', async () => {
    const [user] = users;
    if (user === undefined) throw new Error('There are no users.');
    const plans = await test.database.transaction(async (tx) => {
      // What a planner may take for cheaper in a deep directory, it has to take here.
      await tx.rows({ text: 'set local enable_nestloop = off; set local enable_seqscan = off' });
      const planned: string[] = [];
      const watched: Connection = {
        rows: async ({ text }, values = []) => {
          planned.push(JSON.stringify(await tx.rows({ text: `explain (format json) ${text}` }, values)));
          return tx.rows({ text }, values);
        },
      };
      expect(await isMember(watched, user.n, outer.n)).toBe(true);
      expect(await areMembers(watched, [{ user: user.id, group: outer.id }])).toEqual([
        { known: true, found: true },
      ]);
      return planned;
    });
    expect(plans).toHaveLength(2);
    for (const plan of plans) {
      const [, condition = ''] = /"Relation Name":"closure"[^{}]*"Index Cond":"([^"]*)"/.exec(plan) ?? [];
      expect(condition).toMatch(/descendant =/);
      expect(condition).toMatch(/ancestor =/);
    }
  });
});
