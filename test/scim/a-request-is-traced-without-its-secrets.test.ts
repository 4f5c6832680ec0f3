import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { matches } from '../../src/core/scim/filter-evaluate.ts';
import { parseFilter } from '../../src/core/scim/filter-parse.ts';
import { spellFilter } from '../../src/core/scim/filter-spell.ts';
import { keepable, keepableQuery, secretNames, type Trace } from '../../src/core/scim/trace.ts';
import type { SourceN } from '../../src/core/ids.ts';
import { RequestTraces, type TracedRequest } from '../../src/sources/scim/request-traces.ts';
import { noTraceNotes } from '../../src/sources/scim/trace-notes.ts';
import { findClient } from '../../src/store/clients.ts';
import { listTraces, pruneTraces, type TraceRow } from '../../src/store/scim/traces.ts';
import { GROUP, idIn, openDoor, type TestDoor, USER } from './door.ts';
import { auto, registry } from './support.ts';

let door: TestDoor;
beforeAll(async () => {
  door = await openDoor();
});
afterAll(() => door.close());

const SECRET = 'correct-horse-battery';
const secrets = secretNames(registry);

async function tracesOf(
  name: string,
  outcome: 'done' | 'refused' | null = null,
): Promise<readonly TraceRow[]> {
  await door.flushTraces();
  const client = await findClient(door.database, name);
  const source = client?.source_n;
  if (source === undefined) throw new Error(`There is no client ${name}.`);
  return listTraces(door.database, { source, outcome, before: null, limit: 1_000 });
}

async function lastOf(name: string): Promise<Trace & Pick<TraceRow, 'status' | 'method'>> {
  const [row] = await tracesOf(name);
  if (row === undefined) throw new Error('There is no trace.');
  return { ...row.trace, status: row.status, method: row.method };
}

describe('A trace', () => {
  it('says what was received, what was understood, what was mended, and what changed', async () => {
    const client = await door.client({ name: 'traced' });
    const made = await client.send('POST', '/Users', {
      schemas: [USER],
      userName: 'ann@x.test',
      active: 'True',
      colour: 'red',
    });
    expect(await lastOf('traced')).toMatchObject({
      method: 'POST',
      status: 201,
      received: { body: { active: 'True', colour: 'red' } },
      normalised: [{ userName: 'ann@x.test', active: true }],
      notes: [
        { path: 'active', what: 'coerced' },
        { path: 'colour', what: 'dropped' },
      ],
      changed: [{ type: 'user.created', user: idIn(made) }],
    });
    await client.patch(`/Users/${idIn(made)}`, { op: 'Replace', value: { 'name.givenName': 'Ann' } });
    expect(await lastOf('traced')).toMatchObject({
      normalised: [[{ op: 'replace', path: 'name.givenName', value: 'Ann' }]],
      changed: [{ type: 'user.updated', before: {}, after: { name: { givenName: 'Ann' } } }],
    });
    const group = await client.send('POST', '/Groups', {
      schemas: [GROUP],
      displayName: 'Traced',
      members: [{ value: idIn(made) }],
    });
    expect((await lastOf('traced')).changed).toMatchObject([
      { type: 'group.created', group: idIn(group) },
      { type: 'membership.direct', group: idIn(group), added: [idIn(made)], addedTotal: 1 },
    ]);
  });

  it('says how a filter was read, and what of it only a lenient profile takes', async () => {
    const client = await door.client({ name: 'filtering' });
    await client.send('GET', '/Users?filter=USERNAME+eq+ann%40x.test');
    const lenient = await lastOf('filtering');
    expect(lenient.normalised).toEqual([{ type: 'User', filter: 'userName eq "ann@x.test"' }]);
    expect(lenient.notes).toMatchObject([{ path: 'filter', what: 'coerced' }]);
    await client.send('GET', '/Users?filter=userName+eq+%22ann%40x.test%22');
    expect((await lastOf('filtering')).notes).toEqual([]);
  });

  it('of a refused request says why, and is found among the refused ones', async () => {
    const client = await door.client({ name: 'refused' });
    await client.send('GET', '/Users?count=0');
    await client.send('POST', '/Users', { schemas: [USER] });
    await client.send('GET', '/Users?filter=nonsense');
    const refused = await tracesOf('refused', 'refused');
    expect(refused.map(({ status, trace }) => [status, trace.answered.scimType])).toEqual([
      [400, 'invalidFilter'],
      [400, 'invalidValue'],
    ]);
    expect(refused.every(({ trace }) => trace.changed.length === 0)).toBe(true);
    expect(await tracesOf('refused', 'done')).toHaveLength(1);
  });

  it('of a Bulk holds what became of each operation', async () => {
    const client = await door.client({ name: 'bulk' });
    await client.send('POST', '/Bulk', {
      schemas: ['urn:ietf:params:scim:api:messages:2.0:BulkRequest'],
      Operations: [1, 2].map((at) => ({
        method: 'POST',
        path: '/Users',
        bulkId: `b${at}`,
        data: { schemas: [USER], userName: `bulk${at}@x.test`, password: SECRET },
      })),
    });
    const trace = await lastOf('bulk');
    expect(trace.normalised).toHaveLength(2);
    expect(trace.changed).toHaveLength(2);
    expect(JSON.stringify(trace)).not.toContain(SECRET);
  });

  it('holds no password, token or Authorization header, whichever way they come', async () => {
    const client = await door.client({ name: 'secretive' });
    const user = idIn(
      await client.send('POST', '/Users', { schemas: [USER], userName: 'bob@x.test', password: SECRET }),
    );
    const bodies = [
      [{ op: 'replace', path: 'password', value: SECRET }],
      [{ op: 'replace', value: { password: SECRET } }],
      [{ op: 'Replace', path: `${USER}:PassWord`, value: [SECRET] }],
      [{ OP: 'replace', PATH: 'password', VALUE: SECRET }],
      [{ op: 'replace', path: `emails[password eq "${SECRET}"].value`, value: 'x' }],
      [{ op: 'replace', path: 'password', value: 12_345_678 }],
      [{ op: 'replace', path: 'displayName', value: `my token is ${client.token}` }],
    ];
    for (const operations of bodies) await client.patch(`/Users/${user}`, ...operations);
    await client.send('GET', `/Users?filter=${encodeURIComponent(`password eq "${SECRET}"`)}`);
    await client.send('GET', `/Users?access_token=${client.token}`);
    await client.send('POST', '/Users/.search', { filter: `password eq "${SECRET}"` });
    await client.send('PUT', `/Users/${user}`, `{"password":"${SECRET}"` as never);
    await client.send('GET', '/Users?filter=password+eq+hunter2hunter2');
    const text = JSON.stringify(await tracesOf('secretive'));
    expect(text).toContain('bob@x.test');
    for (const secret of [SECRET, '12345678', 'hunter2', client.token, client.token.slice(0, 24)]) {
      expect(text).not.toContain(secret);
    }
  });

  it('stays small whatever is sent', async () => {
    const client = await door.client({ name: 'large' });
    const members = Array.from({ length: 5_000 }, () => ({ value: '6f9619ff-8b86-4d01-b42d-00cf4fc964ff' }));
    await client.send('POST', '/Groups', { schemas: [GROUP], displayName: 'x'.repeat(10_000), members });
    const [row] = await tracesOf('large');
    expect(JSON.stringify(row).length).toBeLessThan(20_000);
  });

  it('is kept of the newest requests only, of refused ones apart', async () => {
    const client = await door.client({ name: 'busy' });
    await client.send('GET', '/Users?filter=nonsense');
    await client.send('GET', '/Users?count=0');
    await door.flushTraces();
    await door.database.rows({
      text: `insert into request_trace (source_n, at, request_id, method, path, status, milliseconds, trace)
             select source_n, now(), 'copy', method, path, status, 0, trace from request_trace, generate_series(1, 700)
             where request_id <> 'copy' and source_n = (select n from source where name = 'busy')`,
    });
    await door.database.rows({
      text: `insert into request_trace (source_n, at, request_id, method, path, status, milliseconds, trace)
             select n, now() - interval '8 days', 'old', 'GET', '/', 200, 0, '{}' from source where name = 'busy'`,
    });
    await pruneTraces(door.database);
    expect(await tracesOf('busy', 'done')).toHaveLength(500);
    expect(await tracesOf('busy', 'refused')).toHaveLength(500);
    expect((await tracesOf('busy')).some(({ request_id }) => request_id === 'old')).toBe(false);
  });

  it('is left out for a client that sends very much, and of others kept', async () => {
    const traces = new RequestTraces({
      ...{ database: door.database, registry },
      onFault: (error) => {
        throw error;
      },
    });
    const request = async (name: string): Promise<TracedRequest> => {
      await door.client({ name });
      return {
        ...noTraceNotes(),
        source: (await findClient(door.database, name))?.source_n ?? (0 as SourceN),
        profile: auto,
        at: new Date(),
        requestId: 'r',
        method: 'GET',
        path: '/Users',
        query: new Map(),
        body: null,
        status: 200,
        milliseconds: 1,
        answered: {},
      };
    };
    const flooding = await request('flooding');
    for (let sent = 0; sent < 300; sent += 1) traces.record(flooding);
    for (let sent = 0; sent < 300; sent += 1) traces.record({ ...flooding, method: 'PATCH', requestId: 'w' });
    traces.record(await request('quiet'));
    await traces.stop();
    const kept = await tracesOf('flooding');
    expect(kept).toHaveLength(200);
    expect(kept.filter(({ request_id }) => request_id === 'w')).toHaveLength(150);
    expect(await tracesOf('quiet')).toHaveLength(1);
  });
});

describe('What may be kept of a value', () => {
  it('has none of the secrets in it, at any depth, and never fails', () => {
    const hide = fc.letrec((tie) => ({
      node: fc.oneof(
        { maxDepth: 5 },
        fc.jsonValue(),
        fc.dictionary(fc.string(), tie('node')),
        fc.record({ password: fc.constant(SECRET), rest: tie('node') }),
        fc.record({ path: fc.constantFrom('password', 'PASSWORD'), value: fc.constant({ x: SECRET }) }),
        fc.array(tie('node')),
      ),
    })).node;
    fc.assert(
      fc.property(hide, (value) => {
        expect(JSON.stringify(keepable(value as never, secrets))).not.toContain(SECRET);
      }),
    );
    expect(keepableQuery(new Map([['filter', `x.password eq "${SECRET}"`]]), secrets)).toEqual({
      filter: '[removed]',
    });
  });

  it('spells filters so that they read the same again', () => {
    const user = { userName: 'ann', active: true, emails: [{ type: 'work', value: 'a@x.test' }] };
    for (const text of [
      'userName eq "ann" and not (active eq false or emails pr)',
      'emails[type eq "work" and value co "x.test"]',
      'meta.created gt "2020-01-01T00:00:00Z" or urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager.value eq "\\"q\\""',
    ]) {
      const filter = parseFilter(registry.user, text, auto);
      const again = parseFilter(registry.user, spellFilter(filter), auto);
      expect(spellFilter(again)).toBe(spellFilter(filter));
      expect(matches(again, user)).toBe(matches(filter, user));
    }
  });
});
