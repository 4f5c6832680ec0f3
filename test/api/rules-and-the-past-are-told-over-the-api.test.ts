import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { eventually } from '../support/eventually.ts';
import { type ApiServer, startApi } from './api-server.ts';

describe('automatic groups and the past over /api/v1', () => {
  let api: ApiServer;
  beforeAll(async () => {
    api = await startApi();
  });
  afterAll(async () => {
    await api.close();
    expect(api.faults).toEqual([]);
  });

  const idOf = async (path: string, body: object): Promise<string> => {
    const answer = await api.ask('POST', path, { body });
    expect([answer.status, answer.body]).toEqual([201, expect.anything()]);
    return String(answer.body.id);
  };
  const person = (userName: string, title: string) => idOf('/users', { userName, attributes: { title } });
  const membersOf = async (group: string, query = 'effective=true'): Promise<string[]> => {
    const { status, body } = await api.ask('GET', `/groups/${group}/members?${query}`);
    expect([status, body.code]).toEqual([200, undefined]);
    return body.members.map(({ id }: { id: string }) => id);
  };

  it('makes a rule group, keeps it, explains it, and edits it by the difference (D-15)', async () => {
    const [ann, ben] = [await person('ann', 'cook'), await person('ben', 'waiter')];
    const rule = 'title eq "Cook" and active eq true';
    const created = await api.ask('POST', '/groups', { body: { name: 'kitchen', rule } });
    expect(created).toMatchObject({ status: 201, body: { kind: 'rule', rule } });
    const group = String(created.body.id);
    expect(await membersOf(group)).toEqual([ann]);
    await api.ask('PATCH', `/users/${ben}`, { body: { attributes: { title: 'cook' } } });
    expect(await membersOf(group)).toEqual([ann, ben]);
    await api.ask('PATCH', `/users/${ann}`, { body: { active: false } });
    expect(await membersOf(group)).toEqual([ben]);

    const why = await api.ask('GET', `/groups/${group}/members/${ben}/explanation`);
    expect(why.body.tree.via).toMatchObject([{ kind: 'direct', rule, sources: [{ source: 'system' }] }]);
    expect(why.body.endedBy).toEqual([
      { remove: { group, member: { type: 'user', id: ben } }, automatic: true },
    ]);
    const whyNot = await api.ask('GET', `/groups/${group}/members/${ann}/explanation`);
    expect(whyNot.body).toMatchObject({
      member: false,
      tree: null,
      whyNot: [{ reason: 'inactive' }, { reason: 'rule_term', nearest: [], terms: ['active eq true'] }],
    });

    const path = `/groups/${group}`;
    const patched = await api.ask('PATCH', path, { body: { rule: 'title eq "cook"' } });
    expect(patched).toMatchObject({ status: 200, body: { kind: 'rule', rule: 'title eq "cook"' } });
    expect(await membersOf(group, '')).toEqual([ann, ben]);
    for (const [body, status, code] of [
      [{ rule: 'groups pr' }, 400, 'filter.invalid'],
      [{ rule: 'title eq' }, 400, 'filter.invalid'],
      [{ name: 'affiliation.cook' }, 400, 'group.invalid'],
    ] as const) {
      expect(await api.ask('PATCH', path, { body })).toMatchObject({ status, body: { code } });
    }
    const put = await api.ask('PUT', `${path}/members/users/${ann}`);
    expect(put).toMatchObject({ status: 409, body: { code: 'group.automatic' } });
    await eventually(async () => {
      const { body } = await api.ask('GET', `/changes?type=membership.effective&group=${group}`);
      const moved = body.changes.flatMap(({ joined, left }: { joined: string[]; left: string[] }) => [
        joined,
        left,
      ]);
      expect(moved.flat()).toEqual(expect.arrayContaining([ann, ben]));
    });
  });

  it('lets only administrators name a group for an affiliation (D-16)', async () => {
    const token = await api.tokenFor('plain', ['directory.read', 'directory.write']);
    const body = { name: 'Affiliation.Student' };
    expect(await api.ask('POST', '/groups', { body, token })).toMatchObject({
      status: 403,
      body: { code: 'group.name_reserved' },
    });
    expect(await api.ask('POST', '/groups', { body })).toMatchObject({
      status: 201,
      body: { kind: 'affiliation' },
    });
  });

  it('answers as of a moment, and for the difference of two (D-23)', async () => {
    const [cleo, dan] = [await person('cleo', 'x'), await person('dan', 'x')];
    const inner = await idOf('/groups', { name: 'inner' });
    const outer = await idOf('/groups', { name: 'outer' });
    await api.ask('PUT', `/groups/${inner}/members/users/${cleo}`);
    await api.ask('PUT', `/groups/${outer}/members/groups/${inner}`);
    const [row] = await api.database.rows<{ at: string }>({
      text: `select to_char(clock_timestamp() at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') as at`,
    });
    const at = row?.at ?? '';
    await api.ask('PUT', `/groups/${outer}/members/users/${dan}`);
    await api.ask('DELETE', `/groups/${inner}`);
    expect(await membersOf(outer)).toEqual([dan]);
    expect(await membersOf(outer, `effective=true&at=${at}`)).toEqual([cleo]);
    expect(await membersOf(outer, `at=${at}`)).toEqual([inner]);
    expect(await membersOf(inner, `at=${at}`)).toEqual([cleo]);
    const path = `/groups/${outer}`;
    expect((await api.ask('GET', `${path}/difference?effective=true&at=${at}`)).body.items).toEqual([
      { type: 'user', id: cleo, change: 'left' },
      { type: 'user', id: dan, change: 'joined' },
    ]);
    const turned = `${path}/difference?at=${at}&until=${new Date(Date.parse(at) - 1).toISOString()}`;
    expect(await api.ask('GET', turned)).toMatchObject({ status: 400, body: { code: 'history.unknown' } });
    const was = await api.ask('GET', `${path}/members/${cleo}/explanation?at=${at}`);
    expect(was.body).toMatchObject({
      member: true,
      at,
      tree: { via: [{ kind: 'nested', group: { id: inner } }] },
    });
    for (const moment of ['2001-01-01T00:00:00Z', '2999-01-01T00:00:00Z', 'noon']) {
      for (const question of ['/members', `/members/${cleo}/explanation`, '/difference']) {
        expect(await api.ask('GET', `${path}${question}?at=${moment}`)).toMatchObject({
          status: 400,
          body: { code: 'history.unknown' },
        });
      }
    }
  });
});
