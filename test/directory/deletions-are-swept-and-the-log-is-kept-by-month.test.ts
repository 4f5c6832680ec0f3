import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { deleteGroup } from '../../src/directory/groups.ts';
import { sweepDeletedGroups } from '../../src/store/leftovers.ts';
import { ensureLogPartitions } from '../../src/store/log-partitions.ts';
import { openTestDirectory, type TestDirectory } from '../support/directory.ts';

describe('housekeeping', () => {
  let test: TestDirectory;
  beforeAll(async () => {
    test = await openTestDirectory();
  });
  afterAll(() => test.close());

  const count = async (from: string): Promise<number> =>
    (await test.database.rows<{ n: number }>({ text: `select count(*) as n from ${from}` }))[0]?.n ?? -1;

  it('P-06: rows of a month go into the partition of that month, rows before it stay where they are', async () => {
    await test.user('before');
    const later = new Date('2031-05-17T12:00:00Z');
    await ensureLogPartitions(test.database, later);
    await ensureLogPartitions(test.database, later);
    await test.database.rows({
      text: `insert into change (type, actor_kind, actor_id, at) values
             ('x', 'system', 't', '2031-05-01T00:00:00Z'), ('x', 'system', 't', '2031-06-30T23:59:59Z')`,
    });
    expect(await count('change_2031_05')).toBe(1);
    expect(await count('change_2031_06')).toBe(1);
    await ensureLogPartitions(test.database, new Date());
    expect(await count('change_default')).toBeGreaterThan(0);
  });

  it('D-06: memberships of a deleted group are swept in batches, those of living groups stay', async () => {
    const users = await Promise.all(['s1', 's2', 's3'].map((name) => test.user(name)));
    const doomed = await test.group('doomed', ...users);
    await test.group('living', ...users);
    await test.do((work) => deleteGroup(work, { group: doomed.id, ifMatch: null }));
    expect(await count('assertion')).toBe(6);
    expect(await sweepDeletedGroups(test.database, 2)).toBe(true);
    expect(await sweepDeletedGroups(test.database, 2)).toBe(false);
    expect(await count('assertion')).toBe(3);
  });
});
