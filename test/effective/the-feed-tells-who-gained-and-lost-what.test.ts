import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { deleteGroup } from '../../src/directory/groups.ts';
import { addMember, removeMember } from '../../src/directory/memberships.ts';
import { setGroupRoles } from '../../src/directory/roles.ts';
import { changeUser } from '../../src/directory/users.ts';
import { grantPermission, revokePermission } from '../../src/directory/governance.ts';
import { listConferredPermissions, listConferredRoles } from '../../src/store/effective/listing.ts';
import type { FeedRow } from '../../src/store/effective/feed-pages.ts';
import type { GroupRow } from '../../src/store/groups.ts';
import type { UserRow } from '../../src/store/users.ts';
import { openTestDirectory, type TestDirectory } from '../support/directory.ts';
import { FeedReplay, startEngine, type TestEngine, untilCut } from './living-directory.ts';

describe('entitlements in the feed (D-13, D-41)', () => {
  let test: TestDirectory;
  let daemon: TestEngine;
  let replay: FeedReplay;
  let ada: UserRow;
  let bob: UserRow;
  let inner: GroupRow;
  let outer: GroupRow;
  let other: GroupRow;
  beforeAll(async () => {
    test = await openTestDirectory(() => daemon.engine.wake());
    daemon = await startEngine(test.database);
    replay = new FeedReplay(test.database);
    [ada, bob] = [await test.user('ada'), await test.user('bob')];
    inner = await test.group('inner', ada);
    outer = await test.group('outer', inner);
    other = await test.group('other', bob);
  });
  afterAll(async () => {
    await daemon.engine.stop();
    await test.close();
    expect(daemon.faults).toEqual([]);
  });

  const told = ({ after, added, removed }: FeedRow) => ({
    ...(after as object),
    gained: added,
    lost: removed,
  });

  /** What the feed tells of entitlements after a task. */
  async function after(task: () => Promise<unknown>): Promise<FeedRow[]> {
    await untilCut(test.database);
    await replay.read(50);
    const before = replay.rows.length;
    await task();
    await untilCut(test.database);
    await replay.read(50);
    return replay.rows.slice(before).filter(({ type }) => type === 'entitlement.changed');
  }

  const roles = (group: GroupRow, ...names: string[]) =>
    test.do((work) => setGroupRoles(work, { group: group.id, roles: names, at: 'change' }));

  it('tells a role of the outer group to those nested in it, with what caused it', async () => {
    const rows = await after(() => roles(outer, 'publisher'));
    expect(rows.map(told)).toEqual([{ kind: 'role', name: 'publisher', gained: [ada.n], lost: [] }]);
    const cause = replay.rows.find(({ seq }) => seq === rows[0]?.causes?.[0]?.[1]);
    expect(cause).toMatchObject({ type: 'group.updated', group_name: 'outer' });
  });

  it('tells nothing when a second group confers what is held already, nor when one of two ceases to', async () => {
    expect(await after(() => roles(inner, 'publisher'))).toEqual([]);
    expect(await after(() => roles(outer))).toEqual([]);
    expect((await after(() => roles(inner))).map(told)).toEqual([
      { kind: 'role', name: 'publisher', gained: [], lost: [ada.n] },
    ]);
  });

  it('tells of joins, leaves, nestings, deactivation and deletion', async () => {
    await after(() => roles(outer, 'moderator'));
    const moderator = { kind: 'role', name: 'moderator' };
    const nested = await after(() =>
      test.do((work) => addMember(work, { group: outer.id, member: other.id })),
    );
    expect(nested.map(told)).toEqual([{ ...moderator, gained: [bob.n], lost: [] }]);
    expect(nested[0]?.causes_total).toBe(1);
    const left = await after(() =>
      test.do((work) => removeMember(work, { group: inner.id, member: ada.id })),
    );
    expect(left.map(told)).toEqual([{ ...moderator, gained: [], lost: [ada.n] }]);
    const switched = (active: boolean) => () =>
      test.do((work) =>
        changeUser(work, { user: bob.id, ifMatch: null, edit: (state) => ({ ...state, active }) }),
      );
    expect((await after(switched(false))).map(told)).toEqual([{ ...moderator, gained: [], lost: [bob.n] }]);
    expect((await after(switched(true))).map(told)).toEqual([{ ...moderator, gained: [bob.n], lost: [] }]);
    expect(await listConferredRoles(test.database, bob.n)).toEqual([
      { name: 'moderator', groups: [{ id: outer.id, name: 'outer' }] },
    ]);
    const deleted = await after(() =>
      test.do((work) => deleteGroup(work, { group: outer.id, ifMatch: null })),
    );
    expect(deleted.map(told)).toEqual([{ ...moderator, gained: [], lost: [bob.n] }]);
  });

  it('tells of permissions that a user was granted', async () => {
    const permission = { user: ada.id, permission: 'users.manage' };
    const granted = await after(() => test.do((work) => grantPermission(work, permission)));
    expect(granted.map(told)).toEqual([
      { kind: 'permission', name: 'users.manage', gained: [ada.n], lost: [] },
    ]);
    expect(await listConferredPermissions(test.database, ada.n)).toEqual([
      { name: 'users.manage', direct: true, groups: [] },
    ]);
    const revoked = await after(() => test.do((work) => revokePermission(work, permission)));
    expect(revoked.map(told)).toEqual([
      { kind: 'permission', name: 'users.manage', gained: [], lost: [ada.n] },
    ]);
  });

  it('goes on where another instance stopped, with nothing twice', async () => {
    await after(() => roles(other, 'member'));
    const second = await startEngine(test.database);
    await daemon.engine.stop();
    const rows = await after(async () => {
      await test.do((work) => addMember(work, { group: other.id, member: ada.id }));
      second.engine.wake();
    });
    expect(rows.map(told)).toEqual([{ kind: 'role', name: 'member', gained: [ada.n], lost: [] }]);
    await second.engine.stop();
    expect(second.faults).toEqual([]);
  });
});
