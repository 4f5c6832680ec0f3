import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Connector, Held, Operation, TargetObject } from '../../../src/targets/connector.ts';
import { sqlConnector, sqlTraits } from '../../../src/targets/connectors/sql/connector.ts';
import { needs } from '../../support/needs.ts';
import { aGroup, aUser } from '../contract/connector-contract.ts';
import {
  type AppDatabase,
  heldNames,
  heldRows,
  NAMES,
  openMariaApp,
  openPostgresApp,
  ROWS,
  settingsOf,
} from './sql-target.ts';

const HOSTILE = [
  "Robert'); drop table people;--",
  '`tick`',
  '"quoted"',
  'back\\slash',
  '%_',
  '{a,b}',
  'Ὀδυσσεύς 🚣',
  '?',
  '$1',
  '',
];

function behaves(openApp: () => Promise<AppDatabase>): void {
  let app: AppDatabase;
  const opened: Connector[] = [];
  beforeAll(async () => {
    app = await openApp();
  });
  afterAll(async () => {
    await Promise.all(opened.map((connector) => connector.close()));
    await app.close();
  });

  const open = (more: Readonly<Record<string, unknown>>): Connector => {
    const connector = sqlConnector(
      settingsOf(app, more),
      app.password === undefined ? {} : { password: app.password },
    );
    opened.push(connector);
    return connector;
  };
  const traits = () => sqlTraits(settingsOf(app, ROWS));
  const apply = (on: Connector, operation: Operation) => on.apply(operation, traits());
  const create = async (on: Connector, object: TargetObject): Promise<string> => {
    const outcome = await apply(on, { kind: 'create', object });
    if (outcome.kind !== 'applied' || outcome.remoteId === undefined)
      throw new Error(JSON.stringify(outcome));
    return outcome.remoteId;
  };
  const seen = async (on: Connector, of: 'user' | 'group', key: string): Promise<Held> => {
    const observation = await on.observe(of, key);
    if (observation.kind !== 'found') throw new Error(JSON.stringify(observation));
    return observation.object;
  };
  const members = async (on: Connector, group: string): Promise<Set<string>> => {
    const observation = await on.observeMembers(group, [], traits());
    if (observation.kind !== 'all') throw new Error(JSON.stringify(observation));
    return new Set(observation.members);
  };

  it.each(HOSTILE.filter((name) => name !== ''))(
    'keeps the hostile value %j a value, in rows and in names',
    async (name) => {
      const rows = open(ROWS);
      const [key, group] = [await create(rows, aUser(name)), await create(rows, aGroup(name))];
      expect(await apply(rows, { kind: 'add-members', group, members: [key] })).toEqual({ kind: 'applied' });
      expect((await heldRows(app)).groups[name]).toEqual([name]);
      const names = open(NAMES);
      const [who, what] = [await create(names, aUser(name)), await create(names, aGroup(name))];
      expect(await apply(names, { kind: 'add-members', group: what, members: [who] })).toEqual({
        kind: 'applied',
      });
      expect((await heldNames(app))[name]).toEqual([name]);
      expect(await apply(names, { kind: 'delete', of: 'group', remoteId: what })).toEqual({
        kind: 'applied',
      });
    },
  );

  it('takes any name of a table or column for a name', async () => {
    const quote = app.settings.dialect === 'mariadb' ? '`' : '"';
    const q = (name: string): string => quote + name.replaceAll(quote, quote + quote) + quote;
    const [table, group, user] = [`odd ${quote}; drop table teams`, 'select', `a'b ${quote}c`];
    await app.run(
      `create table ${q(table)} (${q(group)} varchar(50), ${q(user)} varchar(50), unique (${q(group)}, ${q(user)}))`,
    );
    const odd = open({ memberships: { table, group, user } });
    expect(await apply(odd, { kind: 'add-members', group: 'g', members: ['u', 'v'] })).toEqual({
      kind: 'applied',
    });
    expect(await apply(odd, { kind: 'remove-members', group: 'g', members: ['u'] })).toEqual({
      kind: 'applied',
    });
    expect(await members(odd, 'g')).toEqual(new Set(['v']));
  });

  it('leaves rows of another source alone', async () => {
    await app.run(
      `insert into access (what, who, managed_by) values ('shared', 'ann', 'hand'), ('shared', 'old', 'hand')`,
    );
    const names = open(NAMES);
    expect(await apply(names, { kind: 'add-members', group: 'shared', members: ['ann', 'ben'] })).toEqual({
      kind: 'applied',
    });
    expect(await members(names, 'shared')).toEqual(new Set(['ann', 'ben']));
    expect(await apply(names, { kind: 'remove-members', group: 'shared', members: ['ann', 'old'] })).toEqual({
      kind: 'applied',
    });
    expect(await apply(names, { kind: 'delete', of: 'group', remoteId: 'shared' })).toEqual({
      kind: 'applied',
    });
    expect(await apply(names, { kind: 'delete', of: 'group', remoteId: 'shared' })).toMatchObject({
      kind: 'missing',
    });
    const left = await app.run(`select who from access where what = 'shared' order by who`);
    expect(left.map(({ who }) => who)).toEqual(['ann', 'old']);
  });

  it('never takes one name for another, whatever the database takes for equal', async () => {
    const names = open(NAMES);
    await apply(names, { kind: 'add-members', group: 'résumé', members: ['zoë', '12'] });
    expect(await members(names, 'resume')).toEqual(new Set());
    expect(await members(names, 'RÉSUMÉ')).toEqual(new Set());
    expect(
      await apply(names, {
        kind: 'remove-members',
        group: 'résumé',
        members: ['zoe', 'ZOË', 'zoë ', '12abc'],
      }),
    ).toEqual({ kind: 'noop' });
    expect(await members(names, 'résumé')).toEqual(new Set(['zoë', '12']));
    // Either it is a row of its own, or the database has no place for both: then it is refused, never passed over.
    const other = await apply(names, { kind: 'add-members', group: 'résumé', members: ['ZOË'] });
    const kept = await members(names, 'résumé');
    expect(other.kind === 'applied' ? kept.has('ZOË') : other).toEqual(
      other.kind === 'applied' ? true : expect.objectContaining({ kind: 'rejected', code: 422 }),
    );
  });

  it('does not read a number out of the beginning of a text', async () => {
    const rows = open(ROWS);
    const [key, group] = [await create(rows, aUser('numbered')), await create(rows, aGroup('numbers'))];
    await apply(rows, { kind: 'add-members', group, members: [key] });
    expect(await rows.observe('user', `${key}abc`)).toEqual({ kind: 'absent' });
    expect(await apply(rows, { kind: 'remove-members', group, members: [`${key}abc`] })).toEqual({
      kind: 'noop',
    });
    expect(await rows.observeMembers(`${group}abc`, [], traits())).toEqual({ kind: 'absent' });
    expect(await members(rows, group)).toEqual(new Set([key]));
  });

  it('names a member that is no row, and adds nobody of that request', async () => {
    const rows = open(ROWS);
    const [key, group] = [await create(rows, aUser('half')), await create(rows, aGroup('halves'))];
    const outcome = await apply(rows, { kind: 'add-members', group, members: [key, '999999'] });
    expect(outcome).toMatchObject({ kind: 'rejected', code: 422, why: expect.stringContaining('999999') });
    expect(await members(rows, group)).toEqual(new Set());
    expect(await apply(rows, { kind: 'add-members', group: '999999', members: [key] })).toMatchObject({
      kind: 'missing',
    });
  });

  it('fills the columns of a user, its roles too, and empties them again', async () => {
    const rows = open({
      ...ROWS,
      users: {
        ...(ROWS.users as object),
        columns: { mail: 'emails', job: 'roles', full_name: 'name.familyName' },
      },
    });
    const user = {
      ...aUser('filled', {
        emails: [{ value: 'a@x' }, { value: 'b@x', primary: true }],
        name: { familyName: 'F' },
      }),
      roles: ['member', 'publisher'],
    };
    const key = await create(rows, user);
    const row = async () =>
      (await app.run(`select mail, job, full_name from people where login = 'filled'`))[0];
    expect(await row()).toEqual({ mail: 'b@x', job: 'member,publisher', full_name: 'F' });
    const object = { ...user, attributes: {}, roles: [] };
    const held = await seen(rows, 'user', key);
    expect(await apply(rows, { kind: 'update', object, held })).toEqual({ kind: 'applied' });
    expect(await row()).toEqual({ mail: null, job: '', full_name: null });
    expect(await apply(rows, { kind: 'update', object, held })).toEqual({ kind: 'noop' });
  });

  it('renames a user whose name is its key together with its memberships, with a foreign key and without', async () => {
    for (const reference of ['', 'references logins(login) on update cascade']) {
      await app.run(
        `create table logins (login varchar(100) primary key)`,
        app.settings.dialect === 'mariadb' && reference !== ''
          ? `create table login_groups (grp varchar(100), login varchar(100), unique (grp, login), foreign key (login) ${reference})`
          : `create table login_groups (grp varchar(100), login varchar(100) ${reference}, unique (grp, login))`,
      );
      const keyed = open({
        memberships: { table: 'login_groups', group: 'grp', user: 'login' },
        users: { table: 'logins', key: 'login', name: 'login' },
      });
      const user = aUser('maiden');
      const key = await create(keyed, user);
      expect(key).toBe('maiden');
      await apply(keyed, { kind: 'add-members', group: 'g', members: [key] });
      const held = await seen(keyed, 'user', key);
      expect(await apply(keyed, { kind: 'update', object: { ...user, userName: 'married' }, held })).toEqual({
        kind: 'applied',
        remoteId: 'married',
      });
      expect(await members(keyed, 'g')).toEqual(new Set(['married']));
      expect(await apply(keyed, { kind: 'delete', of: 'user', remoteId: 'married' })).toEqual({
        kind: 'applied',
      });
      expect(await members(keyed, 'g')).toEqual(new Set());
      await app.run('drop table login_groups', 'drop table logins');
    }
  });

  it('adopts a row of that name that belongs to nobody, and marks it', async () => {
    await app.run(`insert into people (login) values ('adoptee')`);
    const rows = open(ROWS);
    const user = aUser('adoptee', { title: 'Cook' });
    const resolution = await rows.resolve(user);
    if (resolution.kind !== 'found') throw new Error(JSON.stringify(resolution));
    expect(resolution.by).toBe('name');
    expect(await apply(rows, { kind: 'update', object: user, held: resolution.object })).toEqual({
      kind: 'applied',
    });
    expect(await rows.resolve(user)).toMatchObject({
      kind: 'found',
      by: 'externalId',
      object: { externalId: user.id },
    });
  });

  it("takes a group of mere names that has rows for somebody's, and one without rows for a new one", async () => {
    await app.run(`insert into access (what, who) values ('legacy', 'x')`);
    const names = open(NAMES);
    expect(await names.resolve(aGroup('legacy'))).toMatchObject({ kind: 'found', by: 'name' });
    expect(await names.resolve(aGroup('fresh'))).toEqual({ kind: 'none' });
  });

  it('writes more members than a page holds, and lists more users than one', async () => {
    const rows = open(ROWS);
    const group = await create(rows, aGroup('large'));
    for (let at = 0; at < 1_200; at += 400) {
      const values = Array.from({ length: 400 }, (_one, n) => `('crowd${at + n}')`).join(', ');
      await app.run(`insert into people (login) values ${values}`);
    }
    const keys: string[] = [];
    for (let page = await rows.list('user', null); ; page = await rows.list('user', page.next)) {
      if (page.kind !== 'page') throw new Error(JSON.stringify(page));
      keys.push(
        ...page.objects.filter(({ name }) => name.startsWith('crowd')).map(({ remoteId }) => remoteId),
      );
      if (page.next === null) break;
    }
    expect(new Set(keys).size).toBe(1_200);
    expect(await apply(rows, { kind: 'add-members', group, members: keys.slice(0, 1_000) })).toEqual({
      kind: 'applied',
    });
    expect(await apply(rows, { kind: 'add-members', group, members: keys })).toEqual({ kind: 'applied' });
    expect(await members(rows, group)).toEqual(new Set(keys));
  });

  it.each([
    [
      'a membership table without a unique key',
      'needs a unique key',
      { memberships: { table: 'loose', group: 'g', user: 'u' } },
    ],
    ['a table that is not there', 'nowhere', { memberships: { table: 'nowhere', group: 'g', user: 'u' } }],
    [
      'a column that is not there',
      'no column missing',
      { memberships: { table: 'access', group: 'missing', user: 'who' } },
    ],
  ])('is down and says why with %s, until it is mended', async (_what, why, more) => {
    await app.run('drop table if exists loose', 'create table loose (g varchar(20), u varchar(20))');
    const wrong = open(more);
    expect(await wrong.probe()).toMatchObject({
      kind: 'failed',
      outcome: { kind: 'down', why: expect.stringContaining(why) },
    });
    expect(await apply(wrong, { kind: 'add-members', group: 'g', members: ['u'] })).toMatchObject({
      kind: 'down',
    });
    if (more.memberships.table !== 'loose') return;
    await app.run('create unique index loose_key on loose (g, u)');
    expect(await wrong.probe()).toMatchObject({ kind: 'ready' });
    expect(await apply(wrong, { kind: 'add-members', group: 'g', members: ['u'] })).toEqual({
      kind: 'applied',
    });
  });

  it('blocks only the object whose values the database does not take', async () => {
    const rows = open(ROWS);
    const long = await apply(rows, { kind: 'create', object: aUser('x'.repeat(300)) });
    expect(long).toMatchObject({ kind: 'rejected', code: 422 });
    const nul = await apply(rows, { kind: 'create', object: aUser('nul\u0000byte') });
    expect(['rejected', 'applied']).toContain(nul.kind);
    expect((await rows.probe()).kind).toBe('ready');
  });
}

describe('an SQL target on PostgreSQL', () => behaves(openPostgresApp));
needs('mariadb')('an SQL target on MariaDB', () => behaves(openMariaApp));
