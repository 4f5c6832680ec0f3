import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { UserRow } from '../../src/store/users.ts';
import type { GroupRow } from '../../src/store/groups.ts';
import { addMember, editMembers, removeMember } from '../../src/directory/memberships.ts';
import { retractMembers, listDirectMembers } from '../../src/store/assertions.ts';
import { authorOf, type Work } from '../../src/directory/work.ts';
import { openTestDirectory, type TestDirectory } from '../support/directory.ts';

describe('a membership and its sources', () => {
  let test: TestDirectory;
  let count = 0;
  beforeAll(async () => {
    test = await openTestDirectory();
  });
  afterAll(() => test.close());

  const pair = async (): Promise<{ user: UserRow; group: GroupRow }> => {
    count += 1;
    return { user: await test.user(`user${count}`), group: await test.group(`group${count}`) };
  };
  const members = async (group: GroupRow) =>
    (await listDirectMembers(test.database, group.n, null)).map(({ n }) => n);
  const versionOf = async (group: GroupRow): Promise<number | undefined> =>
    (
      await test.database.rows<{ version: number }>({ text: 'select version from groups where n = $1' }, [
        group.n,
      ])
    )[0]?.version;
  const retract = (user: UserRow, group: GroupRow) => (work: Work) =>
    retractMembers(work.tx, group.n, [{ n: user.n, kind: 'u', line: null }], authorOf(work));

  it('D-01: a member stays while one of two sources still asserts it', async () => {
    const { user, group } = await pair();
    await test.as('csv', (work) => addMember(work, { group: group.id, member: user.id }));
    await test.as('console', (work) => addMember(work, { group: group.id, member: user.id }));
    await test.as('csv', retract(user, group));
    expect(await members(group)).toEqual([user.n]);
    await test.as('console', retract(user, group));
    expect(await members(group)).toEqual([]);
  });

  it('D-02: an explicit removal ends it whoever asserted it', async () => {
    const { user, group } = await pair();
    await test.as('csv', (work) => addMember(work, { group: group.id, member: user.id }));
    await test.as('console', (work) => removeMember(work, { group: group.id, member: user.id }));
    expect(await members(group)).toEqual([]);
  });

  it('D-02: an explicit add lifts what an explicit removal suppressed, for every source', async () => {
    const { user, group } = await pair();
    await test.as('csv', (work) => addMember(work, { group: group.id, member: user.id }));
    await test.as('console', (work) => removeMember(work, { group: group.id, member: user.id }));
    await test.as('console', (work) => addMember(work, { group: group.id, member: user.id }));
    await test.as('console', retract(user, group));
    expect(await members(group)).toEqual([user.n]);
  });

  it('D-04: adding the present and removing the absent write no change and move no version', async () => {
    const { user, group } = await pair();
    await test.do((work) => removeMember(work, { group: group.id, member: user.id }));
    expect(await versionOf(group)).toBe(1);
    await test.do((work) => addMember(work, { group: group.id, member: user.id }));
    const wakes = test.wakes();
    await test.do((work) => addMember(work, { group: group.id, member: user.id }));
    expect(await versionOf(group)).toBe(2);
    expect(test.wakes()).toBe(wakes);
  });

  it("D-04: a second source's assertion of a present member moves no version", async () => {
    const { user, group } = await pair();
    await test.as('csv', (work) => addMember(work, { group: group.id, member: user.id }));
    await test.as('console', (work) => addMember(work, { group: group.id, member: user.id }));
    expect(await versionOf(group)).toBe(2);
  });

  it('F-09: a replacement takes nobody out who stays', async () => {
    const { user, group } = await pair();
    const other = await test.user(`other${count}`);
    await test.do((work) => addMember(work, { group: group.id, member: user.id }));
    const edited = await test.do((work) =>
      editMembers(work, {
        group: group.id,
        steps: [
          { do: 'clear', kind: null },
          { do: 'add', members: [user.id, other.id] },
        ],
      }),
    );
    expect(edited.removed).toEqual([]);
    expect(edited.added).toEqual([other.n]);
  });

  it('keeps steps in their order: the last word about a member counts', async () => {
    const { user, group } = await pair();
    const edited = await test.do((work) =>
      editMembers(work, {
        group: group.id,
        steps: [
          { do: 'add', members: [user.id] },
          { do: 'remove', members: [user.id] },
        ],
      }),
    );
    expect(edited).toMatchObject({ added: [], removed: [] });
    expect(await members(group)).toEqual([]);
  });

  it('D-03: a group reserved to one source refuses the members of another and names the owner', async () => {
    const { user, group } = await pair();
    await test.database.rows({
      text: `update groups set reserved_to = (select n from source where name = 'csv') where n = ${group.n}`,
    });
    await expect(
      test.as('console', (work) => addMember(work, { group: group.id, member: user.id })),
    ).rejects.toMatchObject({ code: 'group.reserved', details: { source: 'csv' } });
    await test.as('csv', (work) => addMember(work, { group: group.id, member: user.id }));
    expect(await members(group)).toEqual([user.n]);
  });

  it('refuses a member that is nobody and changes nothing', async () => {
    const { user, group } = await pair();
    const nobody = test.directory.database.rows<{ id: UserRow['id'] }>({
      text: 'select gen_random_uuid() as id',
    });
    const [row] = await nobody;
    const add = { do: 'add' as const, members: [user.id, ...(row === undefined ? [] : [row.id])] };
    await expect(
      test.do((work) => editMembers(work, { group: group.id, steps: [add] })),
    ).rejects.toMatchObject({ code: 'member.not_found' });
    expect(await members(group)).toEqual([]);
    await test.do((work) => editMembers(work, { group: group.id, steps: [add], dangling: 'ignore' }));
    expect(await members(group)).toEqual([user.n]);
  });

  it('loses none of 300 members that are added to one group at once', async () => {
    const { group } = await pair();
    const users = await Promise.all(Array.from({ length: 300 }, (_, at) => test.user(`many${at}`)));
    await Promise.all(
      users.map(({ id }) => test.do((work) => addMember(work, { group: group.id, member: id }))),
    );
    expect(await members(group)).toHaveLength(300);
    expect(await versionOf(group)).toBe(301);
  });
});
