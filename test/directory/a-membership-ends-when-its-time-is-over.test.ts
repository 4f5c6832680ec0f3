import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { endExpiredMemberships } from '../../src/directory/expiry.ts';
import { addMember, editMembers } from '../../src/directory/memberships.ts';
import { listDirectMembers } from '../../src/store/assertions.ts';
import { isNestedIn } from '../../src/store/closure.ts';
import { openTestDirectory, type TestDirectory } from '../support/directory.ts';

const soon = new Date('2998-01-01T00:00:00Z');

describe('D-01: expiresAt', () => {
  let test: TestDirectory;
  beforeAll(async () => {
    test = await openTestDirectory();
  });
  afterAll(() => test.close());

  /** Lets the time come until which memberships were given; nobody can be put in for a time that is over. */
  const letTimePass = (): Promise<unknown> =>
    test.database.rows({
      text: `update assertion set expires_at = '2001-01-01T00:00:00Z' where expires_at = '2998-01-01T00:00:00Z'`,
    });

  it('ends what is over and leaves what another source asserts', async () => {
    const [over, kept, later] = [await test.user('over'), await test.user('kept'), await test.user('later')];
    const group = await test.group('for a while');
    const add = (members: readonly (typeof over)[], expiresAt: Date) =>
      test.do((work) =>
        editMembers(work, {
          group: group.id,
          steps: [{ do: 'add', members: members.map(({ id }) => id) }],
          expiresAt,
        }),
      );
    await add([over, kept], soon);
    await add([later], new Date('2999-01-01T00:00:00Z'));
    await test.as('csv', (work) => addMember(work, { group: group.id, member: kept.id }));
    await letTimePass();
    expect(await endExpiredMemberships(test.directory)).toBe(1);
    const members = await listDirectMembers(test.database, group.n, 'u');
    expect(members.map(({ n }) => n)).toEqual([kept.n, later.n]);
    expect(await endExpiredMemberships(test.directory)).toBe(0);
  });

  it('takes what followed from an expired nesting out of the closure', async () => {
    const inner = await test.group('inner');
    const outer = await test.group('outer');
    await test.do((work) =>
      editMembers(work, { group: outer.id, steps: [{ do: 'add', members: [inner.id] }], expiresAt: soon }),
    );
    expect(await isNestedIn(test.database, inner.n, outer.n)).toBe(true);
    await letTimePass();
    await endExpiredMemberships(test.directory);
    expect(await isNestedIn(test.database, inner.n, outer.n)).toBe(false);
  });
});
