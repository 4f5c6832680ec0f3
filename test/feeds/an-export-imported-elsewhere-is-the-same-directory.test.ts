import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { GroupId, UserId } from '../../src/core/ids.ts';
import { createGroup, newGroupState } from '../../src/directory/groups.ts';
import { editMembers } from '../../src/directory/memberships.ts';
import { changeUser, createUser } from '../../src/directory/users.ts';
import { type CommandLine, openCommandLine } from '../support/command-line.ts';
import { openTestFeeds, type TestFeeds } from './feed-support.ts';

const ENTERPRISE = 'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User';

/** Everything that the three files say, by names. */
async function contentOf({ database }: TestFeeds): Promise<unknown> {
  const people = await database.rows({
    text: `
      select user_name, active, stub,
             case when stub then '{}' else document - '${ENTERPRISE}' end as document,
             document #> '{${ENTERPRISE},department}' as department,
             (select m.user_name from users m where m.id::text = u.document #>> '{${ENTERPRISE},manager,value}') as manager,
             (select array_agg(kind || ' ' || issuer || ' ' || value order by kind, value) from identity_key k
              where k.user_n = u.n and kind <> 'externalId') as keys,
             (select array_agg(value order by value) from identity_key k where k.user_n = u.n and kind = 'externalId') as ext
      from users u where deleted_at is null order by user_name_key, u.document::text`,
  });
  const groups = await database.rows({
    text: `
      select name, description, internal, hidden, open, public,
             (select array_agg(r.name order by r.name) from group_role x join role r on r.n = x.role_n
              where x.group_n = g.n) as roles
      from groups g where deleted_at is null and kind = 'regular' order by name_key`,
  });
  const memberships = await database.rows({
    text: `
      select g.name as group, a.member_kind, coalesce(m.name, u.user_name, u.document #>> '{emails,0,value}',
               (select value from identity_key k where k.user_n = u.n and kind = 'targetedId')) as member,
             case when bool_or(a.expires_at is null) then null else date_trunc('milliseconds', max(a.expires_at)) end as ends
      from assertion a join groups g on g.n = a.group_n and g.kind = 'regular' and g.deleted_at is null
      left join groups m on m.n = a.member_n and m.deleted_at is null
      left join users u on u.n = a.member_n and u.deleted_at is null
      where not a.suppressed and (m.n is not null or u.n is not null) group by 1, 2, 3 order by 1, 2, 3`,
  });
  const closure = await database.rows({
    text: `select d.name as below, a.name as above from closure c join groups d on d.n = c.descendant
           join groups a on a.n = c.ancestor where d.kind = 'regular' and a.kind = 'regular' order by 1, 2`,
  });
  return { people, groups, memberships, closure };
}

describe('an export of one installation, imported into an empty one', () => {
  let from: TestFeeds;
  let to: TestFeeds;
  let cli: CommandLine;
  beforeAll(async () => {
    from = await openTestFeeds();
    to = await openTestFeeds();
    cli = await openCommandLine(from.url);
    await fill(from);
  });
  afterAll(async () => {
    await cli.close();
    await from.close();
    await to.close();
  });

  it('gives the same people, groups, nestings, memberships, ends and stubs', async () => {
    for (const what of ['users', 'groups', 'memberships']) {
      const { out, err } = await cli.run('export', what);
      const { run, rows } = await to.import(out, { file: `${what}.csv` });
      expect({ what, err, refused: rows.filter(({ outcome }) => outcome === 'refused') }).toMatchObject({
        what,
        refused: [],
      });
      expect(run.state).toBe('applied');
    }
    expect(await contentOf(to)).toEqual(await contentOf(from));
    for (const what of ['users', 'groups', 'memberships']) {
      const { out } = await cli.run('export', what);
      const { rows } = await to.import(out, { file: `${what}.csv` });
      expect(rows.filter(({ outcome }) => outcome !== 'unchanged')).toEqual([]);
    }
  });

  it('tells what no row can say, and keeps it in NDJSON', async () => {
    const member = await from.user('pipe|name');
    await from.group('Odd', member);
    const csv = await cli.run('export', 'memberships');
    expect(csv.code).toBe(4);
    expect(csv.err).toContain('1 were left out, because no row of a file can say their names');
    expect(csv.out).not.toContain('Odd');
    const ndjson = await cli.run('export', 'memberships', '--format', 'ndjson');
    expect(ndjson.code).toBe(0);
    const lines = ndjson.out
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { group: string; memberId: string; sources: { source: string }[] });
    expect(lines.find(({ group }) => group === 'Odd')).toMatchObject({
      memberId: member.id,
      sources: [{ source: 'console' }],
    });
  });

  it('leaves out automatic groups and says so; NDJSON has them with their rules', async () => {
    const made = await cli.run('group', 'create', 'Everybody named A', '--rule', 'userName sw "a"');
    expect(made).toMatchObject({ code: 0 });
    const csv = await cli.run('export', 'groups');
    expect(csv.err).toContain('1 of automatic groups were left out');
    expect(csv.out).not.toContain('Everybody named A');
    const ndjson = await cli.run('export', 'groups', '--json');
    expect(ndjson.out).toContain('"rule":"userName sw \\"a\\""');
  });

  it('writes a file that only its owner reads, whole or not at all', async () => {
    const file = join(from.folder, 'users.csv');
    const { code, out } = await cli.run('export', 'users', '--out', file);
    expect({ code, out }).toEqual({ code: 0, out: '' });
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(readFileSync(file, 'utf8')).toBe((await cli.run('export', 'users')).out);
    expect(existsSync(`${file}.part`)).toBe(false);
    const nowhere = await cli.run('export', 'users', '--out', join(from.folder, 'no/where.csv'));
    expect(nowhere.code).toBe(3);
    expect(nowhere.err).toContain('cannot be written');
  });

  it('refuses the row of a membership that is over already, and moves the end of one that stands', async () => {
    const past = await to.import('group,member,expiresAt\nChoir,ada,2001-01-01\nChoir,ada,soon\n');
    expect(past.byLine).toEqual({ 2: 'membership.over', 3: 'attribute.invalid' });
    const moved = await to.import('group,member,expiresAt\nChoir,ada,2099-01-01\n');
    expect(moved.byLine).toEqual({ 2: 'applied' });
    const again = await to.import('group,member,expiresAt\nChoir,ada,2099-01-01\nChoir,ada,\n');
    expect(again.byLine).toEqual({ 2: 'unchanged', 3: 'unchanged' });
    const [entry] = await to.database.rows<{ after: { expiresAt: string } }>({
      text: `select after from change where type = 'membership.expiry' order by seq desc limit 1`,
    });
    expect(new Date(entry?.after.expiresAt ?? '').toISOString()).toBe('2099-01-01T00:00:00.000Z');
  });
});

/** What is awkward in files: quotes, delimiters, line ends, formulas, other scripts, names that look like addresses. */
async function fill(test: TestFeeds): Promise<void> {
  const person = (
    userName: string,
    document: Record<string, unknown> = {},
    externalId: string | null = null,
  ) => test.as('csv', (work) => createUser(work, { userName, active: true, externalId, document }));
  const ada = await person(
    'ada',
    {
      displayName: 'Ada "the first", Countess; of Lovelace',
      name: { givenName: 'Augusta\nAda', familyName: 'Łovelåce 李' },
      emails: [{ value: 'ada@school.example', primary: true }],
      title: '=SUM(A1:A2)',
      roles: [{ value: 'staff' }, { value: 'poet' }],
    },
    'e-1',
  );
  const mail = await person('mail@school.example', {
    emails: [{ value: 'other@school.example', primary: true }],
  });
  const twin = await person('twin@school.example', {
    emails: [{ value: 'mail@school.example', primary: true }],
  });
  const hash = await person('#hash', {
    displayName: '+49 30',
    [ENTERPRISE]: { department: '-1', manager: { value: ada.id } },
  });
  await test.as('csv', (work) =>
    changeUser(work, { user: twin.id, ifMatch: null, edit: (state) => ({ ...state, active: false }) }),
  );
  const group = (name: string, more: Partial<typeof newGroupState> = {}) =>
    test.as('csv', (work) => createGroup(work, { ...newGroupState, name, ...more }));
  const choir = await group('Choir', {
    description: 'Thursdays,\n"at six"; =1+1',
    open: true,
    internal: false,
    roles: ['member', 'publisher'],
  });
  const school = await group('Schüler; "Ölmühle", 学校', { hidden: false });
  const top = await group('=TOP()');
  const put = (into: typeof choir, members: readonly { readonly id: UserId | GroupId }[], expiresAt?: Date) =>
    test.as('csv', (work) =>
      editMembers(work, {
        group: into.id,
        steps: [{ do: 'add', members: members.map(({ id }) => id) }],
        expiresAt,
      }),
    );
  await put(choir, [ada, mail, twin]);
  await put(choir, [hash], new Date('2098-06-30T12:34:56.789Z'));
  await put(school, [choir, hash]);
  await put(top, [school, choir]);
  const stubs = await test.import(
    'group,member\nChoir,waiting\nChoir,waiting2|two@school.example\nChoir,late@school.example\n' +
      'Choir,https://idp.example/x!https://sp.example!4f2a|third|third@school.example\n',
  );
  expect(stubs.run.refused).toBe(0);
}
