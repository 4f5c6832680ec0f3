import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import {
  countMembers,
  directMembersPage,
  effectiveMembersPage,
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
});
