import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { addMember } from '../../src/directory/memberships.ts';
import { changeUser, createStub, createUser, deleteUser } from '../../src/directory/users.ts';
import { listDirectMembers } from '../../src/store/assertions.ts';
import { openTestDirectory, type TestDirectory } from '../support/directory.ts';

const blank = { active: true, externalId: null, document: {} };
const mail = (value: string) => ({ emails: [{ value }] });

describe('users', () => {
  let test: TestDirectory;
  beforeAll(async () => {
    test = await openTestDirectory();
  });
  afterAll(() => test.close());

  it('D-05: userNames are compared without case and in one Unicode form, and kept as written', async () => {
    const user = await test.user('Zoë');
    expect(user.user_name).toBe('Zoë');
    await expect(test.user('ZOE\u0308')).rejects.toMatchObject({ code: 'user.name_taken' });
  });

  it('D-05: of two that take a userName at once one gets it', async () => {
    const outcomes = await Promise.allSettled([test.user('raced'), test.user('RACED')]);
    expect(outcomes.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
  });

  it('D-06: deleting frees the userName at once, and the new user has another id', async () => {
    const user = await test.user('again');
    await test.do((work) => deleteUser(work, { user: user.id, ifMatch: null }));
    const next = await test.user('again');
    expect(next.id).not.toBe(user.id);
    expect(next.n).not.toBe(user.n);
  });

  it('D-07: deleting ends memberships and moves the versions of the groups', async () => {
    const user = await test.user('leaver');
    const group = await test.group('left', user);
    await test.do((work) => deleteUser(work, { user: user.id, ifMatch: null }));
    expect(await listDirectMembers(test.database, group.n, null)).toEqual([]);
    const rows = await test.database.rows<{ version: number }>(
      { text: 'select version from groups where n = $1' },
      [group.n],
    );
    expect(rows).toEqual([{ version: 3 }]);
  });

  it('a stub with the userName becomes the user that arrives, with its id and memberships', async () => {
    const stub = await test.as('csv', (work) => createStub(work, { userName: 'Arriving', document: {} }));
    const group = await test.group('waiting', stub);
    const user = await test.user('arriving');
    expect(user).toMatchObject({ id: stub.id, stub: false, user_name: 'arriving' });
    expect(await listDirectMembers(test.database, group.n, 'u')).toEqual([{ n: stub.n, kind: 'u' }]);
  });

  it('a stub known by one e-mail alone becomes the user that brings it; two such stubs become nobody', async () => {
    const one = await test.as('csv', (work) =>
      createStub(work, { userName: null, document: mail('one@x.test') }),
    );
    const user = await test.do((work) =>
      createUser(work, { ...blank, userName: 'one', document: mail('ONE@x.test') }),
    );
    expect(user.id).toBe(one.id);
    const twins = [
      await test.as('csv', (work) => createStub(work, { userName: null, document: mail('two@x.test') })),
      await test.as('csv', (work) => createStub(work, { userName: null, document: mail('two@x.test') })),
    ];
    const two = await test.do((work) =>
      createUser(work, { ...blank, userName: 'two', document: mail('two@x.test') }),
    );
    expect(twins.map(({ id }) => id)).not.toContain(two.id);
  });

  it('D-04: an edit to an equal state moves no version', async () => {
    const user = await test.do((work) =>
      createUser(work, { ...blank, userName: 'same', document: { title: 'a', name: { givenName: 'g' } } }),
    );
    const same = await test.do((work) =>
      changeUser(work, {
        user: user.id,
        ifMatch: null,
        edit: (state) => ({ ...state, document: { name: { givenName: 'g' }, title: 'a' } }),
      }),
    );
    expect(same.version).toBe(1);
  });

  it('refuses a write for another version and changes nothing', async () => {
    const user = await test.user('versioned');
    const change = (versions: readonly number[]) => ({
      user: user.id,
      ifMatch: { text: 'W/"…"', versions },
      edit: <T>(state: T) => ({ ...state, active: false }),
    });
    await expect(test.do((work) => changeUser(work, change([7])))).rejects.toMatchObject({
      code: 'version.mismatch',
    });
    await expect(test.do((work) => changeUser(work, change([1])))).resolves.toMatchObject({ version: 2 });
  });

  it('keeps the externalId of each source apart', async () => {
    const user = await test.as('csv', (work) =>
      createUser(work, { ...blank, userName: 'both', externalId: 'from-csv' }),
    );
    const edit = <T>(state: T) => ({ ...state, externalId: 'from-console' });
    await test.as('console', (work) => changeUser(work, { user: user.id, ifMatch: null, edit }));
    const seen = await test.as('csv', (work) =>
      changeUser(work, { user: user.id, ifMatch: null, edit: (state) => state }),
    );
    expect(seen.external_id).toBe('from-csv');
  });

  it.each(['', '  ', 'a\u0000b', 'a'.repeat(1_001), 'lone \ud800 half'])(
    'refuses the userName %j',
    async (userName) => {
      await expect(test.user(userName)).rejects.toMatchObject({ code: 'user.invalid' });
    },
  );

  it('refuses to add a user that is deleted', async () => {
    const user = await test.user('gone');
    const group = await test.group('of the gone');
    await test.do((work) => deleteUser(work, { user: user.id, ifMatch: null }));
    await expect(
      test.do((work) => addMember(work, { group: group.id, member: user.id })),
    ).rejects.toMatchObject({ code: 'member.not_found' });
  });
});
