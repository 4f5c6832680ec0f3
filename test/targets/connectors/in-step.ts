import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { changeGroup } from '../../../src/directory/groups.ts';
import { addMember, editMembers, removeMember } from '../../../src/directory/memberships.ts';
import { setGroupRoles } from '../../../src/directory/roles.ts';
import { changeUser, deleteUser } from '../../../src/directory/users.ts';
import type { GroupRow } from '../../../src/store/groups.ts';
import type { UserRow } from '../../../src/store/users.ts';
import { showTarget } from '../../../src/targets/admin/verbs.ts';
import { eventually } from '../../support/eventually.ts';
import type { HeldByName } from '../../support/quirk-server.ts';
import { openTestTargets, type TestTargets } from '../../support/target-engine.ts';

/** What a target of some type is made from, and a way to see what it holds past Muster. */
export interface TargetCounterpart {
  readonly target: Readonly<Record<string, unknown>>;
  held(): Promise<HeldByName> | HeldByName;
  /** Roles that it was told of a user; left out where the target is told of none. */
  readonly rolesOf?: (userName: string) => Promise<readonly string[]>;
  /** A group without members leaves no trace there. */
  readonly emptyGroupsVanish?: true;
  close(): Promise<void>;
}

/** What every type of target must show once the engine drives it: the directory's changes, and nothing else. */
export function describeInStep(title: string, start: () => Promise<TargetCounterpart>): void {
  describe(`a target kept in step: ${title}`, () => {
    let on: TestTargets;
    let counterpart: TargetCounterpart;
    let outer: GroupRow;
    let inner: GroupRow;
    const users = new Map<string, UserRow>();
    const user = (name: string): UserRow => {
      const row = users.get(name);
      if (row === undefined) throw new Error(name);
      return row;
    };
    const settlesAt = (groups: Record<string, readonly string[]>): Promise<void> =>
      eventually(async () => expect((await counterpart.held()).groups).toEqual(groups));

    beforeAll(async () => {
      [on, counterpart] = await Promise.all([openTestTargets(), start()]);
      for (const name of ['ann', 'ben', 'cyd', 'dan']) users.set(name, await on.user(name));
      inner = await on.group('Inner', user('ben'), user('cyd'));
      outer = await on.group('Outer', user('ann'), inner);
      await on.add({
        name: 'in step',
        mode: 'enforce',
        scope: { groups: [outer.id] },
        ...counterpart.target,
      });
    });
    afterAll(async () => {
      await on.close();
      await counterpart.close();
      expect(on.faults).toEqual([]);
    });

    it('gets the effective members of its group, and who joins', async () => {
      await settlesAt({ Outer: ['ann', 'ben', 'cyd'] });
      await on.do((work) => addMember(work, { group: inner.id, member: user('dan').id }));
      await settlesAt({ Outer: ['ann', 'ben', 'cyd', 'dan'] });
    });

    it('loses who leaves, and has them back', async () => {
      await on.do((work) => removeMember(work, { group: inner.id, member: user('cyd').id }));
      await settlesAt({ Outer: ['ann', 'ben', 'dan'] });
      await on.do((work) => addMember(work, { group: outer.id, member: user('cyd').id }));
      await settlesAt({ Outer: ['ann', 'ben', 'cyd', 'dan'] });
    });

    it('loses who becomes inactive, and has them back (D-07)', async () => {
      const change = (active: boolean) =>
        on.do((work) =>
          changeUser(work, { user: user('ben').id, ifMatch: null, edit: (state) => ({ ...state, active }) }),
        );
      await change(false);
      await settlesAt({ Outer: ['ann', 'cyd', 'dan'] });
      await change(true);
      await settlesAt({ Outer: ['ann', 'ben', 'cyd', 'dan'] });
    });

    it('follows names of groups and users', async () => {
      await on.do((work) =>
        changeGroup(work, {
          group: outer.id,
          ifMatch: null,
          edit: (state) => ({ ...state, name: 'Outside' }),
        }),
      );
      await settlesAt({ Outside: ['ann', 'ben', 'cyd', 'dan'] });
      await on.do((work) =>
        changeUser(work, {
          user: user('dan').id,
          ifMatch: null,
          edit: (state) => ({ ...state, userName: 'daniel' }),
        }),
      );
      await settlesAt({ Outside: ['ann', 'ben', 'cyd', 'daniel'] });
    });

    it('follows an un-nesting down to nobody, and back', async () => {
      const edit = (action: 'add' | 'remove', members: readonly (GroupRow | UserRow)[]) =>
        on.do((work) =>
          editMembers(work, {
            group: outer.id,
            steps: [{ do: action, members: members.map(({ id }) => id) }],
          }),
        );
      await edit('remove', [inner, user('ann'), user('cyd')]);
      await settlesAt(counterpart.emptyGroupsVanish === true ? {} : { Outside: [] });
      await edit('add', [inner, user('ann'), user('cyd')]);
      await settlesAt({ Outside: ['ann', 'ben', 'cyd', 'daniel'] });
    });

    it('is told which roles somebody holds, and when they end (O-10)', async () => {
      const { rolesOf } = counterpart;
      if (rolesOf === undefined) return;
      const confer = (group: GroupRow, roles: readonly string[]) =>
        on.do((work) => setGroupRoles(work, { group: group.id, roles, at: 'change' }));
      const told = (roles: Record<string, readonly string[]>): Promise<void> =>
        eventually(async () => {
          for (const [name, wanted] of Object.entries(roles)) {
            expect([...(await rolesOf(name))].sort()).toEqual(wanted);
          }
        });
      await confer(outer, ['member']);
      await confer(inner, ['publisher']);
      await told({ ben: ['member', 'publisher'], ann: ['member'] });
      await confer(outer, []);
      await told({ ben: ['publisher'], ann: [] });
      await confer(inner, []);
      await told({ ben: [], ann: [] });
    });

    it('loses a deleted user, and says what it holds by its ledger', async () => {
      await on.do((work) => deleteUser(work, { user: user('ann').id, ifMatch: null }));
      await settlesAt({ Outside: ['ben', 'cyd', 'daniel'] });
      await eventually(async () => {
        const status = await showTarget(on.targets, 'in step');
        expect(status.pending).toMatchObject({ usersCreated: 0, membersAdded: 0, membersRemoved: 0 });
        expect(status.holds).toMatchObject({ groups: 1, members: 3 });
      });
    });
  });
}
