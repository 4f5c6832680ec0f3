import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { addMember, removeMember } from '../../src/directory/memberships.ts';
import { cancelRequest, denyRequest, joinGroup } from '../../src/directory/requests.ts';
import { changeUser } from '../../src/directory/users.ts';
import { expireRequests } from '../../src/directory/waiting-requests.ts';
import { listJoinable } from '../../src/store/effective/joinable.ts';
import { listInbox } from '../../src/store/inbox.ts';
import { findRequest } from '../../src/store/requests.ts';
import { type Cast, codeOf, openCast } from './cast.ts';

describe('joining and leaving', () => {
  let cast: Cast;
  beforeAll(async () => {
    cast = await openCast();
  });
  afterAll(() => cast.close());

  const listed = async (user: { n: number }): Promise<string[]> =>
    (await listJoinable(cast.database, user.n as never, { after: 0, limit: 1_000 })).map(({ name }) => name);

  it('J-01: nobody lists, joins or leaves an internal group, and no request is made', async () => {
    const user = await cast.asker('j01');
    const group = await cast.make('j01', { internal: true, open: true, public: true });
    expect(await listed(user)).not.toContain('j01');
    expect(await codeOf(cast.join(user, group))).toBe('group.internal');
    await cast.do((work) => addMember(work, { group: group.id, member: user.id }));
    expect(await codeOf(cast.leave(user, group))).toBe('group.internal');
    const rows = await cast.database.rows({ text: 'select from join_request where group_n = $1' }, [group.n]);
    expect(rows).toHaveLength(0);
  });

  it('J-02: a hidden group is not listed, but joined by who has its link', async () => {
    const user = await cast.asker('j02');
    const group = await cast.make('j02', { hidden: true, open: true });
    expect(await listed(user)).not.toContain('j02');
    expect(await cast.join(user, group)).toEqual({ outcome: 'joined' });
  });

  it('J-03: joining an open group makes a member at once, told as done by the user', async () => {
    const user = await cast.asker('j03');
    const group = await cast.make('j03', { open: true });
    expect(await listed(user)).toContain('j03');
    expect(await cast.join(user, group)).toEqual({ outcome: 'joined' });
    expect(await cast.members(group)).toEqual(['j03']);
    expect(await listed(user)).not.toContain('j03');
    const [told] = await cast.database.rows<{ actor_kind: string; actor_id: string; source: string }>(
      {
        text: `select c.actor_kind, c.actor_id, s.name as source from change c join source s on s.n = c.source_n
               where c.group_n = $1 and c.type = 'membership.direct'`,
      },
      [group.n],
    );
    expect(told).toEqual({ actor_kind: 'user', actor_id: user.id, source: 'self-service' });
  });

  it('J-04: joining another group makes one request, which leaders and group managers are told of', async () => {
    const [user, leader, manager, stranger] = [
      await cast.asker('j04'),
      await cast.asker('j04 leader'),
      await cast.asker('j04 manager'),
      await cast.asker('j04 stranger'),
    ];
    const led = await cast.make('j04 leaders');
    await cast.do((work) => addMember(work, { group: led.id, member: leader.id }));
    const managers = await cast.make('j04 managers', {}, { permissions: ['groups.manage'] });
    await cast.do((work) => addMember(work, { group: managers.id, member: manager.id }));
    const group = await cast.make('j04', {}, { leaders: [{ type: 'group', id: led.id }] });
    const request = await cast.ask(user, group);
    expect(request).toMatchObject({ kind: 'join', state: 'pending', user_id: user.id, group_id: group.id });
    expect(await cast.members(group)).toEqual([]);
    const toldTo = async (who: { n: number }): Promise<string[]> =>
      (await listInbox(cast.database, who.n as never, { page: { after: 0, limit: 10 }, only: 'all' })).map(
        ({ type }) => type,
      );
    expect([await toldTo(leader), await toldTo(manager), await toldTo(stranger), await toldTo(user)]).toEqual(
      [['request.created'], ['request.created'], [], []],
    );
    await cast.approve(leader, request);
    expect(await cast.members(group)).toEqual(['j04']);
    expect(await toldTo(user)).toEqual(['request.approved']);
  });

  it('J-05: members of an open group, or with autoLeave, leave at once', async () => {
    const user = await cast.asker('j05');
    const [open, auto] = [
      await cast.make('j05 open', { open: true }),
      await cast.make('j05 auto', { autoLeave: 'on' }),
    ];
    for (const group of [open, auto]) {
      await cast.as('csv', (work) => addMember(work, { group: group.id, member: user.id }));
      expect(await cast.leave(user, group)).toEqual({ outcome: 'left' });
      expect(await cast.members(group)).toEqual([]);
    }
    const inherits = await cast.make('j05 inherits');
    await cast.do((work) => addMember(work, { group: inherits.id, member: user.id }));
    cast.rules = { ...cast.rules, autoLeave: true };
    expect(await cast.leave(user, inherits)).toEqual({ outcome: 'left' });
    cast.rules = { ...cast.rules, autoLeave: false };
  });

  it('J-06: members of other groups ask to leave, and are out when somebody says so', async () => {
    const [user, leader] = [await cast.asker('j06'), await cast.asker('j06 leader')];
    const group = await cast.make('j06', {}, { leaders: [{ type: 'user', id: leader.id }] });
    await cast.do((work) => addMember(work, { group: group.id, member: user.id }));
    const granted = await cast.leave(user, group);
    expect(granted).toMatchObject({ outcome: 'requested', request: { kind: 'leave' } });
    expect(await cast.members(group)).toEqual(['j06']);
    if (granted.outcome === 'requested') await cast.approve(leader, granted.request);
    expect(await cast.members(group)).toEqual([]);
  });

  it('J-07: a second request of the same kind is refused', async () => {
    const user = await cast.asker('j07');
    const group = await cast.make('j07');
    await cast.ask(user, group);
    expect(await codeOf(cast.join(user, group))).toBe('request.pending');
  });

  it('J-07: a request that was overtaken makes room for one of the other kind', async () => {
    const user = await cast.asker('j07 overtaken');
    const group = await cast.make('j07 overtaken');
    const request = await cast.ask(user, group);
    await cast.do((work) => addMember(work, { group: group.id, member: user.id }));
    expect(await cast.leave(user, group)).toMatchObject({ outcome: 'requested', request: { kind: 'leave' } });
    expect(await findRequest(cast.database, request.id)).toMatchObject({ state: 'cancelled' });
  });

  it('J-08: a member, directly or through another group, does not join', async () => {
    const [user, nested] = [await cast.asker('j08'), await cast.asker('j08 nested')];
    const inner = await cast.make('j08 inner');
    const group = await cast.make('j08', { open: true });
    await cast.do(async (work) => {
      await addMember(work, { group: group.id, member: user.id });
      await addMember(work, { group: inner.id, member: nested.id });
      await addMember(work, { group: group.id, member: inner.id });
    });
    expect(await codeOf(cast.join(user, group))).toBe('join.already_member');
    expect(await codeOf(cast.join(nested, group))).toBe('join.already_member');
    expect(await codeOf(cast.leave(nested, group))).toBe('leave.indirect');
    expect(await codeOf(cast.leave(await cast.asker('j08 other'), group))).toBe('leave.not_member');
  });

  it('J-09: without groups.request a group that is not public is neither listed nor joined, nor approved', async () => {
    const [user, leader] = [await cast.user('j09'), await cast.asker('j09 leader')];
    const group = await cast.make('j09', { open: true });
    expect(await listed(user)).not.toContain('j09');
    expect(await codeOf(cast.join(user, group))).toBe('join.not_permitted');
    const asked = await cast.make('j09 asked', {}, { leaders: [{ type: 'user', id: leader.id }] });
    await cast.do((work) => addMember(work, { group: cast.member.id, member: user.id }));
    const request = await cast.ask(user, asked);
    await cast.database.rows({ text: 'delete from assertion where group_n = $1 and member_n = $2' }, [
      cast.member.n,
      user.n,
    ]);
    expect(await codeOf(cast.approve(leader, request))).toBe('join.not_permitted');
    expect(await findRequest(cast.database, request.id)).toMatchObject({ state: 'pending' });
  });

  it('J-10: a public group is joined without that permission', async () => {
    const user = await cast.user('j10');
    const group = await cast.make('j10', { open: true, public: true });
    expect(await listed(user)).toEqual(['j10']);
    expect(await cast.join(user, group)).toEqual({ outcome: 'joined' });
    const asked = await cast.make('j10 asked', { public: true });
    expect(await cast.join(user, asked)).toMatchObject({ outcome: 'requested' });
  });

  it('J-12: groups of a source are left to it, automatic ones to the facts', async () => {
    const user = await cast.asker('j12');
    const reserved = await cast.make('j12', { open: true, reservedTo: 'csv' });
    expect(await codeOf(cast.join(user, reserved))).toBe('group.reserved');
    await cast.as('csv', (work) => addMember(work, { group: reserved.id, member: user.id }));
    expect(await codeOf(cast.leave(user, reserved))).toBe('group.reserved');
    const rule = await cast.make('j12 rule', { open: true });
    await cast.database.rows({ text: `update groups set kind = 'rule' where n = $1` }, [rule.n]);
    expect(await codeOf(cast.join(user, rule))).toBe('group.automatic');
    expect(await listed(user)).not.toContain('j12');
  });

  it('J-13: a request is decided once, by whom and why is kept, and the other kind is not decided by mistake', async () => {
    const [user, leader] = [await cast.asker('j13'), await cast.asker('j13 leader')];
    const group = await cast.make('j13', {}, { leaders: [{ type: 'user', id: leader.id }] });
    const request = await cast.ask(user, group);
    const decide = (kind: 'join' | 'leave') =>
      cast.by(leader, 'self-service', (work) =>
        denyRequest(work, { request: request.id, reason: 'full', kind }),
      );
    expect(await codeOf(decide('leave'))).toBe('request.other_kind');
    expect(await decide('join')).toMatchObject({
      state: 'denied',
      decided_by_kind: 'user',
      decided_by_id: leader.id,
      decision_reason: 'full',
    });
    expect(await codeOf(cast.approve(leader, request))).toBe('request.decided');
    const log = await cast.database.rows<{ type: string; reason: string | null; actor_id: string }>(
      {
        text: `select c.type, p.reason, c.actor_id from change c left join change_personal p on p.seq = c.seq
               where c.group_n = $1 and c.type like 'request.%' order by c.seq`,
      },
      [group.n],
    );
    expect(log).toEqual([
      { type: 'request.created', reason: null, actor_id: user.id },
      { type: 'request.denied', reason: 'full', actor_id: leader.id },
    ]);
  });

  it('J-13: only who made a request takes it back', async () => {
    const [user, other] = [await cast.asker('j13 cancel'), await cast.asker('j13 other')];
    const request = await cast.ask(user, await cast.make('j13 cancel'));
    const cancel = (who: typeof user) =>
      cast.by(who, 'self-service', (work) => cancelRequest(work, { request: request.id, reason: null }));
    expect(await codeOf(cancel(other))).toBe('request.not_found');
    expect(await cancel(user)).toMatchObject({ state: 'cancelled' });
  });

  it('J-13: a request whose time is over expires, and whoever made it is told', async () => {
    const user = await cast.asker('j13 late');
    const request = await cast.ask(user, await cast.make('j13 late'));
    await cast.database.rows(
      { text: `update join_request set expires_at = now() - interval '1 s' where n = $1` },
      [request.n],
    );
    expect(await expireRequests(cast.directory)).toBe(1);
    expect(await findRequest(cast.database, request.id)).toMatchObject({ state: 'expired' });
    const [told] = await listInbox(cast.database, user.n, { page: { after: 0, limit: 1 }, only: 'unread' });
    expect(told).toMatchObject({ type: 'request.expired', request_id: request.id });
  });

  it('nobody joins for somebody else, and who is not active joins nothing', async () => {
    const [user, other] = [await cast.asker('for other'), await cast.asker('other')];
    const group = await cast.make('for other', { open: true });
    const forOther = cast.by(user, 'self-service', (work) =>
      joinGroup(work, { group: group.id, user: other.id, reason: null }),
    );
    expect(await codeOf(forOther)).toBe('actor.not_allowed');
    await cast.do((work) =>
      changeUser(work, { user: other.id, ifMatch: null, edit: (state) => ({ ...state, active: false }) }),
    );
    const asInactive = cast.do((work) => joinGroup(work, { group: group.id, user: other.id, reason: null }));
    expect(await codeOf(asInactive)).toBe('user.inactive');
  });

  it('D-02: leaving ends a membership whoever asserted it', async () => {
    const user = await cast.asker('d02');
    const group = await cast.make('d02', { open: true });
    await cast.as('csv', (work) => addMember(work, { group: group.id, member: user.id }));
    await cast.do((work) => addMember(work, { group: group.id, member: user.id }));
    await cast.leave(user, group);
    expect(await cast.members(group)).toEqual([]);
    await cast.do((work) => removeMember(work, { group: group.id, member: user.id }));
  });
});
