import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { makeEveryoneGroups } from '../../src/directory/everyone.ts';
import { changeGroup, deleteGroup } from '../../src/directory/groups.ts';
import { addMember } from '../../src/directory/memberships.ts';
import { changeUser, createStub, createUser, deleteUser } from '../../src/directory/users.ts';
import { perform } from '../../src/directory/work.ts';
import { explain } from '../../src/effective/explain.ts';
import type { GroupRow } from '../../src/store/groups.ts';
import { effectiveMembersPage } from '../../src/store/effective/membership.ts';
import { attribution, openTestDirectory, type TestDirectory } from '../support/directory.ts';

describe('the groups of everyone', () => {
  let test: TestDirectory;
  let signedIn: GroupRow;
  let everyone: GroupRow;
  beforeAll(async () => {
    test = await openTestDirectory();
    await test.user('early');
    await test.do((work) => createStub(work, { userName: 'late', document: {} }));
    await test.group('Anonymous Users');
    await Promise.all([1, 2, 3].map(() => makeEveryoneGroups(test.directory)));
    const [first, second, ...others] = await test.database.rows<GroupRow>({
      text: `select * from groups where kind like 'everyone%' order by name desc`,
    });
    if (first === undefined || second === undefined) throw new Error('They were not made.');
    [signedIn, everyone] = [first, second];
    expect(others).toEqual([]);
  });
  afterAll(() => test.close());

  const names = async ({ n }: GroupRow) => {
    const page = await effectiveMembersPage(test.database, n, { after: 0, limit: 100 });
    const rows = await test.database.rows<{ user_name: string }>(
      { text: 'select user_name from users where id = any($1::uuid[]) order by 1' },
      [page.map(({ id }) => id)],
    );
    return rows.map(({ user_name: name }) => name);
  };

  it('are made once, by whichever instance comes first, under a name that is free', () => {
    expect([signedIn.name, everyone.name]).toEqual(['Authenticated Users', 'Anonymous Users (Muster)']);
  });

  it('list every active user that is no stub, exactly (D-12, D-13)', async () => {
    expect(await names(signedIn)).toEqual(['early']);
    const arrived = await test.do((work) =>
      createUser(work, { userName: 'late', active: true, externalId: null, document: {} }),
    );
    expect(await names(signedIn)).toEqual(['early', 'late']);
    const activate = (active: boolean) =>
      test.do((work) =>
        changeUser(work, { user: arrived.id, ifMatch: null, edit: (state) => ({ ...state, active }) }),
      );
    await activate(false);
    expect(await names(signedIn)).toEqual(['early']);
    await activate(true);
    expect(await names(signedIn)).toEqual(['early', 'late']);
    const { version } = signedIn;
    await test.do((work) => deleteUser(work, { user: arrived.id, ifMatch: null }));
    expect(await names(signedIn)).toEqual(['early']);
    expect(await test.database.rows({ text: `select version from groups where n = ${signedIn.n}` })).toEqual([
      { version },
    ]);
  });

  it('tell a stub that it has not arrived (D-21)', async () => {
    const stub = await test.do((work) => createStub(work, { userName: 'waiting', document: {} }));
    const { whyNot } = await explain(test.database, stub.id, signedIn.id);
    expect(whyNot.map(({ reason }) => reason)).toEqual(['stub']);
  });

  it('can be nested, but for the one that lists nobody, and list nobody by hand (D-14)', async () => {
    const user = await test.user('plain');
    const outer = await test.group('outer', signedIn);
    expect(await names(outer)).toContain('plain');
    await expect(test.group('wrong', everyone)).rejects.toMatchObject({ code: 'group.automatic' });
    for (const group of [signedIn, everyone]) {
      await expect(
        test.do((work) => addMember(work, { group: group.id, member: user.id })),
      ).rejects.toMatchObject({ code: 'group.automatic' });
    }
    expect(await names(everyone)).toEqual([]);
  });

  it('cannot be deleted, and are renamed by administrators alone', async () => {
    for (const group of [signedIn, everyone]) {
      await expect(
        test.do((work) => deleteGroup(work, { group: group.id, ifMatch: null })),
      ).rejects.toMatchObject({ code: 'group.automatic' });
    }
    const by = {
      ...attribution('csv'),
      actor: { kind: 'client', id: 'x', scopes: new Set(['directory.write'] as const) } as const,
    };
    const rename = (work: Parameters<typeof changeGroup>[0]) =>
      changeGroup(work, {
        group: signedIn.id,
        ifMatch: null,
        edit: (state) => ({ ...state, name: 'All of us' }),
      });
    await expect(perform(test.directory, by, rename)).rejects.toMatchObject({ code: 'group.name_reserved' });
    expect((await test.do(rename)).group).toMatchObject({ name: 'All of us', kind: 'everyone-signed-in' });
  });
});
