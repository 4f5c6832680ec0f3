import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import type { GroupId } from '../../src/core/ids.ts';
import { addMember } from '../../src/directory/memberships.ts';
import { listAlerts, raiseAlert } from '../../src/store/alerts.ts';
import { historyOfTarget } from '../../src/store/screens/history.ts';
import { testTarget } from '../../src/targets/admin/pushing.ts';
import { changeTarget, removeTarget, showTarget } from '../../src/targets/admin/verbs.ts';
import { attribution } from '../support/directory.ts';
import { eventually } from '../support/eventually.ts';
import { type QuirkServer, startQuirkServer } from '../support/quirk-server.ts';
import { openTestTargets, type TestTargets } from '../support/target-engine.ts';

jest.setTimeout(60_000);

const HOUR = 3_600_000;

describe('O-06: a target that fails for a day', () => {
  let on: TestTargets;
  let server: QuirkServer;
  let group: GroupId;
  let now = Date.now();
  beforeAll(async () => {
    server = await startQuirkServer({ trick: () => ({ kind: 'answer', status: 500 }) });
    on = await openTestTargets({ world: { now: () => now, random: () => 0.5 } });
    const staff = await on.group('Staff', await on.user('ann'));
    group = staff.id;
    await on.add({
      ...{ name: 'wiki', type: 'scim', mode: 'enforce', scope: { groups: [group] } },
      settings: { url: server.url, allowPrivate: true },
    });
  });
  afterAll(async () => {
    await on.close();
    await server.close();
    expect(on.faults).toEqual([]);
  });

  const health = async (): Promise<string> => (await showTarget(on.targets, 'wiki')).health.state;
  const alerts = () =>
    listAlerts(on.database, { state: 'open', kind: 'target.quarantined', before: null, limit: 5 });
  /** What came of all that was sent is written down: from then on the clock may move. */
  const untilQuiet = (state: 'down' | 'quarantined') =>
    eventually(async () => {
      const { health: told } = await showTarget(on.targets, 'wiki');
      expect(told.state).toBe(state);
      expect(Date.parse(told.until ?? '')).toBeGreaterThan(now);
      const text = `select n from target_object where state in ('sending', 'resending')`;
      expect(await on.database.rows({ text })).toEqual([]);
    });
  /** Lets time pass until a probe was seen. */
  const untilAsked = async (ms: number): Promise<void> => {
    const before = server.seen.length;
    now += ms;
    await eventually(() => expect(server.seen.length).toBeGreaterThan(before));
  };

  it('is quarantined with a standing alert, and never silently switched off', async () => {
    await untilQuiet('down');
    await untilAsked(25 * HOUR);
    await eventually(async () => {
      expect(await health()).toBe('quarantined');
      expect(await alerts()).toMatchObject([{ details: { target: 'wiki' }, times: 1 }]);
    });
    expect((await showTarget(on.targets, 'wiki')).mode).toBe('enforce');
  });

  it('is asked once an hour', async () => {
    await untilQuiet('quarantined');
    for (let round = 0; round < 3; round += 1) {
      const before = server.seen.length;
      await untilAsked(HOUR);
      await untilQuiet('quarantined');
      expect(server.seen.length).toBe(before + 1);
    }
    expect(await alerts()).toHaveLength(1);
  });

  it('gets what it lacks once it is back, and the alert is settled', async () => {
    server.quirks.trick = () => null;
    await untilAsked(HOUR);
    await eventually(async () => {
      expect(server.held().groups).toEqual({ Staff: ['ann'] });
      expect(await alerts()).toEqual([]);
      expect(await health()).toBe('ok');
    });
    const { id } = await showTarget(on.targets, 'wiki');
    const history = await historyOfTarget(on.database, id, { before: null, limit: 10 });
    expect(history.map(({ type, after }) => [type, after])).toEqual([
      ['target.recovered', { id, name: 'wiki' }],
      ['target.down', { id, name: 'wiki', code: '500', since: expect.stringMatching(/^\d{4}-/) }],
      ['target.created', expect.anything()],
    ]);
  });

  it('is pushed to at once by a test that finds it back', async () => {
    server.quirks.trick = () => ({ kind: 'answer', status: 401 });
    const ben = await on.user('ben');
    await on.do((work) => addMember(work, { group, member: ben.id }));
    await eventually(async () => expect(await health()).toBe('down'));
    expect(await testTarget(on.targets, 'wiki', 'ann')).toMatchObject({ ok: false, push: null });
    server.quirks.trick = () => null;
    expect(await testTarget(on.targets, 'wiki', 'ann')).toMatchObject({ ok: true, push: expect.any(String) });
    await eventually(async () => {
      expect(server.held().groups).toEqual({ Staff: ['ann', 'ben'] });
      expect(await health()).toBe('ok');
    });
  });

  it('and is removed leaves no alert and no plan that waits for somebody', async () => {
    await changeTarget(on.targets, 'wiki', { change: { scope: { groups: [] } }, by: attribution('console') });
    await eventually(async () => {
      expect(await showTarget(on.targets, 'wiki')).toMatchObject({ hold: { state: 'held' } });
    });
    const { id } = await showTarget(on.targets, 'wiki');
    const details = { target: 'wiki', why: 'it has failed for 24 hours' };
    await raiseAlert(on.database, { kind: 'target.quarantined', subject: id, details });
    await removeTarget(on.targets, 'wiki', attribution('console'));
    // Whoever drove it has ended then.
    await on.engine.stop();
    expect(await alerts()).toEqual([]);
    const text = `select state from plan where state in ('held', 'approved')`;
    expect(await on.database.rows({ text })).toEqual([]);
  });
});
