import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { raiseAlert, settleAlert, takeUntoldAlerts } from '../../src/store/alerts.ts';
import { type ApiServer, startApi } from './api-server.ts';

const late = (feed: string) =>
  ({ kind: 'feed.overdue', subject: feed, details: { feed, expected: '24h', last: null } }) as const;

describe('alerts', () => {
  let api: ApiServer;
  beforeAll(async () => {
    api = await startApi();
  });
  afterAll(async () => {
    await api.close();
    expect(api.faults).toEqual([]);
  });

  it('counts up while it is open, and opens anew after it was resolved', async () => {
    expect(await raiseAlert(api.database, late('hr'))).toBe('raised');
    expect(await raiseAlert(api.database, late('hr'))).toBe('again');
    expect(await raiseAlert(api.database, late('portal'))).toBe('raised');
    const { body } = await api.ask('GET', '/alerts');
    expect(body.items).toMatchObject([
      { kind: 'feed.overdue', subject: 'portal', times: 1, resolvedAt: null },
      { kind: 'feed.overdue', subject: 'hr', times: 2, details: { feed: 'hr' } },
    ]);
    expect(body.items[1].message).toContain('hr should deliver every 24h');

    const resolved = await api.ask('POST', `/alerts/${body.items[1].id}/resolve`, {
      body: { reason: 'holiday' },
    });
    expect(resolved).toMatchObject({ status: 200, body: { resolvedBy: 'tests', reason: 'holiday' } });
    const again = await api.ask('POST', `/alerts/${body.items[1].id}/resolve`, { body: { reason: 'other' } });
    expect(again.body.reason).toBe('holiday');
    expect(await raiseAlert(api.database, late('hr'))).toBe('raised');
    const all = await api.ask('GET', '/alerts?state=all&limit=2');
    expect(all.body.items).toHaveLength(2);
    const rest = await api.ask('GET', `/alerts?state=all&limit=2&cursor=${all.body.next}`);
    expect(rest.body.items).toMatchObject([{ subject: 'hr', times: 2, reason: 'holiday' }]);
  });

  it('is resolved by the system where its cause has gone', async () => {
    await raiseAlert(api.database, late('payroll'));
    await settleAlert(api.database, { kind: 'feed.overdue', subject: 'payroll', why: 'It delivered.' });
    const { body } = await api.ask('GET', '/alerts?state=resolved&kind=feed.overdue');
    expect(body.items[0]).toMatchObject({
      subject: 'payroll',
      resolvedBy: 'system',
      reason: 'It delivered.',
    });
  });

  it('is told by one instance only', async () => {
    await raiseAlert(api.database, late('crm'));
    const told = await Promise.all([1, 2, 3].map(() => takeUntoldAlerts(api.database)));
    expect(told.flat().filter(({ subject }) => subject === 'crm')).toHaveLength(1);
    expect(await takeUntoldAlerts(api.database)).toEqual([]);
  });

  it('is not shown or resolved without the scope, and unknown ids and states are refused', async () => {
    const token = await api.tokenFor('reader', ['directory.read']);
    expect((await api.ask('GET', '/alerts', { token })).status).toBe(403);
    const auditor = await api.tokenFor('auditor', ['audit.read']);
    expect((await api.ask('GET', '/alerts', { token: auditor })).status).toBe(200);
    const nobody = '/alerts/6f9619ff-8b86-4d01-b42d-00cf4fc964ff/resolve';
    expect((await api.ask('POST', nobody, { token: auditor, body: {} })).status).toBe(403);
    expect((await api.ask('POST', nobody, { body: {} })).status).toBe(404);
    expect((await api.ask('POST', '/alerts/x/resolve', { body: {} })).status).toBe(404);
    expect((await api.ask('GET', '/alerts?state=shut')).status).toBe(400);
  });
});
