import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createCursors } from '../../src/core/cursor.ts';
import { addMember, removeMember } from '../../src/directory/memberships.ts';
import { type Database, openDatabase } from '../../src/store/database.ts';
import { openEpoch } from '../../src/store/installation.ts';
import { TargetEngine } from '../../src/targets/engine/engine.ts';
import { showTarget } from '../../src/targets/admin/verbs.ts';
import { eventually } from '../support/eventually.ts';
import { type QuirkServer, startQuirkServer } from '../support/quirk-server.ts';
import { MASTER_KEY, openTestTargets, type TestTargets } from '../support/target-engine.ts';

/** As many requests as a target may have under way. */
const CONCURRENCY = 4;

/**
 * One connection to the database and one process for all targets: whatever a target kept while it waits for an
 * answer, the others would wait for.
 */
describe('O-06: a target that takes requests and never answers', () => {
  let on: TestTargets;
  let hole: QuirkServer;
  let healthy: QuirkServer;
  let single: Database;
  let engine: TargetEngine;
  const letGo: (() => void)[] = [];
  const faults: unknown[] = [];

  beforeAll(async () => {
    hole = await startQuirkServer({ trick: () => ({ kind: 'hold', until: (go) => letGo.push(go) }) });
    healthy = await startQuirkServer();
    on = await openTestTargets({ drives: false });
    single = openDatabase({ url: on.url, poolSize: 1, applicationName: 'muster-test' });
    const epoch = await openEpoch(single, 'http://localhost:8080');
    engine = new TargetEngine({
      database: single,
      vault: on.targets.vault,
      cursors: createCursors(MASTER_KEY, epoch.id),
      filesDir: on.targets.filesDir,
      world: { now: Date.now, random: Math.random },
      listener: () => ({ onOutcome: () => undefined }),
      onFault: (_target, error) => faults.push(error),
    });
  });
  afterAll(async () => {
    hole.quirks.trick = () => null;
    for (const go of letGo) go();
    await engine.stop();
    await single.close();
    await on.close();
    await Promise.all([hole.close(), healthy.close()]);
    expect([...on.faults, ...faults]).toEqual([]);
  });

  it('takes neither a connection nor a turn from another one, with all of its requests under way', async () => {
    const leaver = await on.user('u0');
    const users = [leaver, ...(await Promise.all([1, 2, 3, 4, 5].map((at) => on.user(`u${at}`))))];
    const group = await on.group('staff', ...users);
    const add = (name: string, { url }: QuirkServer): Promise<unknown> =>
      on.add({
        ...{ name, type: 'scim', mode: 'enforce', scope: { groups: [group.id] } },
        settings: { url, allowPrivate: true, concurrency: CONCURRENCY, timeoutSeconds: 120 },
      });
    await add('hole', hole);
    engine.start();
    await eventually(() => expect(letGo).toHaveLength(CONCURRENCY));

    await add('healthy', healthy);
    const names = users.map(({ user_name: name }) => name ?? '');
    await eventually(() => expect(healthy.held().groups.staff).toEqual(names));
    const late = await on.user('u9');
    await on.do((work) => addMember(work, { group: group.id, member: late.id }));
    await on.do((work) => removeMember(work, { group: group.id, member: leaver.id }));
    await eventually(() => expect(healthy.held().groups.staff).toEqual([...names.slice(1), 'u9']));

    // All the while the other one had its requests out, and no more than those.
    expect(letGo).toHaveLength(CONCURRENCY);
    expect((await showTarget(on.targets, 'hole')).holds.users).toBe(0);
  });

  it('gets what it lacks once it answers', async () => {
    hole.quirks.trick = () => null;
    for (const go of letGo.splice(0)) go();
    await eventually(() => expect(hole.held().groups.staff).toEqual(healthy.held().groups.staff));
  });
});
