import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { verifyClosure } from '../../src/directory/closure-repair.ts';
import { addMember } from '../../src/directory/memberships.ts';
import { freshIndex, verifyFeed, verifyIndex } from '../../src/effective/verification.ts';
import { readsOf } from '../../src/effective/asks.ts';
import { attribution, openTestDirectory, type TestDirectory } from '../support/directory.ts';
import { eventually } from '../support/eventually.ts';
import {
  closureSets,
  FeedReplay,
  indexSets,
  naiveSets,
  startEngine,
  type TestEngine,
  untilCut,
} from './living-directory.ts';

describe('muster doctor --verify', () => {
  let test: TestDirectory;
  let daemon: TestEngine;
  beforeAll(async () => {
    test = await openTestDirectory();
    daemon = await startEngine(test.database);
    const [ada, bob] = [await test.user('ada'), await test.user('bob')];
    const innermost = await test.group('innermost', ada, bob);
    const inner = await test.group('inner', innermost);
    await test.group('outer', inner);
    await untilCut(test.database);
  });
  afterAll(async () => {
    await daemon.engine.stop();
    await test.close();
  });

  const sql = (text: string) => test.database.rows<{ rows: number }>({ text });

  it('finds nothing in a directory that is right, and writes nothing', async () => {
    const before = await sql('select count(*)::int as rows from change');
    expect(await verifyClosure(test.directory, attribution('console'))).toEqual({ extra: 0, missing: 0 });
    expect(await verifyFeed(test.database, randomUUID())).toBe(0);
    expect(await sql('select count(*)::int as rows from change')).toEqual(before);
  });

  it('finds rows of the closure that are missing or too many, mends them, and says so in the log', async () => {
    const right = await naiveSets(test.database);
    await sql(`delete from closure where descendant <> ancestor
               and ancestor = (select n from groups where name = 'outer')`);
    await sql(`insert into closure select o.n, i.n from groups o, groups i
               where o.name = 'outer' and i.name = 'innermost'`);
    await sql('insert into closure values (2000000001, 2000000001)');
    expect(await closureSets(test.database)).not.toEqual(right);
    const index = await freshIndex(test.database);
    expect((await verifyIndex(test.database, index.reads, 10)).differing).toContain('outer');

    expect(await verifyClosure(test.directory, attribution('console'))).toEqual({ extra: 2, missing: 2 });
    expect(await closureSets(test.database)).toEqual(right);
    expect(await verifyIndex(test.database, index.reads, 10)).toEqual({ groups: 3, differing: [] });
    index.dispose();
    expect(
      await sql(`select (after->>'missing')::int as rows from change where type = 'closure.repaired'`),
    ).toEqual([{ rows: 2 }]);
  });

  it('compares the index of a daemon, too', async () => {
    expect(await verifyIndex(test.database, readsOf(daemon.engine), 10)).toEqual({
      groups: 3,
      differing: [],
    });
  });

  it('tells readers what the ledger of the feed lacks, and gives the feed back', async () => {
    const replay = new FeedReplay(test.database);
    await replay.read(10);
    await sql(`delete from ledger where owner = 0 and group_n = (select n from groups where name = 'outer')`);
    expect(await verifyFeed(test.database, randomUUID())).toBe(1);
    expect(await verifyFeed(test.database, randomUUID())).toBe(0);
    expect(
      await sql(`select (details->>'entries')::int as rows from alert where kind = 'changes.mended'`),
    ).toEqual([{ rows: 1 }]);
    await replay.read(10);
    // Readers are told of members that they may have: a ledger that was lost says nothing of what was delivered.
    expect(replay.rows.filter(({ causes_total: total }) => total === 0)).toHaveLength(1);

    const [eve, group] = [await test.user('eve'), await test.group('afterwards')];
    await test.do((work) => addMember(work, { group: group.id, member: eve.id }));
    await eventually(async () => {
      daemon.engine.wake();
      await replay.read(10);
      expect((await replay.sets())[group.n]).toEqual([eve.n]);
    });
    expect(indexSets(daemon)).toEqual(await naiveSets(test.database));
    expect(daemon.faults).toEqual([]);
  });
});
