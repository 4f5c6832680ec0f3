import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { governGroup, grantPermission } from '../../src/directory/governance.ts';
import { addMember } from '../../src/directory/memberships.ts';
import { createStub } from '../../src/directory/users.ts';
import type { UserRow } from '../../src/store/users.ts';
import type { Client } from '../scim/door.ts';
import { USER } from '../scim/door.ts';
import { type Doors, openDoors } from './doors.ts';

/** J-20: who gives an administrator's account another name says who signs in as it; who ends it locks somebody out. */
describe('of an account that holds a permission', () => {
  let doors: Doors;
  let okta: Client;
  let api: { readonly token: string };
  beforeAll(async () => {
    doors = await openDoors();
    okta = await doors.scim.client({ name: 'okta' });
    api = { token: await doors.tokenFor('portal', ['directory.read', 'directory.write']) };
  });
  afterAll(() => doors.close());

  const record = async (
    id: string,
  ): Promise<{ name: string; active: boolean; emails: unknown; gone: boolean }> => {
    const [row] = await doors.database.rows<{
      name: string;
      active: boolean;
      emails: unknown;
      gone: boolean;
    }>(
      {
        text: `select user_name as name, active, document -> 'emails' as emails, deleted_at is not null as gone
               from users where id = $1`,
      },
      [id],
    );
    if (row === undefined) throw new Error('Nobody is there.');
    return row;
  };
  const alerts = async (id: string): Promise<readonly string[]> => {
    const text = `select details ->> 'source' || ' ' || (details ->> 'how') as told from alert
                  where kind = 'administrator.ended' and subject = $1`;
    return (await doors.database.rows<{ told: string }>({ text }, [id])).map(({ told }) => told);
  };
  /** An administrator whom Okta provisions. */
  const provisioned = async (userName: string): Promise<string> => {
    const id = ((await okta.send('POST', '/Users', { schemas: [USER], userName })).body as { id: string }).id;
    await doors.do((work) => grantPermission(work, { user: id as UserRow['id'], permission: 'admin' }));
    return id;
  };
  const named = { op: 'replace', path: 'userName', value: 'mallory' };
  const renames = [
    named,
    { op: 'add', path: 'emails', value: [{ value: 'mallory@example.org' }] },
    { op: 'replace', path: 'emails', value: [{ value: 'mallory@example.org', primary: true }] },
  ];

  it('J-20: no client changes userName or e-mails, over SCIM or the API, its own account or not', async () => {
    const [own, other] = [await provisioned('a.own'), (await doors.holder('a.other', 'users.manage')).id];
    const before = await doors.picture();
    for (const id of [own, other]) {
      const was = await record(id);
      for (const operation of renames) {
        const { status, body } = await okta.patch(`/Users/${id}`, operation);
        expect({ operation, status }).toEqual({ operation, status: 403 });
        expect((body as { detail: string }).detail).toContain('only an administrator');
      }
      const put = { schemas: [USER], userName: 'mallory' };
      expect((await okta.send('PUT', `/Users/${id}`, put)).status).toBe(403);
      const bulk = await okta.send('POST', '/Bulk', {
        schemas: ['urn:ietf:params:scim:api:messages:2.0:BulkRequest'],
        Operations: [
          {
            method: 'PATCH',
            path: `/Users/${id}`,
            data: { schemas: ['urn:ietf:params:scim:api:messages:2.0:PatchOp'], Operations: [named] },
          },
        ],
      });
      expect((bulk.body as { Operations: readonly { status: string }[] }).Operations[0]?.status).toBe('403');
      for (const body of [
        { userName: 'mallory' },
        { attributes: { emails: [{ value: 'mallory@example.org' }] } },
      ])
        expect(await doors.ask('PATCH', `/users/${id}`, { ...api, body })).toMatchObject({
          status: 403,
          body: { code: 'user.protected' },
        });
      expect(await record(id)).toEqual(was);
    }
    expect(await doors.picture()).toBe(before);
  });

  it('J-20: what names nobody is written by every client, and an administrator’s token names anew', async () => {
    const id = await provisioned('b.own');
    const title = { op: 'replace', path: 'title', value: 'Head of all' };
    expect((await okta.patch(`/Users/${id}`, title)).status).toBeLessThan(300);
    const link = { op: 'replace', path: 'externalId', value: '00u1' };
    expect((await okta.patch(`/Users/${id}`, link)).status).toBeLessThan(300);
    const renamed = await doors.ask('PATCH', `/users/${id}`, { body: { userName: 'b.married' } });
    expect(renamed.status).toBe(200);
  });

  it('D-07: who provisions the account ends it when a person leaves, and may take that back; people are told', async () => {
    const id = await provisioned('c.leaver');
    const activity = (value: boolean) => okta.patch(`/Users/${id}`, { op: 'replace', path: 'active', value });
    expect((await activity(false)).status).toBeLessThan(300);
    expect(await alerts(id)).toEqual(['okta deactivated']);
    expect((await activity(true)).status).toBeLessThan(300);
    await doors.ask('PATCH', `/users/${id}`, { body: { active: false } });
    expect((await activity(true)).status).toBe(403);
    expect((await record(id)).active).toBe(false);
    expect((await okta.send('DELETE', `/Users/${id}`)).status).toBe(204);
    expect((await record(id)).gone).toBe(true);
  });

  it('J-20: who does not provision it can neither deactivate nor delete it, until it has linked it', async () => {
    const admin = await doors.holder('d.admin', 'admin');
    const end = { op: 'replace', path: 'active', value: false };
    expect((await okta.patch(`/Users/${admin.id}`, end)).status).toBe(403);
    expect((await okta.send('DELETE', `/Users/${admin.id}`)).status).toBe(403);
    expect((await doors.ask('DELETE', `/users/${admin.id}`, api)).status).toBe(403);
    expect(await record(admin.id)).toMatchObject({ active: true, gone: false });
    expect(await alerts(admin.id)).toEqual([]);
    await okta.patch(`/Users/${admin.id}`, { op: 'add', path: 'externalId', value: '00u2' });
    expect((await okta.send('DELETE', `/Users/${admin.id}`)).status).toBe(204);
    expect(await alerts(admin.id)).toEqual(['okta deleted']);
  });

  it('J-20: where the group that gives the permission trusts the client, the account is the client’s', async () => {
    const [trusting, inner] = [
      await doors.make('e.admins', {}, { permissions: ['admin'], trustedSources: ['okta'] }),
      await doors.make('e.auditors', {}, { permissions: ['audit.read'] }),
    ];
    const user = await doors.user('e.trusted');
    await doors.put(trusting, user);
    const rename = (value: string) =>
      okta.patch(`/Users/${user.id}`, { op: 'replace', path: 'userName', value });
    expect((await rename('e.renamed')).status).toBeLessThan(300);
    await doors.put(inner, user);
    expect((await rename('e.again')).status).toBe(403);
    await doors.do((work) => governGroup(work, { group: inner.id, trustedSources: ['okta'], at: 'change' }));
    expect((await rename('e.again')).status).toBeLessThan(300);
  });

  it('J-20: a stub that holds more becomes the user of its userName, never one that shares its e-mail', async () => {
    const admins = await doors.make('f.admins', {}, { permissions: ['admin'] });
    const email = (value: string) => ({ emails: [{ value }] });
    const [named, mailed] = await doors.do(async (work) => {
      const byName = await createStub(work, { userName: 'f.named', document: {} });
      const byMail = await createStub(work, { userName: null, document: email('f@example.org') });
      for (const { id } of [byName, byMail]) await addMember(work, { group: admins.id, member: id });
      return [byName, byMail];
    });
    const thief = { schemas: [USER], userName: 'mallory', ...email('f@example.org') };
    expect((await okta.send('POST', '/Users', thief)).status).toBe(403);
    expect((await record(mailed.id)).name).toBeNull();
    const made = await okta.send('POST', '/Users', { schemas: [USER], userName: 'f.named' });
    expect([made.status, (made.body as { id: string }).id]).toEqual([201, named.id]);
  });

  it('J-20: a file changes neither; what it states is listed for an administrator to decide', async () => {
    const admin = await doors.holder('g.admin', 'admin');
    await doors.ask('PATCH', `/users/${admin.id}`, {
      body: { attributes: { emails: [{ value: 'g@example.org' }] } },
    });
    const was = await record(admin.id);
    const { state, rows } = await doors.file(
      'userName,email,title,active\ng.admin,mallory@example.org,Boss,false\ng.other,o@example.org,Clerk,true\n',
    );
    expect({ state, rows }).toEqual({ state: 'applied', rows: ['applied', 'applied'] });
    expect(await record(admin.id)).toEqual(was);
    const drifts = await doors.database.rows<{ id: string; attribute: string }>(
      {
        text: `select d.id, d.attribute from disagreement d join users u on u.n = any(d.users)
               where u.id = $1 and d.state = 'open' order by 2`,
      },
      [admin.id],
    );
    expect(drifts.map(({ attribute }) => attribute)).toEqual(['active', 'emails']);
    const mail = drifts.find(({ attribute }) => attribute === 'emails')?.id ?? '';
    const decided = await doors.ask('POST', `/conflicts/${mail}/resolve`, {
      body: { resolution: 'merge', reason: 'she said so' },
    });
    expect(decided.status).toBe(200);
    expect((await record(admin.id)).emails).toMatchObject([{ value: 'mallory@example.org' }]);
  });

  it('J-20: a file that knows the account ends it; one that does not is refused', async () => {
    const stranger = await doors.holder('h.stranger', 'admin');
    const deletion = await doors.file('userName,action\nh.stranger,delete\n', { source: 'csv' });
    expect(deletion.rows).toEqual(['user.protected']);
    expect(await record(stranger.id)).toMatchObject({ active: true, gone: false });
    await doors.file('userName,externalId\nh.known,1\n');
    const known = await doors.database.rows<{ id: UserRow['id'] }>({
      text: `select id from users where user_name = 'h.known'`,
    });
    const id = known[0]?.id ?? stranger.id;
    await doors.do((work) => grantPermission(work, { user: id, permission: 'admin' }));
    expect((await doors.file('userName,externalId\nh.renamed,1\n')).rows).toEqual(['unchanged']);
    expect((await record(id)).name).toBe('h.known');
    expect((await doors.file('userName,active\nh.known,false\n')).rows).toEqual(['applied']);
    expect(await alerts(id)).toEqual(['csv deactivated']);
    expect((await doors.file('userName,active\nh.known,true\n')).rows).toEqual(['applied']);
    expect((await doors.file('userName,action\nh.known,delete\n')).rows).toEqual(['applied']);
    expect(await record(id)).toMatchObject({ gone: true });
  });

  it('D-10: no file gives it a login key, not even one that may bind them', async () => {
    const idp = 'https://uni.example.org/metadata';
    const admin = await doors.holder('i.admin', 'admin');
    const admins = await doors.make('i.admins', {}, { permissions: ['admin'] });
    await doors.do(async (work) => {
      const stub = await createStub(work, { userName: 'i.stub', document: {} });
      await addMember(work, { group: admins.id, member: stub.id });
      await createStub(work, { userName: 'i.plain stub', document: {} });
    });
    await doors.file('userName,targetedId\ni.admin,t-mallory\ni.plain,t-plain\n', {
      settings: { loginKeys: 'bind', idp },
    });
    await doors.file(
      'group,role,username,isgroup,action\ni.group,,t-thief|i.stub|,,\ni.group,,t-fine|i.plain stub|,,\n',
      {
        settings: { loginKeys: 'bind', idp },
      },
    );
    const keys = await doors.database.rows<{ name: string }>({
      text: `select u.user_name as name from identity_key k join users u on u.n = k.user_n
             where kind = 'targetedId' order by 1`,
    });
    expect(keys.map(({ name }) => name)).toEqual(['i.plain', 'i.plain stub']);
    const proposed = await doors.database.rows<{ name: string }>({
      text: `select u.user_name as name from disagreement d join users u on u.n = any(d.users)
             where d.kind = 'login' and d.state = 'open' order by 1`,
    });
    expect(proposed.map(({ name }) => name)).toEqual(['i.admin', 'i.stub']);
    expect((await record(admin.id)).name).toBe('i.admin');
  });
});
