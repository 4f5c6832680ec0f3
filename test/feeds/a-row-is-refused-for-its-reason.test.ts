import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { DEFAULT_LIMITS } from '../../src/core/plans/limits.ts';
import { addMember, removeMember } from '../../src/directory/memberships.ts';
import { createUser } from '../../src/directory/users.ts';
import { insertSource } from '../../src/store/sources.ts';
import { openTestFeeds, type TestFeeds } from './feed-support.ts';

const HEADER = 'group,role,username,isgroup,action\n';

describe('rows of a file', () => {
  let test: TestFeeds;
  beforeAll(async () => {
    test = await openTestFeeds();
    await insertSource(test.database, 'hr', 'feed');
  });
  afterAll(() => test.close());

  const person = (userName: string, ...emails: readonly string[]) =>
    test.do((work) =>
      createUser(work, {
        userName,
        active: true,
        externalId: null,
        document: { emails: emails.map((value) => ({ value })) },
      }),
    );

  const run = (text: string, values: readonly unknown[] = []) => test.database.rows({ text }, values);

  const stubs = async (): Promise<number> =>
    (await test.database.rows<{ n: number }>({ text: 'select count(*)::int as n from users where stub' }))[0]
      ?.n ?? 0;

  it('F-05 F-06: delete makes nothing, and un-nests without deleting the group', async () => {
    await test.import(`${HEADER}outer,,inner,true,\n`);
    const before = await stubs();
    const { byLine } = await test.import(
      `${HEADER}outer,,inner,true,delete\nnowhere,publisher,nobody,,delete\n`,
    );
    expect(byLine).toEqual({ 2: 'applied', 3: 'unchanged' });
    expect(await stubs()).toBe(before);
    expect(await run(`select name from groups where name in ('inner', 'nowhere')`)).toEqual([
      { name: 'inner' },
    ]);
  });

  it('F-07: * takes out all users or all nestings, and leaves the others', async () => {
    await test.import(`${HEADER}starred,,ada,,\nstarred,,bob,,\nstarred,,inside,true,\n`);
    await test.import(`${HEADER}starred,,*,,delete\n`);
    expect(await test.members('starred')).toEqual(['group:inside']);
    await test.import(`${HEADER}starred,,ada,,\nstarred,,*,true,delete\n`);
    expect(await test.members('starred')).toEqual(['user:ada']);
  });

  it('F-09: * followed by imports keeps who stays, with the assertions of every source', async () => {
    const [stays, goes] = [await person('stays'), await person('goes')];
    const group = await test.group('replaced', stays, goes);
    const { byLine } = await test.import(
      `${HEADER}replaced,,*,,delete\nreplaced,,stays,,\nreplaced,,comes,,\n`,
    );
    expect(byLine).toEqual({ 2: 'applied', 3: 'unchanged', 4: 'applied' });
    expect(await test.members('replaced')).toEqual(['user:comes', 'user:stays']);
    const text = `
      select s.name, a.suppressed from assertion a join source s on s.n = a.source_n
      where a.group_n = $1 and a.member_n = $2 order by s.name`;
    expect(await run(text, [group.n, stays.n])).toEqual([
      { name: 'console', suppressed: false },
      { name: 'csv', suppressed: false },
    ]);
    const removed = await run(`select removed from change where group_n = $1 and removed is not null`, [
      group.n,
    ]);
    expect(removed).toEqual([{ removed: [goes.n] }]);
  });

  it('of rows that say the same, the first is applied and the others are unchanged', async () => {
    await test.group('often', await person('once'));
    const { byLine } = await test.import(
      `${HEADER}often,,new,,\noften,,NEW,,\noften,,once,,delete\noften,,*,,delete\noften,,new,,\noften,,new,,\n`,
    );
    expect(byLine).toEqual({
      2: 'unchanged',
      3: 'unchanged',
      4: 'unchanged',
      5: 'applied',
      6: 'applied',
      7: 'unchanged',
    });
  });

  it('D-02: delete ends a membership whoever asserted it, import lifts what was suppressed', async () => {
    const ada = await person('lifted');
    const group = await test.group('lifting', ada);
    await test.import(`${HEADER}lifting,,lifted,,delete\n`);
    expect(await test.members('lifting')).toEqual([]);
    await test.import(`${HEADER}lifting,,lifted,,import\n`);
    expect(await test.members('lifting')).toEqual(['user:lifted']);
    await test.as('csv', (work) => removeMember(work, { group: group.id, member: ada.id }));
    await test.do((work) => addMember(work, { group: group.id, member: ada.id }));
    expect(await test.members('lifting')).toEqual(['user:lifted']);
  });

  it('D-04: a second source gains an assertion, and nothing else moves', async () => {
    const group = await test.group('second', await person('twice'));
    const version = () => run('select version from groups where n = $1', [group.n]);
    const before = await version();
    const imported = await test.import(`${HEADER}second,,twice,,\n`);
    expect(imported.byLine).toEqual({ 2: 'unchanged' });
    expect(await version()).toEqual(before);
    expect(await run('select 1 from assertion where group_n = $1', [group.n])).toHaveLength(2);
  });

  it('F-08: roles are added to the group, made where missing, and never taken away', async () => {
    await test.import(`${HEADER}roled,member;Editor,ada,,\n`);
    await test.import(`${HEADER}roled,member,ada,,\nroled,publisher,nobody,,delete\nroled,,ada,,\n`);
    const text = `select r.name from group_role g join role r on r.n = g.role_n join groups p on p.n = g.group_n
      where p.name = 'roled' order by r.name`;
    expect(await run(text)).toEqual([{ name: 'Editor' }, { name: 'member' }]);
  });

  it('F-08: a protected role, one that the feed may not give, and a new one under createRoles false refuse the row', async () => {
    await run(`insert into role (name, name_key, protected) values ('Root', 'root', true)`);
    const { byLine } = await test.import(
      `${HEADER}guarded,root,ada,,\nguarded,moderator,ada,,\nguarded,brand new,ada,,\nguarded,member,ada,,\n`,
      { settings: { allowedRoles: ['root', 'member', 'brand new'], createRoles: 'refuse' } },
    );
    expect(byLine).toEqual({ 2: 'role.protected', 3: 'role.invalid', 4: 'role.invalid', 5: 'applied' });
  });

  it('F-10: a row that would close a cycle is refused with the path, and the rest goes on', async () => {
    const { rows } = await test.import(`${HEADER}A,,B,true,\nB,,C,true,\nC,,A,true,\nC,,ada,,\nA,,A,1,\n`);
    expect(rows.map(({ line, code }) => [line, code])).toEqual([
      [2, null],
      [3, null],
      [4, 'nesting.cycle'],
      [5, null],
      [6, 'nesting.cycle'],
    ]);
    expect(rows[2]?.detail).toContain('C > A > B > C');
    const again = await test.import(`${HEADER}c,,a,yes,\n`);
    expect(again.rows[0]?.detail).toContain('C > A > B > C');
    expect(await test.members('C')).toEqual(['user:ada']);
  });

  it('F-11 D-03 D-14: groups reserved to another source and automatic ones refuse the row', async () => {
    await test.import(`${HEADER}hr only,,ada,,\nauto,,ada,,\n`);
    await run(
      `update groups set reserved_to = (select n from source where name = 'hr') where name = 'hr only'`,
    );
    await run(`update groups set kind = 'rule' where name = 'auto'`);
    const file = `${HEADER}HR only,,bob,,\nauto,,bob,,\nauto,,*,,delete\naffiliation.staff,,bob,,\nother,,auto,true,\n`;
    const { byLine } = await test.import(file);
    expect(byLine).toEqual({
      2: 'group.reserved',
      3: 'group.automatic',
      4: 'group.automatic',
      5: 'group.name_reserved',
      6: 'applied',
    });
    expect((await test.import(file, { source: 'hr' })).byLine[2]).toBe('applied');
  });

  it('J-20: a trusted source writes a protected group and what is nested in it, and cannot open it', async () => {
    const admins = await test.group('admins');
    const board = await test.group('board');
    await test.database.rows(
      { text: `insert into permission_grant (holder_n, permission) values ($1, 'users.manage')` },
      [admins.n],
    );
    const guarded = { settings: { guards: { ...DEFAULT_LIMITS, protectedGroups: 'pass' as const } } };
    const every = `${HEADER}admins,,eve,,\nadmins,,eve,,delete\nadmins,,board,true,\nadmins,publisher,eve,,\n`;
    expect((await test.import(every, guarded)).run).toMatchObject({
      state: 'rejected',
      error: { code: 'file.nothing_accepted' },
    });
    const told = await test.import('name,open,action\nadmins,,delete\nadmins,no,\ngarden,,\n', guarded);
    expect(told.byLine).toEqual({ 2: 'group.protected', 3: 'group.protected', 4: 'applied' });
    const people = await test.import('userName,groups\nmallory,admins\n', guarded);
    expect(people.byLine).toEqual({ 2: 'group.protected' });
    await test.database.rows(
      {
        text: `update groups set trusted_sources = array[(select n from source where name = 'csv')] where n = any($1::int[])`,
      },
      [[admins.n, board.n]],
    );
    expect((await test.import(`${HEADER}admins,,board,true,\nboard,,eve,,\n`, guarded)).byLine).toEqual({
      2: 'applied',
      3: 'applied',
    });
    const opened = await test.import('name,open,public\nadmins,yes,\nboard,,yes\nchess club,yes,\n', guarded);
    expect(opened.byLine).toEqual({ 2: 'group.protected_open', 3: 'group.protected_open', 4: 'applied' });
    const nested = await test.import(`${HEADER}admins,,chess club,true,\nadmins,,eve,,\n`, guarded);
    expect(nested.byLine).toEqual({ 2: 'group.protected_open', 3: 'applied' });
    // Only together its rows make a protected group open: nothing of the file is done, and its end says why.
    const chain = await test.import(`${HEADER}new hall,,chess club,true,\nadmins,,new hall,true,\n`, guarded);
    expect(chain.run).toMatchObject({ state: 'rejected', error: { code: 'group.protected_open' } });
    expect(await test.members('admins')).toEqual(['group:board', 'user:eve']);
    const open = await test.database.rows({
      text: 'select name from groups where open or public order by 1',
    });
    expect(open).toEqual([{ name: 'chess club' }]);
  });

  it('the identity cell: every given key must name the same user', async () => {
    const grace = await person('grace', 'grace@x', 'office@x');
    await person('alan', 'alan@x', 'office@x');
    await run(
      `insert into identity_key (kind, issuer, value_key, user_n, value, source_n) values
       ('uid', '', 'g-77', $1, 'g-77', 1), ('externalId', '9', 'Ext-1', $1, 'Ext-1', 1)`,
      [grace.n],
    );
    const { byLine, rows } = await test.import(
      HEADER +
        [
          'cells,,grace|alan@x,,',
          'cells,,|office@x|,,',
          'cells,,hopper|grace@x,,',
          'cells,,GRACE|Office@X,,',
          'cells,,g-77,,',
          'cells,,Ext-1,,',
          `cells,,${grace.id.toUpperCase()},,`,
          'cells,,grace@x,,',
          '',
        ].join('\n'),
    );
    expect(byLine).toEqual({
      2: 'identity.conflict',
      3: 'identity.ambiguous',
      4: 'identity.conflict',
      5: 'applied',
      6: 'unchanged',
      7: 'unchanged',
      8: 'unchanged',
      9: 'unchanged',
    });
    expect(rows[1]?.detail).toContain('2 users');
    expect(await test.members('cells')).toEqual(['user:grace']);
  });

  it('D-10: a targetedId given by a feed attaches to stubs and never to a full user', async () => {
    await person('full');
    await test.import(`${HEADER}keys,,t-full|full|,,\nkeys,,t-stub|waiting|,,\nkeys,,t-stub||,,\n`, {
      settings: { idp: 'https://idp' },
    });
    expect(await run(`select value, issuer from identity_key where kind = 'targetedId'`)).toEqual([
      { value: 't-stub', issuer: 'https://idp' },
    ]);
    expect(await test.members('keys')).toEqual(['user:full', 'user:waiting']);
  });

  it('F-04: a stub becomes the user that arrives, and keeps its memberships', async () => {
    await test.import(`${HEADER}early,,late,,\nearly,,late@mail|,,\n`);
    await person('late', 'other@mail');
    expect(await run(`select stub from users where user_name = 'late'`)).toEqual([{ stub: false }]);
    expect(await test.members('early')).toEqual(['user:late', 'user:late@mail']);
  });

  it('D-05: names are compared folded and stored as first written', async () => {
    await test.import(`${HEADER}  Zürich ,,ada,,\nZU\u0308RICH,,bob,,\n`);
    expect(await test.members('Zürich')).toEqual(['user:ada', 'user:bob']);
  });

  it('names too long for an index refuse their row, and the longest that are allowed do not', async () => {
    const random = (length: number, from: number): string =>
      Array.from({ length }, (_, at) => String.fromCodePoint(from + ((at * 7_919) % 5_000))).join('');
    const { byLine } = await test.import(
      HEADER +
        [
          `${random(1_000, 0x4e00)},,ada,,`,
          `${random(1_001, 0x4e00)},,ada,,`,
          `${random(860, 0x4e00)},,ada,,`,
        ].join('\n') +
        `\nlong,,${random(501, 0x4e00)},,\nlong,,${[1, 2, 3].map((at) => random(500, 0x4e00 + at)).join('|')},,\n`,
    );
    expect(byLine).toEqual({
      2: 'group.invalid',
      3: 'group.invalid',
      4: 'applied',
      5: 'identity.invalid',
      6: 'applied',
    });
  });

  it('a dry run answers the same and changes nothing', async () => {
    const file = `${HEADER}dry,editor2,ada,,\ndry,,dry person,,\ndry,,x,maybe,\ndry,,dry,true,\n`;
    const everything = async (): Promise<unknown> =>
      run(`select (select count(*) from users) as users, (select count(*) from groups) as groups,
                  (select count(*) from assertion) as assertions, (select count(*) from change) as changes,
                  (select count(*) from role) as roles, (select count(*) from origin) as origins`);
    const before = await everything();
    const dry = await test.import(file, { dryRun: true });
    expect(await everything()).toEqual(before);
    expect(dry.run).toMatchObject({ dry_run: true, state: 'applied', change_seq: null });
    const real = await test.import(file);
    expect(dry.byLine).toEqual(real.byLine);
    expect(real.byLine).toEqual({ 2: 'applied', 3: 'applied', 4: 'isgroup.invalid', 5: 'nesting.cycle' });
  });

  it('a source that is no feed, or none at all, imports nothing', async () => {
    await expect(test.import(HEADER, { source: 'console' })).rejects.toMatchObject({
      code: 'source.invalid',
    });
    await expect(test.import(HEADER, { source: 'nosuch' })).rejects.toMatchObject({
      code: 'source.not_found',
    });
  });
});
