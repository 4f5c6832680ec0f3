import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { listAlerts } from '../../src/store/alerts.ts';
import { showTarget } from '../../src/targets/admin/verbs.ts';
import { eventually } from '../support/eventually.ts';
import { type QuirkServer, startQuirkServer } from '../support/quirk-server.ts';
import { openTestTargets, type TestTargets } from '../support/target-engine.ts';

jest.setTimeout(60_000);

const HOUR = 3_600_000;

describe('O-06: a target that fails for a day', () => {
  let on: TestTargets;
  let server: QuirkServer;
  let now = Date.now();
  beforeAll(async () => {
    server = await startQuirkServer({ trick: () => ({ kind: 'answer', status: 500 }) });
    on = await openTestTargets({ world: { now: () => now, random: () => 0.5 } });
    const group = await on.group('Staff', await on.user('ann'));
    await on.add({
      ...{ name: 'wiki', type: 'scim', mode: 'enforce', scope: { groups: [group.id] } },
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
  /** Lets time pass until a probe was seen. */
  const untilAsked = async (ms: number): Promise<void> => {
    const before = server.seen.length;
    now += ms;
    await eventually(() => expect(server.seen.length).toBeGreaterThan(before));
  };

  it('is quarantined with a standing alert, and never silently switched off', async () => {
    await eventually(async () => expect(await health()).toBe('down'));
    await untilAsked(25 * HOUR);
    await eventually(async () => {
      expect(await health()).toBe('quarantined');
      expect(await alerts()).toMatchObject([{ details: { target: 'wiki' }, times: 1 }]);
    });
    expect((await showTarget(on.targets, 'wiki')).mode).toBe('enforce');
  });

  it('is asked once an hour', async () => {
    for (let round = 0; round < 3; round += 1) {
      const before = server.seen.length;
      await untilAsked(HOUR);
      await eventually(async () => expect(await health()).toBe('quarantined'));
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
  });
});
