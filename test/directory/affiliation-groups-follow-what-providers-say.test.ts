import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { affiliationKey } from '../../src/core/affiliations.ts';
import type { GroupId, UserN } from '../../src/core/ids.ts';
import {
  endExpiredAffiliations,
  letAffiliationsLapse,
  replaceAffiliations,
  type ToldAffiliation,
} from '../../src/directory/affiliations.ts';
import { changeGroup, createGroup, newGroupState } from '../../src/directory/groups.ts';
import { addMember } from '../../src/directory/memberships.ts';
import { perform } from '../../src/directory/work.ts';
import { insertSource } from '../../src/store/sources.ts';
import { effectiveMembersPage } from '../../src/store/effective/membership.ts';
import { attribution, openTestDirectory, type TestDirectory } from '../support/directory.ts';

describe('affiliation groups', () => {
  let test: TestDirectory;
  beforeAll(async () => {
    test = await openTestDirectory();
    for (const name of ['home', 'guest']) await insertSource(test.database, name, 'idp');
  });
  afterAll(() => test.close());

  const told = (text: string, expiresAt: Date | null = null): ToldAffiliation => {
    const [value = '', scope = null] = text.split('@');
    return { value, scope, expiresAt };
  };
  const say = (
    provider: string,
    user: { readonly n: UserN },
    ...[affiliations, authority]: [readonly (string | ToldAffiliation)[], string?]
  ) =>
    test.as(provider, (work) =>
      replaceAffiliations(work, {
        user: user.n,
        authority: authority ?? '',
        told: affiliations.map((one) => (typeof one === 'string' ? told(one) : one)),
      }),
    );
  const create = (name: string) =>
    test.do((work) => createGroup(work, { ...newGroupState, name: `affiliation.${name}` }));
  const membersOf = async ({ n }: { readonly n: Parameters<typeof effectiveMembersPage>[1] }) =>
    (await effectiveMembersPage(test.database, n, { after: 0, limit: 100 })).map(({ id }) => id);
  const logged = async (group: { readonly n: number }) =>
    test.database.rows({
      text: `select added, removed, s.name as source from change c join source s on s.n = c.source_n
             where group_n = ${group.n} and type = 'membership.direct' order by seq`,
    });

  it('follow a login at once, without case, and keep what others say (A-01, A-02)', async () => {
    const user = await test.user('anna');
    const staff = await create('Staff');
    expect(staff.kind).toBe('affiliation');
    expect(await say('home', user, ['STAFF', 'member@Example.org'])).toEqual({
      gained: ['member@example.org', 'staff'],
      lost: [],
      unfit: [],
    });
    await say('guest', user, ['staff']);
    expect(await membersOf(staff)).toEqual([user.id]);
    await say('home', user, ['member']);
    expect(await membersOf(staff)).toEqual([user.id]);
    await say('guest', user, []);
    expect(await membersOf(staff)).toEqual([]);
    expect(await logged(staff)).toEqual([
      { added: [user.n], removed: null, source: 'home' },
      { added: null, removed: [user.n], source: 'guest' },
    ]);
  });

  it('keep a member while one authority of the provider says so (A-01)', async () => {
    const user = await test.user('bert');
    const group = await create('faculty');
    await say('home', user, ['faculty'], 'one');
    await say('home', user, ['faculty'], 'two');
    await say('home', user, [], 'one');
    expect(await membersOf(group)).toEqual([user.id]);
    await say('home', user, [], 'two');
    expect(await membersOf(group)).toEqual([]);
  });

  it('are filled from what is known when they are made, scoped ones by scoped facts alone (D-16)', async () => {
    const [carl, dora] = [await test.user('carl'), await test.user('dora')];
    await say('home', carl, ['student@one.edu']);
    await say('home', dora, ['student', 'student@two.edu']);
    const [plain, one] = [await create('student'), await create('STUDENT@One.edu')];
    expect(await membersOf(plain)).toEqual([dora.id]);
    expect(await membersOf(one)).toEqual([carl.id]);
    await test.do((work) =>
      changeGroup(work, {
        group: one.id,
        ifMatch: null,
        edit: (group) => ({ ...group, name: 'affiliation.student@two.edu' }),
      }),
    );
    expect(await membersOf(one)).toEqual([dora.id]);
  });

  it('empty again when their name follows nothing, and take over a group that people filled (D-16)', async () => {
    const [emil, fred] = [await test.user('emil'), await test.user('fred')];
    const inner = await test.group('inner');
    const group = await test.group('alumni', emil, fred, inner);
    await say('home', emil, ['alum']);
    const rename = (name: string) =>
      test.do((work) =>
        changeGroup(work, { group: group.id, ifMatch: null, edit: (state) => ({ ...state, name }) }),
      );
    expect((await rename('affiliation.alum')).group.kind).toBe('affiliation');
    expect(await membersOf(group)).toEqual([emil.id]);
    expect((await logged(group)).at(-1)).toMatchObject({ removed: [fred.n, inner.n].sort((a, b) => a - b) });
    expect((await rename('alumni')).group.kind).toBe('regular');
    expect(await membersOf(group)).toEqual([]);
  });

  it('refuse direct members and everybody but administrators (D-14, D-16)', async () => {
    const [user, group] = [await test.user('gert'), await create('employee')];
    await expect(
      test.do((work) => addMember(work, { group: group.id, member: user.id })),
    ).rejects.toMatchObject({
      code: 'group.automatic',
    });
    const by = {
      ...attribution('csv'),
      actor: { kind: 'client', id: 'x', scopes: new Set(['directory.write'] as const) } as const,
    };
    const asClient = <T>(task: Parameters<typeof perform<T>>[2]) => perform(test.directory, by, task);
    await expect(
      asClient((work) => createGroup(work, { ...newGroupState, name: 'Affiliation.other' })),
    ).rejects.toMatchObject({ code: 'group.name_reserved' });
    const name = (to: string, id: GroupId) =>
      asClient((work) =>
        changeGroup(work, { group: id, ifMatch: null, edit: (state) => ({ ...state, name: to }) }),
      );
    await expect(name('plain', group.id)).rejects.toMatchObject({ code: 'group.name_reserved' });
    await expect(name('affiliation.x', (await test.group('y')).id)).rejects.toMatchObject({
      code: 'group.name_reserved',
    });
    await expect(create('')).rejects.toMatchObject({ code: 'group.invalid' });
  });

  it('lose whom nobody vouched for in time, and count a renewal as none (A-03, A-04)', async () => {
    const [hans, ines] = [await test.user('hans'), await test.user('ines')];
    const group = await create('library-walk-in');
    const soon = new Date(Date.now() - 1_000);
    await say('home', hans, [told('library-walk-in', soon)]);
    await say('home', ines, [told('library-walk-in', soon)]);
    await say('home', ines, ['Library-Walk-In']);
    expect(await membersOf(group)).toEqual([hans.id, ines.id]);
    expect(await endExpiredAffiliations(test.directory)).toBe(1);
    expect(await membersOf(group)).toEqual([ines.id]);
    await test.as('home', (work) => letAffiliationsLapse(work, { user: ines.n, authority: '', until: soon }));
    await endExpiredAffiliations(test.directory);
    expect(await membersOf(group)).toEqual([]);
  });

  it('take no value for a scoped one', () => {
    expect(affiliationKey({ value: 'staff@evil.org', scope: null })).toBeNull();
    expect(affiliationKey({ value: ' ', scope: null })).toBeNull();
    expect(affiliationKey({ value: 'staff', scope: 'a@b' })).toBeNull();
    expect(affiliationKey({ value: ' Staff ', scope: 'Example.ORG' })).toBe('staff@example.org');
  });
});
