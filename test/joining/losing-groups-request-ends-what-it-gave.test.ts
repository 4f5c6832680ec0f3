import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { governGroup, grantPermission, revokePermission } from '../../src/directory/governance.ts';
import { deleteGroup } from '../../src/directory/groups.ts';
import { endExpiredMemberships } from '../../src/directory/expiry.ts';
import { addMember, editMembers, removeMember } from '../../src/directory/memberships.ts';
import { changeUser } from '../../src/directory/users.ts';
import type { GroupRow } from '../../src/store/groups.ts';
import { findRequest } from '../../src/store/requests.ts';
import type { UserRow } from '../../src/store/users.ts';
import { type Cast, codeOf, openCast } from './cast.ts';

describe('J-11: losing groups.request', () => {
  let cast: Cast;
  beforeAll(async () => {
    cast = await openCast();
  });
  afterAll(() => cast.close());

  interface Ground {
    readonly user: UserRow;
    readonly letting: GroupRow;
    readonly groups: Readonly<Record<'self' | 'console' | 'csv' | 'both' | 'public' | 'internal', GroupRow>>;
    readonly request: string;
  }

  /** A user who may ask through a group of its own, with memberships of every kind and a request. */
  const prepare = async (name: string): Promise<Ground> => {
    const letting = await cast.make(`${name} letting`, {}, { permissions: ['groups.request'] });
    const user = await cast.user(name);
    await cast.as('csv', (work) => addMember(work, { group: letting.id, member: user.id }));
    const groups = {
      self: await cast.make(`${name} self`, { open: true }),
      console: await cast.make(`${name} console`),
      csv: await cast.make(`${name} csv`),
      both: await cast.make(`${name} both`, { open: true }),
      public: await cast.make(`${name} public`, { open: true, public: true }),
      internal: await cast.make(`${name} internal`, { internal: true }),
    };
    for (const group of [groups.self, groups.both, groups.public]) await cast.join(user, group);
    for (const group of [groups.console, groups.internal])
      await cast.do((work) => addMember(work, { group: group.id, member: user.id }));
    for (const group of [groups.csv, groups.both])
      await cast.as('csv', (work) => addMember(work, { group: group.id, member: user.id }));
    const request = (await cast.ask(user, await cast.make(`${name} asked`))).id;
    return { user, letting, groups, request };
  };
  const left = async ({ user, groups }: Ground): Promise<readonly string[]> => {
    const kept: string[] = [];
    for (const [name, group] of Object.entries(groups))
      if ((await cast.members(group)).includes(user.user_name ?? '')) kept.push(name);
    return kept;
  };
  const expectLost = async (ground: Ground): Promise<void> => {
    expect(await left(ground)).toEqual(['csv', 'both', 'public']);
    expect(await findRequest(cast.database, ground.request)).toMatchObject({ state: 'cancelled' });
  };

  it('by a removal, in its transaction: memberships of self-service and the console in groups not public, and requests', async () => {
    const ground = await prepare('removed');
    await cast.as('csv', (work) => removeMember(work, { group: ground.letting.id, member: ground.user.id }));
    await expectLost(ground);
    const reasons = await cast.database.rows<{ reason: string }>(
      { text: `select distinct reason from change where group_n = $1 and removed is not null` },
      [ground.groups.self.n],
    );
    expect(reasons).toEqual([{ reason: 'groups.request was lost' }]);
  });

  it('by leaving, by a deleted group, by a revoked permission, by time, by an un-nesting', async () => {
    const leaving = await prepare('leaving');
    await cast.do((work) =>
      governGroup(work, { group: leaving.letting.id, permissions: ['groups.request'], at: 'change' }),
    );
    await cast.database.rows({ text: 'update groups set open = true where n = $1' }, [leaving.letting.n]);
    await cast.leave(leaving.user, leaving.letting);
    await expectLost(leaving);

    const deleted = await prepare('deleted');
    await cast.do((work) => deleteGroup(work, { group: deleted.letting.id, ifMatch: null }));
    await expectLost(deleted);

    const revoked = await prepare('revoked');
    await cast.do((work) => governGroup(work, { group: revoked.letting.id, permissions: [], at: 'change' }));
    await expectLost(revoked);

    const over = await prepare('over');
    await cast.database.rows({ text: `update assertion set expires_at = now() where group_n = $1` }, [
      over.letting.n,
    ]);
    await endExpiredMemberships(cast.directory);
    await expectLost(over);

    const unnested = await prepare('unnested');
    const outer = await cast.make('unnested outer', {}, { permissions: ['groups.request'] });
    await cast.do(async (work) => {
      await addMember(work, { group: outer.id, member: unnested.letting.id });
      await governGroup(work, { group: unnested.letting.id, permissions: [], at: 'change' });
    });
    expect(await left(unnested)).toContain('self');
    await cast.do((work) => removeMember(work, { group: outer.id, member: unnested.letting.id }));
    await expectLost(unnested);
  });

  it('and only who loses it loses anything', async () => {
    const ground = await prepare('kept');
    await cast.do((work) => addMember(work, { group: cast.member.id, member: ground.user.id }));
    await cast.as('csv', (work) => removeMember(work, { group: ground.letting.id, member: ground.user.id }));
    expect(await left(ground)).toHaveLength(6);
    await cast.do((work) =>
      changeUser(work, {
        user: ground.user.id,
        ifMatch: null,
        edit: (state) => ({ ...state, active: false }),
      }),
    );
    expect(await left(ground)).toHaveLength(6);
  });

  it('also of a user who was granted it, and with requestLoss all whoever asserted the membership', async () => {
    const ground = await prepare('granted');
    await cast.do((work) => grantPermission(work, { user: ground.user.id, permission: 'groups.request' }));
    await cast.as('csv', (work) => removeMember(work, { group: ground.letting.id, member: ground.user.id }));
    expect(await left(ground)).toHaveLength(6);
    const admin = await cast.user('granter');
    await cast.do((work) => grantPermission(work, { user: admin.id, permission: 'admin' }));
    cast.rules = { ...cast.rules, requestLoss: 'all' };
    await cast.by(admin, 'console', (work) =>
      revokePermission(work, { user: ground.user.id, permission: 'groups.request' }),
    );
    cast.rules = { ...cast.rules, requestLoss: 'own' };
    expect(await left(ground)).toEqual(['public']);
  });

  it('leaves nobody in a group by a request that is approved beside it', async () => {
    for (let round = 0; round < 10; round += 1) {
      const leader = await cast.asker(`race leader ${round}`);
      const user = await cast.asker(`race ${round}`);
      const group = await cast.make(`race ${round}`, {}, { leaders: [{ type: 'user', id: leader.id }] });
      const request = await cast.ask(user, group);
      await Promise.all([
        codeOf(cast.approve(leader, request)),
        cast.as('csv', (work) =>
          editMembers(work, { group: cast.member.id, steps: [{ do: 'remove', members: [user.id] }] }),
        ),
      ]);
      expect(await cast.members(group)).toEqual([]);
    }
  });
});
