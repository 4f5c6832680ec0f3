import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { PlanView } from '../../src/plans/view.ts';
import type { GroupRow } from '../../src/store/groups.ts';
import type { UserRow } from '../../src/store/users.ts';
import { type Ask, type Doors, openDoors } from '../joining/doors.ts';
import { eventually } from '../support/eventually.ts';
import { effectivePairs } from './support.ts';

/** What is to be lost, and how much of it there is. */
interface Ground {
  readonly name: string;
  /** The group that people are taken out of. */
  readonly group: GroupRow;
  readonly users: readonly UserRow[];
  /** Puts somebody more in harm's way. */
  readonly more: () => Promise<void>;
}

interface Way {
  readonly kind: string;
  readonly prepare: (name: string) => Promise<Ground>;
  /** Asks for it; answers the plan that is held. */
  readonly overApi: (ground: Ground) => Promise<string>;
  readonly atCommandLine: (ground: Ground) => Promise<string>;
  /** Why an applied one cannot be undone; null where it can. */
  readonly lasting: RegExp | null;
}

const CROWD = 25;

describe('D-30, D-31, D-32: what takes many out', () => {
  let doors: Doors;
  let approver: Ask;
  beforeAll(async () => {
    doors = await openDoors();
    approver = await doors.session(await doors.holder('approver', 'plans.approve'));
  });
  afterAll(() => doors.close());

  const people = async (name: string, count: number): Promise<UserRow[]> => {
    const users: UserRow[] = [];
    for (let at = 0; at < count; at += 1) users.push(await doors.user(`${name} ${at}`));
    return users;
  };
  const crowd = async (name: string): Promise<Ground> => {
    const users = await people(name, CROWD);
    const group = await doors.group(name, ...users);
    const more = async (): Promise<void> => doors.put(group, await doors.user(`${name} late`));
    return { name, group, users, more };
  };
  const nested = async (name: string): Promise<Ground> => {
    const { group: inner, users, more } = await crowd(`${name} inner`);
    return { name, group: await doors.group(name, inner), users, more };
  };
  /** People whom a feed of that name has put there, and somebody whom it puts there later. */
  const fed = async (name: string): Promise<Ground> => {
    const users = await people(name, CROWD);
    await doors.user(`${name} late`);
    await doors.do(({ tx }) =>
      tx.rows({ text: `insert into source (name, kind) values ($1, 'feed')` }, [name]),
    );
    const put = (at: number | 'late'): string => `${name},,${name} ${at},,`;
    await doors.feed(
      users.map((_, at) => put(at)),
      name,
    );
    const [group] = await doors.database.rows<GroupRow>({ text: 'select * from groups where name = $1' }, [
      name,
    ]);
    if (group === undefined) throw new Error('The feed made no group.');
    const more = async (): Promise<void> => {
      await doors.feed([put('late')], name);
    };
    return { name, group, users, more };
  };
  const deletions = ({ name }: Ground): string =>
    ['group,username,role,isgroup,action']
      .concat(Array.from({ length: CROWD }, (_, at) => `${name},${name} ${at},,,delete`))
      .concat(`${name},${name} late,,,delete\n`)
      .join('\n');
  const heldBy = async (method: string, path: string, body?: unknown): Promise<string> => {
    const answer = await doors.ask(method, path, { body });
    expect(answer).toMatchObject({ status: 202, body: { state: 'held' } });
    return (answer.body as PlanView).id;
  };
  const heldAt = async (...words: readonly string[]): Promise<string> => {
    const { code, out, err } = await doors.run(...words);
    const id = /muster plan approve ([0-9a-f-]{36})/.exec(err)?.[1] ?? '';
    expect({ code, out, err, id }).toMatchObject({
      code: 5,
      err: expect.stringContaining('Held by a guard; nothing was changed.'),
      id: expect.stringMatching(/./),
    });
    return id;
  };
  const nesting = async ({ group }: Ground): Promise<string> => {
    const [row] = await doors.database.rows<{ id: string }>(
      {
        text: `select m.id from assertion a join groups m on m.n = a.member_n where a.group_n = $1 and a.member_kind = 'g'`,
      },
      [group.n],
    );
    return row?.id ?? '';
  };

  const ways: Readonly<Record<string, Way>> = {
    'a file of a feed': {
      kind: 'feed',
      prepare: crowd,
      overApi: async (ground) => {
        const taken = await doors.ask('POST', `/imports?file=${encodeURIComponent(ground.name)}.csv`, {
          body: deletions(ground),
          headers: { 'Content-Type': 'text/csv' },
        });
        expect(taken.status).toBe(202);
        const { id } = taken.body as { id: string };
        return eventually(async () => {
          const answer = await doors.ask('GET', `/imports/${id}`);
          const run = answer.body as { state: string; plan: string };
          expect(run.state).toBe('held');
          return run.plan;
        });
      },
      atCommandLine: async (ground) => {
        const path = join(doors.watchDir, '..', `${ground.group.id}.csv`);
        await writeFile(path, deletions(ground));
        return heldAt('import', path);
      },
      lasting: null,
    },
    'the deletion of a group': {
      kind: 'group-deletion',
      prepare: crowd,
      overApi: ({ group }) => heldBy('DELETE', `/groups/${group.id}`),
      atCommandLine: ({ group }) => heldAt('group', 'delete', group.id, '--yes'),
      lasting: /what is deleted does not come back/,
    },
    'un-nesting': {
      kind: 'nesting',
      prepare: nested,
      overApi: async (ground) =>
        heldBy('DELETE', `/groups/${ground.group.id}/members/groups/${await nesting(ground)}`),
      atCommandLine: async (ground) => heldAt('group', 'remove', ground.group.id, await nesting(ground)),
      lasting: null,
    },
    'an edit of a rule': {
      kind: 'rule',
      prepare: async (name) => {
        const rule = `title eq "${name}"`;
        const titled = { attributes: { title: name } };
        const users = await people(name, CROWD);
        for (const { id } of users) await doors.ask('PATCH', `/users/${id}`, { body: titled });
        const late = await doors.user(`${name} late`);
        const made = await doors.ask('POST', '/groups', { body: { name, rule } });
        expect(made.status).toBe(201);
        const [group] = await doors.database.rows<GroupRow>(
          { text: 'select * from groups where name = $1' },
          [name],
        );
        if (group === undefined) throw new Error('There is no group.');
        const more = async (): Promise<void> => {
          await doors.ask('PATCH', `/users/${late.id}`, { body: titled });
        };
        return { name, group, users, more };
      },
      overApi: ({ group }) => heldBy('PATCH', `/groups/${group.id}`, { rule: 'title eq "nobody"' }),
      atCommandLine: ({ group }) => heldAt('group', 'edit', group.id, '--rule', 'title eq "nobody"'),
      lasting: /rule/,
    },
    'retiring a source': {
      kind: 'source-retirement',
      prepare: fed,
      overApi: ({ name }) => heldBy('POST', `/sources/${encodeURIComponent(name)}/retire`, {}),
      atCommandLine: ({ name }) => heldAt('source', 'retire', name, '--yes'),
      lasting: /retired/,
    },
  };

  const sizeOf = async ({ group }: Ground): Promise<number> =>
    [...(await effectivePairs(doors))].filter((pair) => pair.startsWith(`${group.n} `)).length;
  const shown = async (id: string): Promise<PlanView> => {
    const answer = await approver('GET', `/plans/${id}`);
    expect(answer.status).toBe(200);
    return answer.body as PlanView;
  };

  it.each(Object.entries(ways))(
    '%s: over the API it is shown, replaced by a newer one, approved by its hash with a reason, stale where it would take more, and undone',
    async (word, { kind, prepare, overApi, lasting }) => {
      const ground = await prepare(`api ${word}`);
      const first = await shown(await overApi(ground));
      expect(first).toMatchObject({ kind, state: 'held', people: CROWD });
      expect(first.guards.length).toBeGreaterThan(0);
      const second = await shown(await overApi(ground));
      expect(await shown(first.id)).toMatchObject({ state: 'replaced', replacedBy: second.id });
      const approve = ({ id, hash }: PlanView, reason = 'it is right') =>
        approver('POST', `/plans/${id}/approve`, { hash, reason });
      const tooLate = await approve(first);
      expect(tooLate).toMatchObject({ status: 409, body: { code: 'plan.stale', newPlan: second.id } });
      expect((await approve(second, ' ')).status).toBe(400);
      const other = await approve({ ...second, hash: first.hash.replace(/.$/, '#') });
      expect(other).toMatchObject({ status: 409, body: { code: 'plan.stale' } });
      expect((await shown(second.id)).state).toBe('held');
      await ground.more();
      const stale = await approve(second);
      expect(stale).toMatchObject({ status: 409, body: { code: 'plan.stale' } });
      expect([await sizeOf(ground), (await shown(second.id)).state]).toEqual([CROWD + 1, 'stale']);
      const third = await shown((stale.body as { newPlan: string }).newPlan);
      expect(third).toMatchObject({ kind, state: 'held', people: CROWD + 1 });
      const done = await approve(third);
      expect(done).toMatchObject({ status: 200, body: { state: 'applied', reason: 'it is right' } });
      expect(await sizeOf(ground)).toBe(0);
      const undone = await approver('POST', `/plans/${third.id}/undo`);
      if (lasting !== null) {
        expect(undone).toMatchObject({ status: 409, body: { code: 'plan.not_undoable' } });
        expect((undone.body as { detail: string }).detail).toMatch(lasting);
        return;
      }
      expect(undone).toMatchObject({ status: 201, body: { kind: 'undo', state: 'held', undoes: third.id } });
      expect((await approve(undone.body as PlanView)).status).toBe(200);
      expect(await sizeOf(ground)).toBe(CROWD + 1);
    },
  );

  it.each(Object.entries(ways))(
    '%s: at the command line it ends with 5 and says what to do; approved it is done, stale or replaced it ends with 8',
    async (word, { kind, prepare, atCommandLine, lasting }) => {
      const ground = await prepare(`cli ${word}`);
      const first = await atCommandLine(ground);
      const told = await doors.run('plan', 'show', first);
      expect(told).toMatchObject({ code: 0, out: expect.stringContaining(`: ${kind}, held`) });
      expect(told.out).toContain(`muster plan approve ${first} --reason`);
      const second = await atCommandLine(ground);
      const approve = (id: string, ...more: readonly string[]) =>
        doors.run('plan', 'approve', id, '--reason', 'it is right', '--yes', ...more);
      const replaced = await approve(first);
      expect(replaced).toMatchObject({ code: 8, err: expect.stringContaining(second) });
      expect((await doors.run('plan', 'approve', second, '--yes')).code).toBe(2);
      expect((await approve(second, '--hash', 'sha256:other')).code).toBe(8);
      await ground.more();
      const stale = await approve(second);
      expect(stale.code).toBe(8);
      const third = /Look at plan ([0-9a-f-]{36})/.exec(stale.err)?.[1] ?? '';
      expect(await sizeOf(ground)).toBe(CROWD + 1);
      expect(await approve(third)).toMatchObject({ code: 0, err: expect.stringContaining('applied') });
      expect(await sizeOf(ground)).toBe(0);
      expect((await doors.run('plan', 'reject', third, '--reason', 'too late', '--yes')).code).toBe(8);
      const undo = await doors.run('plan', 'undo', third, '--json');
      if (lasting !== null) {
        expect(undo.code).toBe(7);
        return;
      }
      expect(undo.code).toBe(5);
      const { id } = JSON.parse(undo.out) as { id: string };
      expect((await approve(id)).code).toBe(0);
      expect(await sizeOf(ground)).toBe(CROWD + 1);
    },
  );
});
