import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { addMember } from '../../src/directory/memberships.ts';
import { IndexThread } from '../../src/effective/thread/index-thread.ts';
import { readPosition } from '../../src/store/effective/log-tail.ts';
import { openTestDirectory, type TestDirectory } from '../support/directory.ts';
import { eventually } from '../support/eventually.ts';
import { hashKey, untilCut } from './living-directory.ts';

describe('the index in its thread', () => {
  let test: TestDirectory;
  let thread: IndexThread;
  const faults: unknown[] = [];
  let cuts = 0;
  beforeAll(async () => {
    test = await openTestDirectory();
    thread = new IndexThread({
      entry: new URL('../support/index-worker.mjs', import.meta.url),
      url: test.url,
      hashKey,
      file: null,
      newId: randomUUID,
      onCut: () => (cuts += 1),
      onFault: (what, error) => faults.push(error ?? what),
    });
    thread.start();
    await eventually(() => expect(thread.isReady).toBe(true));
  });
  afterAll(async () => {
    await thread.stop();
    await test.close();
  });

  it('answers what was committed before it was asked, or says that it cannot in time', async () => {
    const [ada, inner] = [await test.user('ada'), await test.group('inner')];
    const outer = await test.group('outer', inner);
    await test.do((work) => addMember(work, { group: inner.id, member: ada.id }));
    const ask = { group: outer.n, list: 'effective', after: 0, limit: 10 } as const;
    await eventually(async () => {
      const page = await thread.page(ask, await readPosition(test.database));
      expect(page?.members).toEqual([{ n: ada.n, direct: false }]);
      expect(page?.total).toBe(1);
      expect(await thread.tag(outer.n, await readPosition(test.database))).toBe(page?.tag);
    });
    const direct = await thread.page({ ...ask, list: 'direct' }, await readPosition(test.database));
    expect(direct?.members).toEqual([{ n: inner.n, direct: true }]);
    expect(faults).toEqual([]);
  });

  it('cuts the feed and says so', async () => {
    const before = cuts;
    await test.group('one more');
    thread.wake();
    await untilCut(test.database);
    await eventually(() => expect(cuts).toBeGreaterThan(before));
  });
});
