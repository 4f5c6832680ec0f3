import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { GroupRow } from '../../src/store/groups.ts';
import type { UserRow } from '../../src/store/users.ts';
import { type Doors, openDoors } from './doors.ts';

describe('the commands of groups and who governs them', () => {
  let doors: Doors;
  beforeAll(async () => {
    doors = await openDoors();
  });
  afterAll(() => doors.close());

  /** Runs with --json; answers the exit code and what was said. */
  const run = async (...words: string[]): Promise<{ code: number; said: Record<string, unknown> }> => {
    const { code, out, err } = await doors.run(...words, '--json');
    const text = out === '' ? err : out;
    return { code, said: text.startsWith('{') ? (JSON.parse(text) as Record<string, unknown>) : { text } };
  };
  const list = async (...words: string[]): Promise<readonly Record<string, unknown>[]> =>
    JSON.parse((await doors.run(...words, '--json')).out) as Record<string, unknown>[];
  let count = 0;
  const crowd = async (
    size: number,
    permissions: readonly string[] = [],
  ): Promise<{ group: GroupRow; users: readonly UserRow[] }> => {
    count += 1;
    const group = await doors.make(`crowd ${count}`, {}, { permissions });
    const users: UserRow[] = [];
    for (let at = 0; at < size; at += 1) {
      const user = await doors.user(`crowd ${count} ${at}`);
      await doors.put(group, user);
      users.push(user);
    }
    return { group, users };
  };
  const sizeOf = async ({ n }: GroupRow): Promise<number> =>
    (
      await doors.database.rows(
        { text: 'select distinct member_n from assertion where group_n = $1 and not suppressed' },
        [n],
      )
    ).length;

  it('group create, show, edit: flags, roles, leaders by name; what cannot be taken ends with 2, a taken name with 8', async () => {
    await doors.user('ada');
    await doors.run('role', 'create', 'soloist');
    const made = await run(
      ...[
        'group',
        'create',
        'Choir',
        '--internal',
        'no',
        '--hidden',
        'no',
        '--leaders',
        'ada',
        '--roles',
        'soloist',
      ],
    );
    expect(made).toMatchObject({
      code: 0,
      said: { name: 'Choir', internal: false, open: false, roles: ['soloist'], leaders: [{ type: 'user' }] },
    });
    expect(await run('group', 'edit', 'choir', '--open', 'yes', '--name', 'Big Choir')).toMatchObject({
      code: 0,
      said: { name: 'Big Choir', open: true, leaders: [{ type: 'user' }] },
    });
    expect(await run('group', 'show', 'big choir')).toMatchObject({ code: 0, said: { name: 'Big Choir' } });
    expect(await run('group', 'create', 'BIG CHOIR')).toMatchObject({
      code: 8,
      said: { error: 'group.name_taken' },
    });
    expect(await run('group', 'show', 'nothing')).toMatchObject({
      code: 2,
      said: { error: 'group.not_found' },
    });
    expect(await run('group', 'edit', 'big choir', '--roles', 'none such')).toMatchObject({ code: 2 });
    expect(await run('group', 'edit', 'big choir', '--open', 'maybe')).toMatchObject({ code: 2 });
    expect((await doors.run('group', 'show', 'big choir')).out).toMatch(/^name +Big Choir$/m);
  });

  it('group add, remove: with an end, never a past one, and nothing twice', async () => {
    const [user, group] = [await doors.user('bob'), await doors.make('timed')];
    expect(await run('group', 'add', 'timed', 'bob', '--expires', '90d')).toMatchObject({
      code: 0,
      said: { group: group.id, member: user.id, changed: true },
    });
    const endOf = async (): Promise<Date | null | undefined> =>
      (
        await doors.database.rows<{ expires_at: Date | null }>(
          { text: 'select expires_at from assertion where group_n = $1' },
          [group.n],
        )
      )[0]?.expires_at;
    expect(await run('group', 'add', 'timed', 'bob')).toMatchObject({ code: 0, said: { changed: false } });
    expect((await endOf())?.getTime()).toBeGreaterThan(Date.now() + 89 * 86_400_000);
    expect((await run('group', 'add', 'timed', 'bob', '--expires', '2020-01-01')).code).toBe(2);
    expect(await run('group', 'add', 'timed', 'bob', '--expires', 'never')).toMatchObject({
      code: 0,
      said: { changed: true },
    });
    expect(await endOf()).toBeNull();
    expect(await run('group', 'remove', 'timed', 'bob')).toMatchObject({ code: 0, said: { changed: true } });
    expect(await run('group', 'add', 'timed', 'nobody')).toMatchObject({
      code: 2,
      said: { error: 'user.not_found' },
    });
  });

  it.each<[string, (group: GroupRow) => string[], object]>([
    [
      'deleting',
      ({ id }) => ['group', 'delete', id, '--yes'],
      { kind: 'group-deletion', counts: { membersRemoved: 6 } },
    ],
    ['a rule', ({ id }) => ['group', 'edit', id, '--rule', 'title eq "x"'], { kind: 'rule' }],
  ])(
    'D-31: %s that takes many out is held, ends with 5, and is done once approved',
    async (_, words, expected) => {
      const { group } = await crowd(6);
      const { code, said } = await run(...words(group));
      expect({ code, said }).toMatchObject({ code: 5, said: { ...expected, state: 'held' } });
      expect(await sizeOf(group)).toBe(6);
      const told = await doors.run(...words(group));
      expect([told.code, told.out]).toEqual([5, '']);
      expect(told.err).toMatch(/Held by a guard; nothing was changed\.[^]*muster plan approve [0-9a-f-]{36}/);
      const id = /plan approve ([0-9a-f-]{36})/.exec(told.err)?.[1] ?? '';
      expect((await doors.run('plan', 'approve', id, '--reason', 'right', '--yes')).code).toBe(0);
      const { said: shown } = await run('group', 'show', group.id);
      expect('error' in shown || (await sizeOf(group)) === 0).toBe(true);
    },
  );

  it('D-31, J-11: un-nesting and revoking are held with what ends by the loss of groups.request counted in the plan', async () => {
    for (const way of ['unnest', 'revoke', 'delete', 'rule'] as const) {
      const { group: inner, users } = await crowd(6);
      const outer = await doors.make(`${way} outer`, {}, { permissions: ['groups.request'] });
      await doors.put(outer, inner);
      const joined = await doors.make(`${way} joined`, { open: true });
      for (const user of users) expect((await doors.run('join', joined.id, '--user', user.id)).code).toBe(0);
      const words = {
        unnest: ['group', 'remove', outer.id, inner.name],
        revoke: ['permission', 'revoke', 'groups.request', '--group', outer.id],
        delete: ['group', 'delete', outer.id, '--yes'],
        rule: ['group', 'edit', outer.id, '--rule', 'title eq "x"'],
      }[way];
      const { code, said } = await run(...words);
      expect([way, code]).toEqual([way, 5]);
      // What the console listed in the inner group ends with what they joined.
      expect([way, (said.counts as Record<string, number>).membersRemoved]).toEqual([way, 12]);
      const guards = said.guards as { guard: string; group: { name: string } }[];
      expect(guards).toContainEqual(
        expect.objectContaining({
          guard: 'group-emptied',
          group: expect.objectContaining({ name: joined.name }),
        }),
      );
      expect(await sizeOf(joined)).toBe(6);
      const approved = await doors.run('plan', 'approve', said.id as string, '--reason', 'right', '--yes');
      expect([way, approved.code, await sizeOf(joined)]).toEqual([way, 0, 0]);
    }
  });

  it('join, leave and requests: outcomes, 7 for what is not allowed, 8 for what is in conflict', async () => {
    const [asker, leader] = [await doors.asker('carol'), await doors.user('lead')];
    await doors.make('asked', {}, { leaders: [{ type: 'user', id: leader.id }] });
    const asked = await run('join', 'asked', '--user', 'carol', '--reason', 'I sing');
    expect(asked).toMatchObject({ code: 0, said: { outcome: 'requested', request: { reason: 'I sing' } } });
    const request = (asked.said.request as { id: string }).id;
    expect(await run('join', 'asked', '--user', 'carol')).toMatchObject({
      code: 8,
      said: { error: 'request.pending' },
    });
    expect((await list('requests', 'list', '--group', 'asked')).map(({ id }) => id)).toEqual([request]);
    expect(await run('requests', 'approve', request, '--as', 'carol')).toMatchObject({ code: 7 });
    expect(await run('requests', 'approve', request, '--as', 'lead', '--reason', 'ok')).toMatchObject({
      code: 0,
      said: { state: 'approved', decidedBy: { kind: 'user', id: leader.id }, decisionReason: 'ok' },
    });
    expect(await run('requests', 'deny', request)).toMatchObject({
      code: 8,
      said: { error: 'request.decided' },
    });
    expect(await run('leave', 'asked', '--user', asker.id)).toMatchObject({ said: { outcome: 'requested' } });
    expect((await list('requests', 'list', '--state', 'all', '--user', 'carol')).length).toBe(2);
    expect((await run('requests', 'list', '--state', 'lost')).code).toBe(2);
    await doors.user('dave');
    expect(await run('join', 'asked', '--user', 'dave')).toMatchObject({
      code: 7,
      said: { error: 'join.not_permitted' },
    });
    expect((await doors.run('requests', 'list', '--group', 'asked')).out).toMatch(/^REQUEST +KIND/);
  });

  it('role, permission, reserved, delegation: each lists what it did', async () => {
    const user = await doors.user('eve');
    const group = await doors.make('governed');
    await doors.put(group, user);
    expect((await run('role', 'create', 'conductor', '--protected')).code).toBe(0);
    expect(await run('role', 'create', 'CONDUCTOR')).toMatchObject({
      code: 8,
      said: { error: 'role.name_taken' },
    });
    expect((await run('role', 'unprotect', 'conductor')).code).toBe(0);
    expect((await run('group', 'edit', 'governed', '--roles', 'conductor')).code).toBe(0);
    expect(await run('role', 'delete', 'conductor')).toMatchObject({
      code: 8,
      said: { error: 'role.in_use' },
    });
    expect(await list('role', 'list')).toContainEqual({ name: 'conductor', protected: false, groups: 1 });

    expect((await run('permission', 'grant', 'audit.read', '--user', 'eve')).code).toBe(0);
    expect((await run('permission', 'grant', 'groups.request', '--group', 'governed')).code).toBe(0);
    expect((await run('permission', 'grant', 'nonsense', '--group', 'governed')).code).toBe(2);
    expect((await run('permission', 'grant', 'admin')).code).toBe(2);
    const held = await list('permission', 'list');
    expect(held).toContainEqual({
      permission: 'audit.read',
      holder: { type: 'user', id: user.id, name: 'eve' },
    });
    expect((await run('permission', 'revoke', 'audit.read', '--user', 'eve')).code).toBe(0);
    expect((await run('permission', 'revoke', 'groups.request', '--group', 'governed')).code).toBe(0);
    expect((await list('permission', 'list')).length).toBe(held.length - 2);

    expect((await run('reserved', 'add', 'root', '--reason', 'too mighty')).code).toBe(0);
    expect(await run('group', 'create', ' ROOT')).toMatchObject({
      code: 7,
      said: { error: 'group.name_reserved', message: expect.stringContaining('too mighty') },
    });
    expect(await list('reserved', 'list')).toEqual([{ name: 'root', reason: 'too mighty' }]);
    expect((await run('reserved', 'remove', 'root')).code).toBe(0);
    expect((await run('group', 'create', 'root')).code).toBe(0);

    // J-11 took eve out with the permission.
    await doors.put(group, user);
    expect(await run('delegation', 'set', 'governed', 'eve', '--add')).toMatchObject({
      code: 0,
      said: { canAdd: true, canRemove: false },
    });
    expect((await run('delegation', 'set', 'governed', 'eve')).code).toBe(2);
    await doors.user('frank');
    expect(await run('delegation', 'set', 'governed', 'frank', '--add')).toMatchObject({
      code: 2,
      said: { error: 'delegation.invalid' },
    });
    expect(await list('delegation', 'list', 'governed')).toMatchObject([{ user: user.id, canAdd: true }]);
    expect((await run('delegation', 'end', 'governed', 'eve')).code).toBe(0);
    expect(await list('delegation', 'list', 'governed')).toEqual([]);
  });
});
