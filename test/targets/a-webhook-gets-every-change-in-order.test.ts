import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { randomBytes } from 'node:crypto';
import { addMember, removeMember } from '../../src/directory/memberships.ts';
import { createUser } from '../../src/directory/users.ts';
import type { GroupRow } from '../../src/store/groups.ts';
import { readFeed } from '../../src/effective/feed/reader.ts';
import { listAlerts } from '../../src/store/alerts.ts';
import { historyOfTarget } from '../../src/store/screens/history.ts';
import { readLags } from '../../src/store/targets/lag.ts';
import {
  changeTarget,
  credentialsOf,
  requireTarget,
  resumeTarget,
  showTarget,
} from '../../src/targets/admin/verbs.ts';
import { showLags } from '../../src/targets/admin/lag.ts';
import { askForPush, type PushView, showPush, testTarget } from '../../src/targets/admin/pushing.ts';
import { replay, rotateSigningKey } from '../../src/targets/admin/webhooks.ts';
import { webhookCredentials } from '../../src/targets/connectors/webhook/settings.ts';
import { sharedSecret } from '../../src/targets/connectors/webhook/signature.ts';
import { untilCut } from '../effective/living-directory.ts';
import { startChild, type Child } from '../support/child-process.ts';
import { attribution } from '../support/directory.ts';
import { eventually } from '../support/eventually.ts';
import { openTestTargets, type TestTargets } from '../support/target-engine.ts';

interface Came {
  readonly accepted: readonly { id: string; type: string; data: Record<string, unknown> }[];
  readonly refused: number;
  readonly tries: readonly string[];
}

describe('a webhook target', () => {
  const secret = sharedSecret(randomBytes(32));
  let on: TestTargets;
  let receiver: Child;
  let group: GroupRow;
  let now = Date.now();

  const ask = async (path: string, body?: object): Promise<string> => {
    const init = body === undefined ? {} : { method: 'POST', body: JSON.stringify(body) };
    return (await fetch(`http://127.0.0.1:${receiver.said}${path}`, init)).text();
  };
  const came = async (): Promise<Came> => JSON.parse(await ask('/messages')) as Came;
  const joins = async (): Promise<unknown[]> =>
    (await came()).accepted
      .filter(({ type }) => type === 'membership.effective')
      .map(({ data }) => data.joined);

  /** Accepted messages about a user, each once: after a change of the target one may come again, by the same id. */
  const about = async (user: string): Promise<Came['accepted']> => {
    const { accepted } = await came();
    const named = accepted.filter(({ data }) => JSON.stringify(data).includes(user));
    return named.filter(({ id }, at) => named.findIndex((other) => other.id === id) === at);
  };

  beforeAll(async () => {
    [on, receiver] = await Promise.all([
      // A lease that a busy machine lets run out would have a message sent twice.
      openTestTargets({ world: { now: () => now, random: () => 0 }, leaseSeconds: 600 }),
      startChild(['test/support/webhook-receiver.mjs', secret], { word: 'listening' }),
    ]);
    group = await on.group('Readers');
    await on.add({
      name: 'hook',
      type: 'webhook',
      mode: 'enforce',
      settings: { url: `http://127.0.0.1:${receiver.said}/hook`, allowPrivate: true },
      credentials: { signingSecret: secret },
    });
    await eventually(async () => {
      const [row] = await on.database.rows<{ cursor: string | null }>({ text: 'select cursor from target' });
      expect(row?.cursor).not.toBeNull();
    });
  });
  afterAll(async () => {
    await on.close();
    await receiver.stop();
    expect(on.faults).toEqual([]);
  });

  it('tells who joined, signed so that the verifier of standardwebhooks accepts it', async () => {
    const user = await on.user('ada');
    await on.do((work) => addMember(work, { group: group.id, member: user.id }));
    await eventually(async () => expect(await joins()).toEqual([[user.id]]));
    const { accepted, refused } = await came();
    expect(refused).toBe(0);
    expect(accepted.map(({ type }) => type)).toEqual(['user.created', 'membership.effective']);
    expect(accepted.at(-1)?.data.group).toEqual({ id: group.id, name: 'Readers' });
  });

  it('delivers in order, each change once, when there are many', async () => {
    const users = await Promise.all(Array.from({ length: 30 }, (_, i) => on.user(`many${i}`)));
    for (const { id } of users) await on.do((work) => addMember(work, { group: group.id, member: id }));
    const told = await eventually(async () => {
      const ids = (await joins()).flat();
      expect(ids).toHaveLength(31);
      return ids;
    });
    expect(new Set(told.slice(1))).toEqual(new Set(users.map(({ id }) => id)));
    const types = ['membership.effective', 'user.*', 'group.*'];
    const log = await readFeed(on.database, { after: 'oldest', limit: 200, filter: { types, group: null } });
    const { accepted } = await came();
    const wanted = log.rows.map(({ xid, seq }) => `change_${xid}_${seq}`);
    expect(accepted.map(({ id }) => id)).toEqual(wanted.slice(-accepted.length));
  });

  it('tries its head again on the schedule, and nothing overtakes it', async () => {
    await ask('/answer', { status: 503, times: 1 });
    const before = await came();
    const [one, two] = [await on.user('first'), await on.user('second')];
    await eventually(async () => expect((await came()).tries.length).toBe(before.tries.length + 1));
    expect((await came()).accepted).toHaveLength(before.accepted.length);
    now += 5_000;
    const ids = await eventually(async () => {
      const { accepted } = await came();
      expect(accepted).toHaveLength(before.accepted.length + 2);
      return accepted.slice(-2).map(({ data }) => (data.user as { id: string }).id);
    });
    expect(ids).toEqual([one.id, two.id]);
  });

  it('says that it is down and why, and tries its head at once when a person resumes it', async () => {
    await ask('/answer', { status: 503, times: 1 });
    const user = await on.user('waited-for');
    await eventually(async () =>
      expect((await showTarget(on.targets, 'hook')).health).toMatchObject({
        ...{ state: 'down', why: expect.stringContaining('503') },
        until: expect.stringMatching(/^\d{4}-/),
      }),
    );
    expect(await about(user.id)).toEqual([]);
    await resumeTarget(on.targets, 'hook', attribution('console'));
    await eventually(async () => expect(await about(user.id)).toHaveLength(1));
    await eventually(async () =>
      expect((await showTarget(on.targets, 'hook')).health).toEqual({
        ...{ state: 'ok', why: null, until: null, since: null },
      }),
    );
  });

  it('counts what waits, tells of the message that failed and since when, and of each that was delivered', async () => {
    await ask('/answer', { status: 503 });
    const [first, second] = [await on.user('counted-first'), await on.user('counted-second')];
    await on.do((work) => addMember(work, { group: group.id, member: first.id }));
    const down = await eventually(async () => {
      const status = await showTarget(on.targets, 'hook');
      expect(status).toMatchObject({ health: { state: 'down' }, toSend: { count: 3, isAtLeast: false } });
      return status;
    });
    const before = down.deliveries?.delivered ?? 0;
    expect(before).toBeGreaterThan(30);
    expect(down.health.since).toMatch(/^\d{4}-/);
    expect(down.toSend.since).toBe(down.deliveries?.next?.happenedAt);
    expect(down.deliveries).toMatchObject({
      ...{ givenUp: 0, untold: 0 },
      next: { type: 'user.created', group: null, tries: 1, exchange: { method: 'POST', status: 503 } },
    });
    // Neither whom it is about nor how it is signed is kept.
    expect(JSON.stringify(down.deliveries?.next)).not.toMatch(/counted-first|signature/);
    expect(await readLags(on.database)).toMatchObject([{ to_send: 0 }]);
    expect(await showLags(on.targets)).toMatchObject([{ name: 'hook', toSend: { count: 3 }, isTried: true }]);

    // A group that it is not told of: what waits is what would be sent.
    const change = { scope: { groups: [(await on.group('Others')).id] } };
    await changeTarget(on.targets, 'hook', { change, by: attribution('console') });
    await eventually(async () =>
      expect(await showTarget(on.targets, 'hook')).toMatchObject({
        ...{ health: { state: 'down' }, toSend: { count: 3 }, deliveries: { next: { tries: 2 } } },
      }),
    );
    await changeTarget(on.targets, 'hook', { change: { scope: { groups: [] } }, by: attribution('console') });
    await eventually(async () =>
      expect(await showTarget(on.targets, 'hook')).toMatchObject({
        ...{ health: { state: 'down' }, toSend: { count: 4 }, deliveries: { next: { tries: 3 } } },
      }),
    );

    // Whoever asks for it often costs the message none of its ten tries, and a receiver that is back gets all at once.
    const push = async (dryRun = false): Promise<PushView> => {
      const wish = { user: null, full: false, dryRun, by: 'ann' };
      const asked = await askForPush(on.targets, 'hook', wish);
      return eventually(async () => {
        const done = await showPush(on.targets, asked.id);
        expect(done?.state).toBe('done');
        return done ?? asked;
      });
    };
    for (let asked = 0; asked < 10; asked += 1) {
      const { steps } = await push();
      expect(steps.map(({ operation }) => operation)).toEqual(['POST', 'deliver', 'circuit']);
    }
    expect((await showTarget(on.targets, 'hook')).deliveries).toMatchObject({
      givenUp: 0,
      next: { tries: 13 },
    });
    const dry = await push(true);
    expect(dry.steps.map(({ what, outcome }) => [what.split(' ')[1], outcome])).toEqual([
      ['user.created', 'would be sent'],
      ['user.created', 'would be sent'],
      ['membership.effective', 'would be sent'],
      ['group.created', 'would be sent'],
    ]);
    expect(await about(second.id)).toEqual([]);
    await ask('/answer', { status: 200 });
    const done = await push();
    expect(
      done.steps.filter(({ operation }) => operation === 'deliver').map(({ outcome }) => outcome),
    ).toEqual(['applied', 'applied', 'applied', 'applied']);
    const well = await showTarget(on.targets, 'hook');
    expect(well).toMatchObject({
      health: { state: 'ok', since: null },
      toSend: { count: 0, isAtLeast: false, since: null },
      deliveries: { delivered: before + 4, givenUp: 0, next: null },
    });
    expect(well.deliveries?.latest.slice(0, 4).map(({ type, tries }) => [type, tries])).toEqual([
      ['group.created', 1],
      ['membership.effective', 1],
      ['user.created', 1],
      ['user.created', 14],
    ]);
    expect(well.deliveries?.position).toMatch(/^(change_\d+_\d+|batch_\d+)$/);
  });

  it('is delivered to at once by a test that finds it back, and its history tells that it was away', async () => {
    await ask('/answer', { status: 503 });
    const user = await on.user('found-back');
    await eventually(async () =>
      expect(await showTarget(on.targets, 'hook')).toMatchObject({ health: { state: 'down' } }),
    );
    expect(await testTarget(on.targets, 'hook', 'ann')).toMatchObject({ ok: false, push: null });
    await ask('/answer', { status: 200 });
    expect(await testTarget(on.targets, 'hook', 'ann')).toMatchObject({ ok: true, push: expect.any(String) });
    await eventually(async () => expect(await about(user.id)).toHaveLength(1));
    // The receiver has it a moment before the place behind it is written down.
    await eventually(async () =>
      expect(await showTarget(on.targets, 'hook')).toMatchObject({ health: { state: 'ok' } }),
    );
    expect(await testTarget(on.targets, 'hook', 'ann')).toMatchObject({ ok: true, push: null });
    // It has come and gone several times by now, within minutes: one entry each is enough.
    const { id: target } = await showTarget(on.targets, 'hook');
    const history = await historyOfTarget(on.database, target, { before: null, limit: 50 });
    const outages = history.filter(({ type }) => ['target.down', 'target.recovered'].includes(type));
    expect(outages.map(({ type, after }) => [type, after])).toEqual([
      ['target.recovered', { id: target, name: 'hook' }],
      ['target.down', { id: target, name: 'hook', code: '503', since: expect.stringMatching(/^\d{4}-/) }],
    ]);
  });

  it('gives a head up after the last try, and says so with a gap notice before it goes on', async () => {
    await ask('/answer', { status: 500, times: 10, anyTime: true });
    const before = await came();
    await on.user('given-up');
    for (let tries = 1; tries <= 10; tries += 1) {
      await eventually(async () =>
        expect((await came()).tries.length).toBeGreaterThanOrEqual(before.tries.length + tries),
      );
      now += 26 * 3_600_000;
    }
    await on.user('after-the-gap');
    const types = await eventually(async () => {
      const { accepted } = await came();
      expect(accepted).toHaveLength(before.accepted.length + 2);
      return accepted.slice(-2).map(({ type, data }) => [type, data.count]);
    });
    expect(types).toEqual([
      ['gap', 1],
      ['user.created', undefined],
    ]);
  });

  it('tells of an entry too large for a message by where to read it', async () => {
    const settings = { types: ['membership.effective'] };
    await changeTarget(on.targets, 'hook', { change: { settings }, by: attribution('console') });
    const users = await on.do(async (work) => {
      const made = [];
      for (let i = 0; i < 600; i += 1) {
        made.push(
          await createUser(work, { userName: `large${i}`, active: true, externalId: null, document: {} }),
        );
      }
      return made;
    });
    const large = await on.group('Large', ...users);
    const data = await eventually(async () => {
      const { accepted } = await came();
      const last = accepted.at(-1);
      expect(last?.type).toBe('membership.effective');
      return last?.data;
    });
    expect(data).toMatchObject({ group: { id: large.id }, truncated: true, addedCount: 600 });
    expect(data?.after).toEqual(expect.any(String));
  });

  it('sends again from a cursor, by the same ids, whatever was under way', async () => {
    // Until the place behind the last message is written down, a change of the target has that message sent again.
    await eventually(async () => expect((await showTarget(on.targets, 'hook')).toSend.count).toBe(0));
    // Without the hundreds of users that were made: a busy machine takes its time for each message.
    const settings = { types: ['membership.effective', 'group.*'] };
    await changeTarget(on.targets, 'hook', { change: { settings }, by: attribution('console') });
    const log = await readFeed(on.database, {
      ...{ after: 'oldest', limit: 10_000, filter: { types: settings.types, group: null } },
    });
    const wanted = log.rows.map(({ xid, seq }) => `change_${xid}_${seq}`);
    const again = wanted.slice(-5);
    const from = log.rows.at(-6);
    const after = { kind: 'row', xid: from?.xid ?? '', seq: from?.seq ?? 0 } as const;
    const before = (await came()).accepted.length;
    await replay(on.targets, 'hook', { after, by: attribution('console') });
    await eventually(async () => {
      expect((await came()).accepted.slice(before).map(({ id }) => id)).toEqual(again);
    });
    await replay(on.targets, 'hook', { after: 'oldest', by: attribution('console') });
    await eventually(async () => {
      const told = (await came()).accepted.slice(before + again.length);
      expect(told.map(({ id }) => id)).toEqual(wanted);
    });
    const types = ['membership.effective', 'user.*'];
    await changeTarget(on.targets, 'hook', { change: { settings: { types } }, by: attribution('console') });
  });

  it('takes a new key while the old one still verifies, until the rotation ends', async () => {
    const by = attribution('console');
    const { once } = await rotateSigningKey(on.targets, 'hook', { step: 'begin', by });
    expect(once.signingSecret).toMatch(/^whsec_/);
    expect(once.signingSecret).not.toBe(secret);
    const rotated = await on.user('rotated');
    // The receiver knows the old key alone.
    await eventually(async () => expect(await about(rotated.id)).toHaveLength(1));
    const kept = webhookCredentials.parse(credentialsOf(on.targets, await requireTarget(on.targets, 'hook')));
    expect(kept).toEqual({ signingSecret: once.signingSecret, previousSigningKeys: [secret] });
    await changeTarget(on.targets, 'hook', { change: { credentials: { signingSecret: secret } }, by });
    await rotateSigningKey(on.targets, 'hook', { step: 'end', by });
    const back = await on.user('rotated-back');
    await eventually(async () => expect(await about(back.id)).toHaveLength(1));
    expect((await came()).refused).toBe(0);
  });

  it('stops when the receiver answers 410, says why, and goes on without loss when resumed', async () => {
    await ask('/answer', { status: 410, anyTime: true });
    const user = await on.user('gone-for-now');
    await on.do((work) => addMember(work, { group: group.id, member: user.id }));
    const health = await eventually(async () => {
      const status = await showTarget(on.targets, 'hook');
      expect(status.mode).toBe('off');
      return status.health;
    });
    expect(health).toMatchObject({ state: 'paused', why: expect.stringContaining('410') });
    const alerts = await listAlerts(on.database, { state: 'open', kind: null, before: null, limit: 10 });
    expect(alerts).toMatchObject([{ kind: 'target.quarantined', details: { target: 'hook' } }]);
    const { id } = await showTarget(on.targets, 'hook');
    const [newest] = await historyOfTarget(on.database, id, { before: null, limit: 1 });
    expect(newest).toMatchObject({ type: 'target.stopped', actor: 'targets', after: { name: 'hook' } });
    // Within one batch of the feed, who joins and leaves is neither told to have joined nor to have left (D-41).
    await eventually(async () => {
      const filter = { types: ['membership.effective'], group: null };
      const { rows } = await readFeed(on.database, { after: 'oldest', limit: 10_000, filter });
      const [joined] = await on.database.rows<{ n: number }>({
        text: `select n from users where id = '${user.id}'`,
      });
      expect(rows.at(-1)?.added).toEqual([joined?.n]);
    });
    await on.do((work) => removeMember(work, { group: group.id, member: user.id }));
    await ask('/answer', { status: 200, anyTime: true });
    await changeTarget(on.targets, 'hook', { change: { mode: 'enforce' }, by: attribution('console') });
    await eventually(async () => {
      expect((await about(user.id)).map(({ type, data }) => [type, data.joined, data.left])).toEqual([
        ['user.created', undefined, undefined],
        ['membership.effective', [user.id], []],
        ['membership.effective', [], [user.id]],
      ]);
    });
  });

  it('tells what happened after it was made, though it was first driven later', async () => {
    const later = await openTestTargets({ drives: false, leaseSeconds: 600 });
    await later.add({
      name: 'hook',
      type: 'webhook',
      mode: 'enforce',
      settings: { url: `http://127.0.0.1:${receiver.said}/hook`, allowPrivate: true },
      credentials: { signingSecret: secret },
    });
    const [user, listing] = [await later.user('between'), await later.group('Between')];
    await later.do((work) => addMember(work, { group: listing.id, member: user.id }));
    await untilCut(later.database);
    later.engine.start();
    await eventually(async () =>
      expect((await about(user.id)).map(({ type }) => type)).toEqual([
        'user.created',
        'membership.effective',
      ]),
    );
    await later.close();
    expect(later.faults).toEqual([]);
  });
});
