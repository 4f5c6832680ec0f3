import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { ensureFeedSource } from '../../src/store/sources.ts';
import { openTestFeeds, type TestFeeds } from './feed-support.ts';

interface Shown {
  readonly user_name: string | null;
  readonly active: boolean;
  readonly stub: boolean;
  readonly document: Record<string, unknown>;
}

describe('format 2: users.csv, groups.csv, memberships.csv', () => {
  let test: TestFeeds;
  beforeAll(async () => {
    test = await openTestFeeds();
  });
  afterAll(() => test.close());

  async function user(name: string): Promise<Shown | undefined> {
    const text = `select user_name, active, stub, document from users where user_name_key = $1 and deleted_at is null`;
    return (await test.database.rows<Shown>({ text }, [name]))[0];
  }

  it('makes users with their attributes, their groups and their managers', async () => {
    const { run, byLine } = await test.import(
      'userName,email,givenName,familyName,displayName,department,manager,groups,roles,action\n' +
        'ada,ada@school.example,Ada,Lovelace,Ada L.,Maths,grace,Choir;Staff,teacher;head,\n' +
        'grace,grace@school.example,Grace,Hopper,,,,Staff,,import\n',
    );
    expect({ state: run.state, error: run.error, byLine }).toEqual({
      state: 'applied',
      error: null,
      byLine: { 2: 'applied', 3: 'applied' },
    });
    const grace = await test.database.rows<{ id: string }>({
      text: `select id from users where user_name = 'grace'`,
    });
    expect(await user('ada')).toEqual({
      user_name: 'ada',
      active: true,
      stub: false,
      document: {
        emails: [{ value: 'ada@school.example', primary: true }],
        name: { givenName: 'Ada', familyName: 'Lovelace' },
        displayName: 'Ada L.',
        roles: [{ value: 'teacher' }, { value: 'head' }],
        'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User': {
          department: 'Maths',
          manager: { value: grace[0]?.id },
        },
      },
    });
    expect(await test.members('Choir')).toEqual(['user:ada']);
    expect(await test.members('Staff')).toEqual(['user:ada', 'user:grace']);
  });

  it('changes nothing when it says the same again', async () => {
    const { byLine } = await test.import('userName;groups\nada;Choir\nGRACE;staff\n');
    expect(byLine).toEqual({ 2: 'unchanged', 3: 'unchanged' });
    expect((await user('grace'))?.user_name).toBe('grace');
  });

  it('finds a person by its own externalId and renames it', async () => {
    await test.import('userName,externalId,email\nalan,4711,alan@school.example\n');
    const { byLine } = await test.import('userName,externalId\nalan.turing,4711\n');
    expect(byLine).toEqual({ 2: 'applied' });
    expect(await user('alan')).toBeUndefined();
    expect((await user('alan.turing'))?.document.emails).toEqual([
      { value: 'alan@school.example', primary: true },
    ]);
  });

  it('refuses a row whose keys name two users, and lists it', async () => {
    const { byLine } = await test.import(
      'userName,email\nada,grace@school.example\nnobody,\nnew@x,not an address\n',
    );
    expect(byLine).toEqual({ 2: 'identity.conflict', 3: 'applied', 4: 'person.invalid' });
    const listed = await test.database.rows<{ kind: string; cell: string; users: number[] }>({
      text: `select kind, cell, users from disagreement where kind = 'identity'`,
    });
    expect(listed).toEqual([
      { kind: 'identity', cell: 'ada|grace@school.example', users: expect.anything() as unknown as number[] },
    ]);
    expect(listed[0]?.users).toHaveLength(2);
  });

  it('D-07 deactivates and deletes, and frees the name at once', async () => {
    await test.import('userName,active,groups\nmary,,Choir\n');
    expect((await test.import('userName,active\nmary,no\n')).byLine).toEqual({ 2: 'applied' });
    expect((await user('mary'))?.active).toBe(false);
    expect(await test.members('Choir')).toContain('user:mary');
    expect((await test.import('userName,action\nmary,delete\nnoone,delete\n')).byLine).toEqual({
      2: 'applied',
      3: 'unchanged',
    });
    expect(await user('mary')).toBeUndefined();
    expect(await test.members('Choir')).toEqual(['user:ada']);
  });

  it('D-09 D-07 an explicit deactivation acts although another source knows the person; so does delete where the feed only deactivates', async () => {
    await ensureFeedSource(test.database, 'payroll');
    await test.import('userName,groups\nnoether,Choir\ngauss,\n', { source: 'payroll' });
    await test.import('userName,active\nnoether,no\n');
    expect(await user('noether')).toMatchObject({ active: false });
    expect(await test.members('Choir')).toContain('user:noether');
    const { byLine } = await test.import('userName,action\ngauss,delete\n', {
      settings: { deletedUsers: 'deactivate' },
    });
    expect(byLine).toEqual({ 2: 'applied' });
    expect(await user('gauss')).toMatchObject({ active: false });
    await test.import('userName,action\nnoether,delete\n');
    expect(await user('noether')).toBeUndefined();
  });

  it('makes a stub the user that it was waiting for', async () => {
    await test.import('group,role,username,isgroup\nChoir,,euler,false\n');
    expect((await user('euler'))?.stub).toBe(true);
    await test.import('userName,displayName\neuler,Leonhard\n');
    expect(await user('euler')).toMatchObject({ stub: false, document: { displayName: 'Leonhard' } });
    expect(await test.members('Choir')).toContain('user:euler');
  });

  it('makes, describes and deletes groups', async () => {
    const first = await test.import(
      'name,description,open,internal,roles\nScouts,Out and about,yes,no,member\n',
    );
    expect(first.byLine).toEqual({ 2: 'applied' });
    const text = `
      select g.description, g.open, g.internal, array(select r.name from group_role x join role r on r.n = x.role_n
        where x.group_n = g.n) as roles
      from groups g where g.name = 'Scouts' and g.deleted_at is null`;
    expect(await test.database.rows({ text })).toEqual([
      { description: 'Out and about', open: true, internal: false, roles: ['member'] },
    ]);
    expect((await test.import('group,description\nScouts,Out and about\n')).byLine).toEqual({
      2: 'unchanged',
    });
    expect((await test.import('group,action\nScouts,delete\nScouts,perhaps\n')).byLine).toEqual({
      2: 'applied',
      3: 'action.invalid',
    });
    expect(await test.database.rows({ text })).toEqual([]);
  });

  it('lists people and groups by memberships.csv', async () => {
    const { byLine } = await test.import(
      'group,member,type,action\nBand,ada,,\nBand,Choir,group,\nBand,Nobody,thing,\nBand,ada|ada@school.example,user,\n',
    );
    expect(byLine).toEqual({ 2: 'applied', 3: 'applied', 4: 'type.invalid', 5: 'unchanged' });
    expect(await test.members('Band')).toEqual(['group:Choir', 'user:ada']);
  });

  it('D-10 attaches a login key to a stub and proposes it for a full user', async () => {
    await test.import('group,role,username,isgroup\nBand,,kepler,false\n');
    await test.import('userName,targetedId\nkepler,abc123\nada,def456\n', {
      settings: { idp: 'https://idp.example' },
    });
    const keys = await test.database.rows({
      text: `select u.user_name, k.value from identity_key k join users u on u.n = k.user_n where k.kind = 'targetedId'`,
    });
    expect(keys).toEqual([{ user_name: 'kepler', value: 'abc123' }]);
    const proposed = await test.database.rows({
      text: `select cell, code from disagreement where kind = 'login'`,
    });
    expect(proposed).toEqual([{ cell: 'def456', code: 'login.proposed' }]);
    await test.import('userName,targetedId\nada,def456\n', {
      settings: { idp: 'https://idp.example', loginKeys: 'bind' },
    });
    expect(
      await test.database.rows({
        text: `select value from identity_key where kind = 'targetedId' order by 1`,
      }),
    ).toEqual([{ value: 'abc123' }, { value: 'def456' }]);
  });

  it('takes very many rows of one person: the last one counts, and the log tells the difference once', async () => {
    const lines = Array.from({ length: 5_000 }, (_, at) => at);
    const { run } = await test.import(
      `userName,title,groups\n${lines.map((at) => `many,T${at},Many ${at % 3}\n`).join('')}`,
    );
    expect(run).toMatchObject({ state: 'applied', rows_total: 5_000, refused: 0 });
    expect((run.applied ?? 0) + (run.unchanged ?? 0)).toBe(5_000);
    expect((await user('many'))?.document.title).toBe('T4999');
    for (const at of [0, 1, 2]) expect(await test.members(`Many ${at}`)).toEqual(['user:many']);
    const turns = lines.map((at) => `Many 0,,many,,${at % 2 === 0 ? 'delete' : 'import'}\n`).join('');
    const again = await test.import(`group,role,username,isgroup,action\n${turns}`);
    expect(again.run).toMatchObject({ state: 'applied', rows_total: 5_000, refused: 0 });
    expect(await test.members('Many 0')).toEqual(['user:many']);
    const told = await test.database.rows({
      text: `select g.name from change c join groups g on g.n = c.group_n
        where c.type = 'membership.direct' and g.name like 'Many %' order by 1`,
    });
    expect(told).toEqual([{ name: 'Many 0' }, { name: 'Many 1' }, { name: 'Many 2' }]);
  }, 60_000);
});
