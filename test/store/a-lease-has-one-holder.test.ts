import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type Database, openDatabase } from '../../src/store/database.ts';
import { giveUpLease, holdsLease, takeLease } from '../../src/store/leases.ts';
import { freshDatabase, type TestDatabase } from '../support/database.ts';

let test: TestDatabase;
let database: Database;

beforeAll(async () => {
  test = await freshDatabase();
  database = openDatabase({ url: test.url, poolSize: 10, applicationName: 'test' });
});

afterAll(async () => {
  await database.close();
  await test.close();
});

describe('a lease', () => {
  it('goes to exactly one of many that race for it', async () => {
    for (let round = 0; round < 20; round += 1) {
      const name = `race ${round}`;
      const takers = Array.from({ length: 8 }, () => ({ name, holder: randomUUID(), seconds: 60 }));
      const taken = await Promise.all(takers.map((taker) => takeLease(database, taker)));
      expect(taken.filter((lease) => lease !== null)).toHaveLength(1);
    }
  });

  it('is fenced: who held it before finds that it is no longer theirs', async () => {
    const [a, b] = [randomUUID(), randomUUID()];
    const first = await takeLease(database, { name: 'fence', holder: a, seconds: 60 });
    if (first === null) throw new Error('The lease was not free.');
    expect(await takeLease(database, { name: 'fence', holder: b, seconds: 60 })).toBeNull();
    expect(await takeLease(database, { name: 'fence', holder: a, seconds: 60 })).toEqual(first);
    await giveUpLease(database, first);
    const second = await takeLease(database, { name: 'fence', holder: b, seconds: 60 });
    expect(second?.token).toBe(first.token + 1);
    expect(await database.transaction((tx) => holdsLease(tx, first))).toBe(false);
    expect(second !== null && (await database.transaction((tx) => holdsLease(tx, second)))).toBe(true);
  });

  it('is not taken over while a checked transaction is open', async () => {
    const lease = await takeLease(database, { name: 'open', holder: randomUUID(), seconds: 0 });
    if (lease === null) throw new Error('The lease was not free.');
    const order: string[] = [];
    let taking: Promise<unknown> = Promise.resolve();
    await database.transaction(async (tx) => {
      expect(await holdsLease(tx, lease)).toBe(true);
      taking = takeLease(database, { name: 'open', holder: randomUUID(), seconds: 60 }).then(() =>
        order.push('taken'),
      );
      await tx.rows({ text: 'select pg_sleep(0.05)' });
      order.push('written');
    });
    await taking;
    expect(order).toEqual(['written', 'taken']);
  });
});
