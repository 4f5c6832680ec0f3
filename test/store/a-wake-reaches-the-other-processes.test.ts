import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import pg from 'pg';
import { Wake } from '../../src/store/wake.ts';
import { freshDatabase, type TestDatabase } from '../support/database.ts';
import { eventually } from '../support/eventually.ts';

describe('the wake', () => {
  let database: TestDatabase;
  const open: Wake[] = [];
  beforeAll(async () => {
    database = await freshDatabase('empty');
  });
  afterAll(async () => {
    await Promise.all(open.map((wake) => wake.close()));
    await database.close();
  });

  async function wakeOf(instance: string): Promise<{ wake: Wake; rings: () => number; faults: unknown[] }> {
    const faults: unknown[] = [];
    const wake = new Wake({ directUrl: database.url, instance, onFault: (error) => faults.push(error) });
    open.push(wake);
    await wake.start();
    let count = 0;
    await new Promise((done) => setImmediate(done));
    wake.onRing(() => (count += 1));
    return { wake, rings: () => count, faults };
  }

  it('is heard here and elsewhere, many rings as few', async () => {
    const here = await wakeOf('here');
    const there = await wakeOf('there');
    for (let i = 0; i < 100; i += 1) here.wake.ring();
    await eventually(() => expect(there.rings()).toBeGreaterThan(0));
    expect(here.rings()).toBe(1);
    expect(there.rings()).toBe(1);
  });

  it('is heard by others when its process ends right after ringing', async () => {
    const there = await wakeOf('stays');
    const here = await wakeOf('goes');
    here.wake.ring();
    await here.wake.close();
    await eventually(() => expect(there.rings()).toBe(1));
  });

  it('comes back after its connection was cut, and rings once because something may have been missed', async () => {
    const one = await wakeOf('one');
    const other = await wakeOf('other');
    const client = new pg.Client({ connectionString: database.url });
    await client.connect();
    await client.query(
      `select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and application_name = 'muster wake'`,
    );
    await client.end();
    await eventually(() => expect(other.rings()).toBeGreaterThan(0));
    expect(other.faults.length).toBeGreaterThan(0);
    const before = other.rings();
    await eventually(() => {
      one.wake.ring();
      expect(other.rings()).toBeGreaterThan(before);
    });
  });
});
