import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { DEFAULT_LIMITS } from '../../src/core/plans/limits.ts';
import { requirePlan } from '../../src/plans/decisions.ts';
import { planUndo } from '../../src/plans/edits/undoing.ts';
import { operationsOf } from '../../src/plans/view.ts';
import type { GroupRow } from '../../src/store/groups.ts';
import type { PlanRow } from '../../src/store/plans/plans.ts';
import type { UserRow } from '../../src/store/users.ts';
import { type ApiServer, startApi } from '../api/api-server.ts';
import { decidingOver, type Deciding, operator } from './deciding.ts';
import { effectivePairs } from './support.ts';

describe('D-31: an edit that takes many out', () => {
  let test: ApiServer;
  let deciding: Deciding;
  let count = 0;
  beforeAll(async () => {
    test = await startApi();
    const { database, directory } = test;
    deciding = decidingOver({
      ...{ database, directory, newId: randomUUID, watchDir: test.watchDir, feeds: new Map() },
      cursorOf: () => '',
    });
  });
  afterAll(() => test.close());

  const crowd = async (size: number): Promise<{ group: GroupRow; users: UserRow[] }> => {
    count += 1;
    const users: UserRow[] = [];
    for (let at = 0; at < size; at += 1) users.push(await test.user(`crowd${count}.${at}`));
    return { group: await test.group(`crowd ${count}`, ...users), users };
  };
  const held = async (method: string, path: string, body?: object): Promise<PlanRow> => {
    const answer = await test.ask(method, path, { body });
    expect(answer).toMatchObject({ status: 202, body: { state: 'held' } });
    const { id } = answer.body as { id: string };
    expect(answer.headers.get('Location')).toBe(`http://localhost/api/v1/plans/${id}`);
    return requirePlan(test.database, id);
  };
  const approve = (plan: PlanRow): Promise<PlanRow> => deciding.approve(plan);
  const sizeOf = async ({ n }: { readonly n: number }): Promise<number> =>
    [...(await effectivePairs(test))].filter((pair) => pair.startsWith(`${n} `)).length;

  it('deleting a group of five waits, and is done once a person approves', async () => {
    const { group } = await crowd(5);
    const plan = await held('DELETE', `/groups/${group.id}`);
    expect(plan).toMatchObject({
      kind: 'group-deletion',
      counts: { groupsDeleted: 1, membersRemoved: 5 },
      people: 5,
      guards: [{ guard: 'group-emptied', group: { name: group.name } }],
    });
    expect((await test.ask('GET', `/groups/${group.id}`)).status).toBe(200);
    const operations = await operationsOf(test.database, plan, { after: 0, limit: 10 });
    expect(operations).toMatchObject([
      { type: 'group.deleted', group: { name: group.name } },
      { type: 'membership.direct', removed: Array.from({ length: 5 }, () => ({ type: 'user' })) },
    ]);
    expect(await approve(plan)).toMatchObject({ state: 'applied' });
    expect((await test.ask('GET', `/groups/${group.id}`)).status).toBe(404);
  });

  it('deleting a smaller one is done at once, and its plan is kept', async () => {
    const { group } = await crowd(4);
    expect((await test.ask('DELETE', `/groups/${group.id}`)).status).toBe(204);
    const list = await test.ask('GET', '/plans?kind=group-deletion&state=applied&limit=1');
    expect(list.body).toMatchObject({
      items: [{ title: `Deletion of the group ${group.name}`, counts: { membersRemoved: 4 } }],
    });
  });

  it('un-nesting counts who stops being an effective member, at every depth', async () => {
    const { group: inner } = await crowd(8);
    const middle = await test.group(`middle ${count}`, inner);
    const outer = await test.group(`outer ${count}`, middle);
    const plan = await held('DELETE', `/groups/${middle.id}/members/groups/${inner.id}`);
    expect(plan).toMatchObject({ kind: 'nesting', counts: { nestingsRemoved: 1 }, people: 8 });
    expect(plan.guards.map(({ guard, group }) => [guard, group?.name])).toEqual([
      ['group-emptied', middle.name],
      ['group-emptied', outer.name],
    ]);
    expect(await sizeOf(outer)).toBe(8);
    await approve(plan);
    expect(await sizeOf(outer)).toBe(0);
    expect(await sizeOf(inner)).toBe(8);
  });

  it('nobody nests or un-nests a group past the guards by calling it a user, nor the other way round', async () => {
    const { group: inner, users } = await crowd(8);
    const outer = await test.group(`called ${count}`, inner);
    const other = await test.group(`calling ${count}`);
    const [user] = users;
    expect((await test.ask('DELETE', `/groups/${outer.id}/members/users/${inner.id}`)).status).toBe(204);
    expect((await test.ask('DELETE', `/groups/${inner.id}/members/groups/${user?.id}`)).status).toBe(204);
    expect([await sizeOf(outer), await sizeOf(inner)]).toEqual([8, 8]);
    for (const path of [`users/${inner.id}`, `groups/${user?.id}`]) {
      const answer = await test.ask('PUT', `/groups/${other.id}/members/${path}`);
      expect(answer).toMatchObject({ status: 404, body: { code: 'member.not_found' } });
    }
    expect(await sizeOf(other)).toBe(0);
  });

  it('a nesting is refused as the write itself would be, before any plan', async () => {
    const { group } = await crowd(1);
    const answer = await test.ask('PUT', `/groups/${group.id}/members/groups/${group.id}`);
    expect(answer).toMatchObject({ status: 409, body: { code: 'nesting.cycle' } });
  });

  it('what was asked for later than it was approved is stale', async () => {
    const { group } = await crowd(6);
    const plan = await held('DELETE', `/groups/${group.id}`);
    const late = await test.user(`late${count}`);
    await test.ask('PUT', `/groups/${group.id}/members/users/${late.id}`);
    await expect(approve(plan)).rejects.toMatchObject({
      code: 'plan.stale',
      message: expect.stringContaining('takes its place'),
    });
    expect(await sizeOf(group)).toBe(7);
  });

  it('what cannot be done any more is stale', async () => {
    const { group, users } = await crowd(5);
    const plan = await held('DELETE', `/groups/${group.id}`);
    for (const { id } of users) await test.ask('DELETE', `/groups/${group.id}/members/users/${id}`);
    expect((await test.ask('DELETE', `/groups/${group.id}`)).status).toBe(204);
    await expect(approve(plan)).rejects.toMatchObject({ code: 'plan.stale' });
  });

  it('an applied plan is undone by a plan of its own, once a person approves that', async () => {
    const { group: inner } = await crowd(9);
    const outer = await test.group(`undone ${count}`, inner);
    const plan = await approve(await held('DELETE', `/groups/${outer.id}/members/groups/${inner.id}`));
    expect(await sizeOf(outer)).toBe(0);
    const edits = { directory: test.directory, guards: DEFAULT_LIMITS };
    const undo = await planUndo(edits, plan, operator);
    expect(undo).toMatchObject({
      kind: 'undo',
      state: 'held',
      undoes: plan.id,
      counts: { nestingsAdded: 1 },
    });
    expect(await sizeOf(outer)).toBe(0);
    await approve(undo);
    expect(await sizeOf(outer)).toBe(9);
    const gone = await crowd(1);
    await test.ask('DELETE', `/groups/${gone.group.id}`);
    const list = await test.ask('GET', '/plans?kind=group-deletion&state=applied&limit=1');
    const [deletion] = (list.body as { items: { id: string }[] }).items;
    const refused = await test.ask('POST', `/plans/${deletion?.id}/undo`);
    expect(refused).toMatchObject({ status: 409, body: { code: 'plan.not_undoable' } });
  });

  it('a nesting is undone by taking it out again', async () => {
    const { group: inner } = await crowd(2);
    const outer = await test.group(`nested ${count}`);
    expect((await test.ask('PUT', `/groups/${outer.id}/members/groups/${inner.id}`)).status).toBe(201);
    const list = await test.ask('GET', '/plans?kind=nesting&state=applied&limit=1');
    const [nesting] = (list.body as { items: { id: string }[] }).items;
    const undo = await test.ask('POST', `/plans/${nesting?.id}/undo`);
    expect(undo).toMatchObject({ status: 201, body: { state: 'held', counts: { nestingsRemoved: 1 } } });
    await approve(await requirePlan(test.database, (undo.body as { id: string }).id));
    expect(await sizeOf(outer)).toBe(0);
  });

  it('J-20: a protected group is not touched without a person', async () => {
    const protectedGroup = await test.group(`protected ${count}`);
    const child = await test.group(`child ${count}`);
    await test.database.rows(
      { text: `insert into permission_grant (holder_n, permission) values ($1, 'users.manage')` },
      [protectedGroup.n],
    );
    const plan = await held('PUT', `/groups/${protectedGroup.id}/members/groups/${child.id}`);
    expect(plan.guards).toMatchObject([{ guard: 'protected-group', group: { name: protectedGroup.name } }]);
    // Whoever is put in while the plan waits does not get what the group gives by the way.
    const late = await test.user(`slips in ${count}`);
    await test.ask('PUT', `/groups/${child.id}/members/users/${late.id}`);
    await expect(approve(plan)).rejects.toMatchObject({ code: 'plan.stale' });
    expect(await sizeOf(protectedGroup)).toBe(0);
    const waiting = await test.ask('GET', '/plans?kind=nesting&state=held&limit=1');
    const [anew] = (waiting.body as { items: { id: string }[] }).items;
    await approve(await requirePlan(test.database, anew?.id ?? ''));
    expect(await sizeOf(protectedGroup)).toBe(1);
    const outside = await test.group(`outside ${count}`);
    const other = await held('PUT', `/groups/${protectedGroup.id}/members/groups/${outside.id}`);
    expect(await approve(other)).toMatchObject({ state: 'applied' });
    // What is given its first permission was not protected before, and nobody loses anything by it.
    const plain = await test.group(`plain ${count}`);
    const granted = await test.ask('PATCH', `/groups/${plain.id}`, { body: { permissions: ['audit.read'] } });
    expect(granted).toMatchObject({ status: 200, body: { permissions: ['audit.read'] } });
    const more = await test.ask('PATCH', `/groups/${plain.id}`, { body: { permissions: ['admin'] } });
    expect(more.status).toBe(202);
  });

  it('tokens read plans and decide nothing; unknown ones are not found', async () => {
    const { group } = await crowd(5);
    const plan = await held('DELETE', `/groups/${group.id}`);
    const path = `/plans/${plan.id}`;
    expect((await test.ask('GET', path)).body).toMatchObject({
      id: plan.id,
      groups: [{ group: { id: group.id }, leaving: 5, members: 5 }],
      targets: [],
    });
    const refused = await test.ask('POST', `${path}/approve`, { body: { hash: plan.hash, reason: 'r' } });
    expect(refused).toMatchObject({ status: 403, body: { code: 'plan.people_only' } });
    expect((await test.ask('POST', `${path}/reject`, { body: { reason: 'r' } })).status).toBe(403);
    expect((await test.ask('GET', `/plans/${randomUUID()}`)).status).toBe(404);
    expect((await test.ask('GET', '/plans?state=waiting')).status).toBe(400);
    const first = (await test.ask('GET', '/plans?limit=2')).body as { items: { id: string }[]; next: string };
    const second = (await test.ask('GET', `/plans?limit=2&cursor=${first.next}`)).body as typeof first;
    const ids = [...first.items, ...second.items].map(({ id }) => id);
    expect(new Set(ids).size).toBe(4);
  });
});
