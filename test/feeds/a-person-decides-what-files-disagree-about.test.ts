import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { buildRegistry } from '../../src/core/scim/registry.ts';
import { findPlace } from '../../src/core/feeds/stated.ts';
import { decideDisagreement, type Decision } from '../../src/directory/disagreements.ts';
import { type DisagreementRow, listDisagreements } from '../../src/store/feeds/disagreement-rows.ts';
import { openCommandLine } from '../support/command-line.ts';
import { openTestFeeds, type TestFeeds } from './feed-support.ts';

describe('conflicts of files', () => {
  let test: TestFeeds;
  const { user } = buildRegistry([]);
  beforeAll(async () => {
    test = await openTestFeeds();
  });
  afterAll(() => test.close());

  const listed = (kind: DisagreementRow['kind']) =>
    listDisagreements(test.database, { state: 'open', kind, before: null, limit: 10 });
  const decide = (id: string, resolution: Decision['resolution'], into: Decision['into'] = null) =>
    test.do((work) =>
      decideDisagreement(work, {
        ...{ disagreement: id, resolution, into, reason: 'looked at it' },
        placeOf: (spelling) => findPlace(user, spelling),
      }),
    );
  const people = async (where: string) =>
    (
      await test.database.rows<{ name: string | null }>({
        text: `select user_name as name from users where deleted_at is null and ${where} order by n`,
      })
    ).map(({ name }) => name);

  it('merges two records of one person: memberships, keys and e-mails go to the one that stays', async () => {
    await test.import('userName,email,groups\nada,ada@x.example,Choir\n');
    await test.import('group,role,username,isgroup\nBand,,lovelace@x.example,\nChoir,,lovelace@x.example,\n');
    const { byLine } = await test.import('group,role,username,isgroup\nBand,,ada|lovelace@x.example,\n');
    expect(byLine).toEqual({ 2: 'identity.conflict' });
    const [conflict] = await listed('identity');
    expect(conflict).toMatchObject({ cell: 'ada|lovelace@x.example', times: 1, source: 'csv', line: 2 });
    expect(conflict?.users.map(({ userName, stub }) => ({ userName, stub }))).toEqual([
      { userName: 'ada', stub: false },
      { userName: null, stub: true },
    ]);
    const decided = await decide(conflict?.id ?? '', 'merge');
    expect(decided).toMatchObject({ state: 'resolved', resolution: 'merge', reason: 'looked at it' });
    expect(await test.members('Band')).toEqual(['user:ada']);
    expect(await test.members('Choir')).toEqual(['user:ada']);
    const again = await test.import('group,role,username,isgroup\nBand,,ada|lovelace@x.example,\n');
    expect(again.byLine).toEqual({ 2: 'unchanged' });
    expect(await listed('identity')).toEqual([]);
  });

  it('is decided once, and what was kept apart is not listed again', async () => {
    await test.import('userName,email\nbob,bob@x.example\nrob,rob@x.example\n');
    const file = 'group,role,username,isgroup\nBand,,bob|rob@x.example,\n';
    await test.import(file);
    const [conflict] = await listed('identity');
    await decide(conflict?.id ?? '', 'separate');
    await expect(decide(conflict?.id ?? '', 'merge')).rejects.toMatchObject({ code: 'conflict.decided' });
    await expect(decide(randomUUID(), 'merge')).rejects.toMatchObject({ code: 'conflict.not_found' });
    await test.import(file);
    expect(await listed('identity')).toEqual([]);
    expect(await people(`user_name in ('bob', 'rob')`)).toEqual(['bob', 'rob']);
  });

  it('D-10 binds a proposed login key when a person says so', async () => {
    await test.import('group,role,username,isgroup\nBand,,secret1|bob|,\n', {
      settings: { idp: 'https://idp.example' },
    });
    const [proposal] = await listed('login');
    expect(proposal).toMatchObject({
      cell: 'secret1',
      attribute: 'targetedId',
      users: [{ userName: 'bob' }],
    });
    await decide(proposal?.id ?? '', 'merge');
    const keys = `select u.user_name, k.issuer from identity_key k join users u on u.n = k.user_n where k.value = 'secret1'`;
    expect(await test.database.rows({ text: keys })).toEqual([
      { user_name: 'bob', issuer: 'https://idp.example' },
    ]);
  });

  it('lists an e-mail that a cell gives a full user which has another, and takes it over on demand', async () => {
    await test.import('group,role,username,isgroup\nBand,,rob|new@x.example,\n');
    const [drift] = await listed('drift');
    expect(drift).toMatchObject({ attribute: 'emails', stated: 'new@x.example', current: 'rob@x.example' });
    await decide(drift?.id ?? '', 'merge');
    const [rob] = await test.database.rows({
      text: `select document -> 'emails' as emails from users where user_name = 'rob'`,
    });
    expect(rob).toEqual({ emails: [{ value: 'new@x.example', primary: true }] });
  });

  it('D-09 keeps what the directory has, and does not ask about the same again', async () => {
    const file = 'group,role,username,isgroup\nBand,,bob|other@x.example,\n';
    await test.import(file);
    const [drift] = await listed('drift');
    expect(drift).toMatchObject({ stated: 'other@x.example', current: 'bob@x.example' });
    expect(await decide(drift?.id ?? '', 'keep')).toMatchObject({ state: 'resolved', resolution: 'keep' });
    const [bob] = await test.database.rows({
      text: `select document #>> '{emails,0,value}' as email from users where user_name = 'bob'`,
    });
    expect(bob).toEqual({ email: 'bob@x.example' });
    await test.import(file);
    expect(await listed('drift')).toEqual([]);
  });

  it('D-10 lists a login key once, however many cells of a file give it', async () => {
    const rows = ['Band,,key9|bob|,', 'Band,,key9|bob|bob@x.example,', 'Choir,,key9|bob|,'];
    await test.import(`group,role,username,isgroup\n${rows.join('\n')}\n`, {
      settings: { idp: 'https://idp.example' },
    });
    const proposals = await listed('login');
    expect(proposals.map(({ cell, line, times }) => ({ cell, line, times }))).toEqual([
      { cell: 'key9', line: 2, times: 1 },
    ]);
    await decide(proposals[0]?.id ?? '', 'keep');
    const keys = `select 1 from identity_key where value = 'key9'`;
    expect(await test.database.rows({ text: keys })).toEqual([]);
  });

  it('is listed and decided at the command line', async () => {
    await test.import('userName,email,groups\nkim,kim@x.example,Choir\nk2,k2@x.example,Band\n');
    await test.import('group,role,username,isgroup\nBand,,kim|k2@x.example,\n');
    const commands = await openCommandLine(test.url);
    try {
      const { out } = await commands.run('conflicts', 'list', '--kind', 'identity', '--json');
      const [conflict] = JSON.parse(out) as { id: string; cell: string }[];
      expect(conflict).toMatchObject({ cell: 'kim|k2@x.example', resolution: null });
      const id = conflict?.id ?? '';
      expect((await commands.run('conflicts', 'merge', id, '--into', 'nobody')).code).toBe(2);
      expect((await commands.run('conflicts', 'merge', id, '--into', 'bob')).code).toBe(2);
      const words = ['--into', 'k2', '--reason', 'married', '--json'];
      expect(JSON.parse((await commands.run('conflicts', 'merge', id, ...words)).out)).toMatchObject({
        resolution: 'merge',
        reason: 'married',
      });
      expect(await people(`user_name in ('kim', 'k2')`)).toEqual(['k2']);
      expect((await commands.run('conflicts', 'keep', id)).code).toBe(8);
      expect((await commands.run('conflicts', 'list')).err).toBe('None.\n');
    } finally {
      await commands.close();
    }
  });
});
