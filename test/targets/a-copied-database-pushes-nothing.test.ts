import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createCursors } from '../../src/core/cursor.ts';
import { deriveKey } from '../../src/core/seal.ts';
import { addMember } from '../../src/directory/memberships.ts';
import { openEpoch } from '../../src/store/installation.ts';
import type { GroupRow } from '../../src/store/groups.ts';
import { resumeTarget, showTarget } from '../../src/targets/admin/verbs.ts';
import { TargetEngine } from '../../src/targets/engine/engine.ts';
import { targetVault } from '../../src/targets/secrets.ts';
import { attribution } from '../support/directory.ts';
import { eventually } from '../support/eventually.ts';
import { type QuirkServer, startQuirkServer } from '../support/quirk-server.ts';
import { MASTER_KEY, openTestTargets, type TestTargets } from '../support/target-engine.ts';

describe('P-01: a database that was restored or copied', () => {
  let on: TestTargets;
  let copy: TargetEngine;
  let server: QuirkServer;
  let group: GroupRow;
  beforeAll(async () => {
    server = await startQuirkServer();
    on = await openTestTargets();
    group = await on.group('Staff', await on.user('ann'));
    await on.add({
      ...{ name: 'wiki', type: 'scim', mode: 'enforce', scope: { groups: [group.id] } },
      settings: { url: server.url, allowPrivate: true },
    });
    await on.add({
      ...{ name: 'hook', type: 'webhook', mode: 'enforce' },
      settings: { url: `${server.url}/hook`, allowPrivate: true },
    });
    await eventually(() => expect(server.held().groups.Staff).toEqual(['ann']));
    await on.engine.stop();
    // As a copy does that is started at another address.
    const { database, targets, faults } = on;
    const epoch = await openEpoch(database, 'http://copy.example:8080');
    expect(epoch.isNew).toBe(true);
    copy = new TargetEngine({
      ...{ database, filesDir: targets.filesDir, cursors: createCursors(MASTER_KEY, epoch.id) },
      vault: targetVault(deriveKey(MASTER_KEY, 'target-credentials'), randomBytes),
      world: { now: Date.now, random: Math.random },
      listener: () => ({ onOutcome: () => undefined }),
      onFault: (_target, error) => (faults as unknown[]).push(error),
    });
  });
  afterAll(async () => {
    await copy.stop();
    await on.close();
    await server.close();
    expect(on.faults).toEqual([]);
  });

  it('has every target observe, says why, and sends nothing of what changes', async () => {
    const writes = (): number => server.seen.filter(({ method }) => method !== 'GET').length;
    const before = writes();
    copy.start();
    const ben = await on.user('ben');
    await on.do((work) => addMember(work, { group: group.id, member: ben.id }));
    copy.wake();
    await eventually(async () => {
      for (const name of ['wiki', 'hook']) {
        const { mode, health } = await showTarget(on.targets, name);
        expect({ name, mode }).toEqual({ name, mode: 'observe' });
        expect(health.why).toContain('restored, copied or moved');
      }
      // It follows the directory all the same: what it would send is known.
      const { pending } = await showTarget(on.targets, 'wiki');
      expect(pending.usersCreated).toBe(1);
    });
    expect(writes()).toBe(before);
  });

  it('pushes once a person resumes the target', async () => {
    await resumeTarget({ ...on.targets, wake: copy.wake }, 'wiki', attribution('console'));
    await eventually(() => expect(server.held().groups.Staff).toEqual(['ann', 'ben']));
  });
});
