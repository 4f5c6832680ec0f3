import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { addMember, editMembers, removeMember } from '../../src/directory/memberships.ts';
import { deleteGroup } from '../../src/directory/groups.ts';
import { setGroupRoles } from '../../src/directory/roles.ts';
import type { GroupRow } from '../../src/store/groups.ts';
import type { UserRow } from '../../src/store/users.ts';
import { eventually } from '../support/eventually.ts';
import { type QuirkServer, startQuirkServer } from '../support/quirk-server.ts';
import { openTestTargets, type TestTargets } from '../support/target-engine.ts';

jest.setTimeout(60_000);

describe('O-10: roles', () => {
  let on: TestTargets;
  let values: QuirkServer;
  let groups: QuirkServer;
  let ann: UserRow;
  let ben: UserRow;
  let staff: GroupRow;
  let editors: GroupRow;
  let inner: GroupRow;

  beforeAll(async () => {
    [values, groups] = await Promise.all([startQuirkServer(), startQuirkServer()]);
    on = await openTestTargets();
    [ann, ben] = [await on.user('ann'), await on.user('ben')];
    staff = await on.group('Staff', ann, ben);
    // Neither is assigned to a target: their roles count all the same.
    inner = await on.group('Inner');
    editors = await on.group('Editors');
    const target = { type: 'scim', mode: 'enforce', scope: { groups: [staff.id] } };
    await on.add({
      ...{ ...target, name: 'values' },
      settings: { url: values.url, allowPrivate: true, roles: 'scim' },
    });
    await on.add({
      ...{ ...target, name: 'groups' },
      settings: { url: groups.url, allowPrivate: true, roles: 'groupPerRole', roleGroupName: 'r:{name}' },
    });
    await reach({ ann: [], ben: [] });
  });
  afterAll(async () => {
    await on.close();
    await Promise.all([values.close(), groups.close()]);
    expect(on.faults).toEqual([]);
  });

  /** Waits until both targets tell of these roles: as values of the users, as groups of their holders. */
  const reach = async (roles: Record<string, readonly string[]>): Promise<void> => {
    await eventually(() => {
      const told: Record<string, string[]> = {};
      values.tamper(({ users }) => {
        for (const { name, document } of users.values()) {
          told[name] = ((document.roles ?? []) as { value: string }[]).map(({ value }) => value).sort();
        }
      });
      expect(told).toEqual(roles);
      const holders: Record<string, string[]> = {};
      for (const [user, held] of Object.entries(roles)) {
        for (const role of held) (holders[`r:${role}`] ??= []).push(user);
      }
      const roleGroups = Object.entries(groups.held().groups).filter(
        ([group, members]) => group.startsWith('r:') && members.length > 0,
      );
      expect(Object.fromEntries(roleGroups)).toEqual(holders);
    });
  };
  const confer = (group: GroupRow, roles: readonly string[]): Promise<void> =>
    on.do((work) => setGroupRoles(work, { group: group.id, roles, at: 'change' }));

  it('reach a target when a group of it is given one, and leave with it', async () => {
    await confer(staff, ['publisher']);
    await reach({ ann: ['publisher'], ben: ['publisher'] });
    await confer(staff, []);
    await reach({ ann: [], ben: [] });
  });

  it('of a group that the target is not assigned reach its users, as they join and leave it', async () => {
    await confer(editors, ['moderator']);
    await on.do((work) => addMember(work, { group: editors.id, member: ann.id }));
    await reach({ ann: ['moderator'], ben: [] });
    await on.do((work) => removeMember(work, { group: editors.id, member: ann.id }));
    await reach({ ann: [], ben: [] });
  });

  it('of an outer group come with a nesting and go with it (D-13)', async () => {
    await on.do((work) => addMember(work, { group: inner.id, member: ben.id }));
    const nest = (action: 'add' | 'remove') =>
      on.do((work) => editMembers(work, { group: editors.id, steps: [{ do: action, members: [inner.id] }] }));
    await nest('add');
    await reach({ ann: [], ben: ['moderator'] });
    await nest('remove');
    await reach({ ann: [], ben: [] });
    await nest('add');
    await reach({ ann: [], ben: ['moderator'] });
  });

  it('end with the group that confers them', async () => {
    await on.do((work) => deleteGroup(work, { group: editors.id, ifMatch: null }));
    await reach({ ann: [], ben: [] });
  });

  it('are given at once to who comes to the target, and taken from who leaves it', async () => {
    await confer(inner, ['member']);
    await reach({ ann: [], ben: ['member'] });
    await on.do((work) => removeMember(work, { group: staff.id, member: ben.id }));
    await eventually(() => expect(groups.held().groups['r:member'] ?? []).toEqual([]));
    await on.do((work) => addMember(work, { group: staff.id, member: ben.id }));
    await reach({ ann: [], ben: ['member'] });
  });
});
