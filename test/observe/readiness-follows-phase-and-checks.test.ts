import { describe, expect, it } from '@jest/globals';
import { createHealth } from '../../src/observe/health.ts';
import { createMetrics } from '../../src/observe/metrics.ts';

describe('readiness', () => {
  it('holds while serving with every check good, and in no other phase', async () => {
    const health = createHealth({ patienceMs: 1_000 });
    health.watch('database', async () => null);
    expect(await health.look()).toEqual({ isReady: false, phase: 'starting', checks: { database: 'ok' } });
    health.enter('serving');
    expect(await health.look()).toMatchObject({ isReady: true });
    health.enter('stopping');
    expect(await health.look()).toMatchObject({ isReady: false, phase: 'stopping' });
  });

  it('ends with a check that finds a fault, throws, or does not answer', async () => {
    const health = createHealth({ patienceMs: 20 });
    health.enter('serving');
    health.watch('finds', async () => 'behind');
    health.watch('throws', async () => Promise.reject(new Error('password=planted')));
    health.watch('hangs', () => new Promise(() => undefined));
    expect(await health.look()).toEqual({
      isReady: false,
      phase: 'serving',
      checks: { finds: 'behind', throws: 'failed', hangs: 'no answer in time' },
    });
  });
});

describe('metrics', () => {
  it('have no label for users or groups', async () => {
    const names = (await createMetrics().registry.getMetricsAsJSON()).map(({ name }) => name);
    expect(names).toContain('http_server_request_duration_seconds');
    const text = await createMetrics().registry.metrics();
    expect(text).not.toMatch(/\{[^}]*\b(user|group|member)=/);
  });
});
