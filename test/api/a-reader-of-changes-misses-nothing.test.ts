import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createCursors } from '../../src/core/cursor.ts';
import { forgetCuts } from '../../src/store/effective/feed-cuts.ts';
import { dropLogPartitions } from '../../src/store/log-partitions.ts';
import { eventually } from '../support/eventually.ts';
import { untilCut } from '../effective/living-directory.ts';
import { type Answered, type ApiServer, startApi } from './api-server.ts';

describe('the change log over /api/v1', () => {
  let api: ApiServer;
  beforeAll(async () => {
    api = await startApi();
  });
  afterAll(async () => {
    await api.close();
    expect(api.faults).toEqual([]);
  });

  const now = async (): Promise<string> => (await api.ask('GET', '/changes?after=now')).body.cursor;
  const put = (group: string, user: string): Promise<Answered> =>
    api.ask('PUT', `/groups/${group}/members/users/${user}`);

  it('tells a write, then who joined because of it, by the cursor that the write was answered (P-05, D-41)', async () => {
    const [ada, inner] = [await api.user('ada'), await api.group('inner')];
    const outer = await api.group('outer', inner);
    await untilCut(api.database);
    const start = await now();
    const written = (await put(inner.id, ada.id)).headers.get('Muster-Cursor');
    const { body } = await eventually(async () => {
      const answer = await api.ask('GET', `/changes?after=${start}`);
      expect(answer.body.changes).toHaveLength(3);
      return answer;
    });
    expect(body.changes[0]).toMatchObject({
      cursor: written,
      type: 'membership.direct',
      actor: { kind: 'client', id: 'tests' },
      source: 'tests',
      origin: { kind: 'request' },
      group: { id: inner.id, name: 'inner' },
      added: [{ type: 'user', id: ada.id }],
      removed: [],
    });
    const effective = body.changes.slice(1);
    expect(effective.map((change: { group: { name: string } }) => change.group.name).sort()).toEqual([
      'inner',
      'outer',
    ]);
    for (const change of effective) {
      expect(change).toMatchObject({
        type: 'membership.effective',
        joined: [ada.id],
        left: [],
        part: 1,
        parts: 1,
        causes: [written],
        causesTotal: 1,
      });
    }
    expect(body).toMatchObject({ cursor: body.changes.at(-1).cursor, more: false });
    const rest = await api.ask('GET', `/changes?after=${written ?? ''}`);
    expect(rest.body.changes).toEqual(effective);
    expect(outer.id).not.toBe(inner.id);
  });

  it('pages so that no entry is lost or repeated, whatever the size of the page (P-01)', async () => {
    const group = await api.group('paged');
    for (const n of [0, 1, 2, 3, 4]) await put(group.id, (await api.user(`paged ${n}`)).id);
    await untilCut(api.database);
    const whole = (await api.ask('GET', '/changes?limit=1000')).body.changes;
    for (const limit of [1, 2, 7]) {
      const seen: unknown[] = [];
      let page = (await api.ask('GET', `/changes?limit=${limit}`)).body;
      seen.push(...page.changes);
      while (page.more === true) {
        page = (await api.ask('GET', `/changes?limit=${limit}&after=${page.cursor}`)).body;
        seen.push(...page.changes);
      }
      expect(seen).toEqual(whole);
    }
  });

  it('wakes a reader that waits', async () => {
    const group = await api.group('awaited');
    await untilCut(api.database);
    const waiting = api.ask('GET', `/changes?after=${await now()}&wait=30`);
    await put(group.id, (await api.user('awaited')).id);
    expect((await waiting).body.changes.length).toBeGreaterThan(0);
  });

  it('filters by type and group; a quiet filter still moves on; its cursor is good for it alone (P-02)', async () => {
    const [group, other] = [await api.group('watched'), await api.group('not watched')];
    await untilCut(api.database);
    const start = await now();
    await put(other.id, (await api.user('elsewhere')).id);
    await untilCut(api.database);
    const quiet = (await api.ask('GET', `/changes?after=${start}&group=${group.id}`)).body;
    expect(quiet.changes).toEqual([]);
    expect(quiet.cursor).not.toBe(start);
    await put(group.id, (await api.user('here')).id);
    await untilCut(api.database);
    const heard = await api.ask('GET', `/changes?after=${quiet.cursor}&group=${group.id}`);
    expect(heard.body.changes.map(({ type }: { type: string }) => type)).toEqual([
      'membership.direct',
      'membership.effective',
    ]);
    const family = await api.ask('GET', `/changes?after=${start}&type=user.*,bookmark`);
    expect(family.body.changes.map(({ type }: { type: string }) => type)).toEqual([
      'user.created',
      'user.created',
    ]);
    expect(await api.ask('GET', `/changes?after=${quiet.cursor}`)).toMatchObject({
      status: 400,
      body: { code: 'cursor.unreadable' },
    });
  });

  it('answers 400 to a cursor that is not ours, and 410 with a way on to one of another epoch (P-01)', async () => {
    const foreign = createCursors(api.masterKey, '11111111-1111-4111-8111-111111111111').seal({
      kind: 'end',
      batch: 1,
    });
    expect(await api.ask('GET', '/changes?after=nonsense')).toMatchObject({
      status: 400,
      body: { code: 'cursor.unreadable' },
    });
    expect(await api.ask('GET', `/changes?after=${foreign}`)).toMatchObject({
      status: 410,
      body: { code: 'cursor.expired', snapshot: 'http://localhost/api/v1/snapshot' },
    });
    expect(await api.ask('GET', '/changes?type=weather')).toMatchObject({
      status: 400,
      body: { code: 'request.invalid' },
    });
    expect((await api.ask('GET', '/changes?wait=61')).status).toBe(400);
  });

  it('answers 410 to a place that the log has not come to: the database was set back (P-01)', async () => {
    const beyond = api.cursors.seal({ kind: 'row', xid: String(2n ** 40n), seq: 1 });
    const behindAll = api.cursors.seal({ kind: 'end', batch: 2 ** 31 });
    for (const cursor of [beyond, behindAll]) {
      expect(await api.ask('GET', `/changes?after=${cursor}`)).toMatchObject({
        status: 410,
        body: { code: 'cursor.expired', snapshot: 'http://localhost/api/v1/snapshot' },
      });
    }
  });

  it('answers 410 once what follows a cursor is past its keeping, and goes on from what is kept (P-06)', async () => {
    const [group, old] = [await api.group('kept'), await now()];
    const written = (await put(group.id, (await api.user('of old')).id)).headers.get('Muster-Cursor') ?? '';
    await untilCut(api.database);
    const since = await now();
    await api.database.rows({ text: "update feed_batch set at = at - interval '31 days'" });
    await put(group.id, (await api.user('of late')).id);
    await untilCut(api.database);
    await forgetCuts(api.database, 30);
    for (const cursor of [old, written]) {
      expect(await api.ask('GET', `/changes?after=${cursor}`)).toMatchObject({
        status: 410,
        body: { code: 'cursor.expired', snapshot: 'http://localhost/api/v1/snapshot' },
      });
    }
    const types = async (query: string): Promise<string[]> =>
      (await api.ask('GET', `/changes${query}`)).body.changes.map(({ type }: { type: string }) => type);
    expect(await types(`?after=${since}`)).toEqual([
      'user.created',
      'membership.direct',
      'membership.effective',
    ]);
    expect(await types('')).toEqual(await types(`?after=${since}`));
  });

  it('drops months of the log that are past their keeping, and what they said of persons', async () => {
    await api.database.rows({
      text: `create table change_2020_03 partition of change for values from ('2020-03-01Z') to ('2020-04-01Z')`,
    });
    await api.database.rows({
      text: `with c as (
               insert into change (at, type, user_n, actor_kind, actor_id)
               values ('2020-03-05Z', 'user.created', 1, 'system', 'x') returning seq)
             insert into change_personal (seq, user_n, after) select seq, 1, '{"userName":"of 2020"}' from c`,
    });
    const months = async () =>
      api.database.rows({
        text: `select to_regclass('change_2020_03')::text as month,
        exists (select from change_personal where after->>'userName' = 'of 2020') as told`,
      });
    await dropLogPartitions(api.database, new Date('2020-03-31T00:00:00Z'));
    expect(await months()).toEqual([{ month: 'change_2020_03', told: true }]);
    await dropLogPartitions(api.database, new Date('2020-04-01T00:00:00Z'));
    expect(await months()).toEqual([{ month: null, told: false }]);
  });

  it('answers no read behind the write of atLeast (P-05)', async () => {
    const [group, user] = [await api.group('at least'), await api.user('at least')];
    const written = (await put(group.id, user.id)).headers.get('Muster-Cursor') ?? '';
    for (const path of [`/groups/${group.id}/members?effective=true&`, `/users/${user.id}/groups?`]) {
      const answer = await api.ask('GET', `${path}atLeast=${written}`);
      expect(answer.status).toBe(200);
      expect(JSON.stringify(answer.body)).toContain(path.startsWith('/groups') ? user.id : group.id);
    }
    const told = await api.ask(
      'GET',
      `/changes?after=${written}&type=membership.effective&atLeast=${written}`,
    );
    expect(told.body.changes).toMatchObject([
      { joined: [user.id], causes: expect.arrayContaining([written]) },
    ]);
    expect((await api.ask('GET', '/users?atLeast=nonsense')).status).toBe(400);
    expect((await api.ask('POST', `/check?atLeast=${written}`, { body: { checks: [] } })).status).toBe(200);
  });

  it('gives the snapshot and its tail as one story (P-03)', async () => {
    const [early, late] = [await api.user('early'), await api.user('late')];
    const group = await api.group('story', early);
    await untilCut(api.database);
    const lines = (await api.ask('GET', '/snapshot')).body
      .trim()
      .split('\n')
      .map((line: string) => JSON.parse(line));
    const [start, end] = [lines[0], lines.at(-1)];
    expect(start).toMatchObject({ kind: 'start', cursor: end.cursor });
    expect(lines.find(({ id }: { id?: string }) => id === group.id)).toEqual({
      kind: 'group',
      id: group.id,
      name: 'story',
      members: [early.id],
      part: 1,
      parts: 1,
    });
    expect(end).toMatchObject({ kind: 'end', groups: lines.length - 2 });
    const written = (await put(group.id, late.id)).headers.get('Muster-Cursor') ?? '';
    const after = await eventually(async () => {
      const answer = await api.ask('GET', `/changes?type=membership.effective&after=${end.cursor}`);
      expect(answer.body.changes).toHaveLength(1);
      return answer.body.changes[0];
    });
    expect(after).toMatchObject({ group: { id: group.id }, joined: [late.id], left: [] });
    const again = (await api.ask('GET', `/snapshot?atLeast=${written}`)).body;
    expect(again).toContain(late.id);
  });

  it('writes lines with a bookmark at the end, and streams events that can be resumed', async () => {
    const group = await api.group('streamed');
    await untilCut(api.database);
    const start = await now();
    await put(group.id, (await api.user('streamed')).id);
    await untilCut(api.database);
    const lines = (
      await api.ask('GET', `/changes?after=${start}`, { headers: { Accept: 'application/x-ndjson' } })
    ).body
      .trim()
      .split('\n')
      .map((line: string) => JSON.parse(line));
    expect(lines.at(-1)).toMatchObject({ type: 'bookmark', more: false });

    const first = await events(start, 3);
    expect(first.map(({ event }) => event)).toEqual([
      'user.created',
      'membership.direct',
      'membership.effective',
    ]);
    expect(first.map(({ data }) => data)).toEqual(lines.slice(0, -1));
    const resumed = await events(first[0]?.id ?? '', 2);
    expect(resumed).toEqual(first.slice(1));
  });

  interface Event {
    readonly id: string;
    readonly event: string;
    readonly data: unknown;
  }

  /** The first so many events of a stream that goes on from a cursor. */
  async function events(lastEventId: string, count: number): Promise<Event[]> {
    const answer = await fetch(`${api.address}/changes`, {
      headers: {
        Authorization: `Bearer ${api.token}`,
        Accept: 'text/event-stream',
        'Last-Event-ID': lastEventId,
      },
    });
    const found: Event[] = [];
    let text = '';
    for await (const chunk of answer.body ?? []) {
      text += Buffer.from(chunk).toString();
      const whole = text.split('\n\n');
      text = whole.pop() ?? '';
      for (const block of whole.filter((one) => one.startsWith('id:'))) {
        const fields = new Map(
          block.split('\n').map((line) => line.split(/: (.*)/s).slice(0, 2) as [string, string]),
        );
        found.push({
          id: fields.get('id') ?? '',
          event: fields.get('event') ?? '',
          data: JSON.parse(fields.get('data') ?? ''),
        });
      }
      if (found.length >= count) break;
    }
    return found.slice(0, count);
  }
});
