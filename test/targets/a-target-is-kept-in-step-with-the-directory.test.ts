import { randomUUID } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { addMember, editMembers, removeMember } from '../../src/directory/memberships.ts';
import { changeGroup, deleteGroup } from '../../src/directory/groups.ts';
import { changeUser, deleteUser } from '../../src/directory/users.ts';
import { importFile } from '../../src/sources/feeds/import-file.ts';
import type { GroupId, UserId } from '../../src/core/ids.ts';
import { readTour } from '../../src/store/screens/tour.ts';
import type { GroupRow } from '../../src/store/groups.ts';
import type { UserRow } from '../../src/store/users.ts';
import { showTarget } from '../../src/targets/admin/verbs.ts';
import { startChild, type Child } from '../support/child-process.ts';
import { eventually } from '../support/eventually.ts';
import type { HeldByName } from '../support/quirk-server.ts';
import { openTestTargets, type TestTargets } from '../support/target-engine.ts';

/** Two groups, one nested in the other, pushed to a SCIM server that is not ours. */
describe('a SCIM target in enforce', () => {
  let on: TestTargets;
  let server: Child;
  let outer: GroupRow;
  let inner: GroupRow;
  const users = new Map<string, UserRow>();

  const held = async (): Promise<HeldByName> =>
    (await (await fetch(`http://127.0.0.1:${server.said}/held`)).json()) as HeldByName;
  const lost = async (): Promise<string[]> =>
    (await (await fetch(`http://127.0.0.1:${server.said}/lost`)).json()) as string[];
  const user = (name: string): UserRow => {
    const row = users.get(name);
    if (row === undefined) throw new Error(name);
    return row;
  };
  const settlesAt = async (groups: Record<string, readonly string[]>): Promise<void> => {
    await eventually(async () => expect((await held()).groups).toEqual(groups));
  };

  beforeAll(async () => {
    [on, server] = await Promise.all([
      openTestTargets(),
      startChild(['test/support/foreign-scim-server.mjs'], { word: 'listening' }),
    ]);
    for (const name of ['ann', 'ben', 'cyd', 'dan']) users.set(name, await on.user(name));
    inner = await on.group('Inner', user('ben'), user('cyd'));
    outer = await on.group('Outer', user('ann'), inner);
    await on.add({
      name: 'wiki',
      type: 'scim',
      mode: 'enforce',
      scope: { groups: [outer.id] },
      settings: { url: `http://127.0.0.1:${server.said}/scim/v2`, allowPrivate: true },
      credentials: { bearer: 'foreign-token' },
    });
  });
  afterAll(async () => {
    await on.close();
    await server.stop();
    expect(on.faults).toEqual([]);
  });

  it('gets the effective members of its group, flattened, and nobody else (O-01)', async () => {
    await settlesAt({ Outer: ['ann', 'ben', 'cyd'] });
    expect((await held()).users).toEqual({ ann: true, ben: true, cyd: true });
  });

  it('gets a user who joins a nested group', async () => {
    await on.do((work) => addMember(work, { group: inner.id, member: user('dan').id }));
    await settlesAt({ Outer: ['ann', 'ben', 'cyd', 'dan'] });
  });

  it('loses who leaves, and has them deactivated, not deleted (O-05)', async () => {
    await on.do((work) => removeMember(work, { group: inner.id, member: user('cyd').id }));
    await settlesAt({ Outer: ['ann', 'ben', 'dan'] });
    await eventually(async () => expect((await held()).users.cyd).toBe(false));
  });

  it('has them back under the same account when they return', async () => {
    await on.do((work) => addMember(work, { group: outer.id, member: user('cyd').id }));
    await settlesAt({ Outer: ['ann', 'ben', 'cyd', 'dan'] });
    const { users: accounts } = await held();
    expect(accounts).toEqual({ ann: true, ben: true, cyd: true, dan: true });
  });

  it('loses an inactive user at once, and gets it back with its memberships (D-07)', async () => {
    const change = (active: boolean) =>
      on.do((work) =>
        changeUser(work, { user: user('ben').id, ifMatch: null, edit: (state) => ({ ...state, active }) }),
      );
    await change(false);
    await settlesAt({ Outer: ['ann', 'cyd', 'dan'] });
    await eventually(async () => expect((await held()).users.ben).toBe(false));
    await change(true);
    await settlesAt({ Outer: ['ann', 'ben', 'cyd', 'dan'] });
  });

  it('follows an un-nesting, and a nesting', async () => {
    const nest = (action: 'add' | 'remove') =>
      on.do((work) => editMembers(work, { group: outer.id, steps: [{ do: action, members: [inner.id] }] }));
    await nest('remove');
    await settlesAt({ Outer: ['ann', 'cyd'] });
    await nest('add');
    await settlesAt({ Outer: ['ann', 'ben', 'cyd', 'dan'] });
  });

  it('F-09: never loses whom a file takes out by "*" and lists again', async () => {
    const before = await lost();
    await on.user('eve');
    const folder = await mkdtemp(join(tmpdir(), 'muster-star-'));
    const path = join(folder, 'replace.csv');
    const rows = ['Outer,,*,,delete', 'Outer,,cyd,,', 'Outer,,eve,,', 'Outer,,ann,,'];
    await writeFile(path, `group,role,username,isgroup,action\n${rows.join('\n')}\n`);
    const run = await importFile(
      {
        ...{ database: on.database, directory: on.directory, newId: randomUUID, watchDir: folder },
        ...{ feeds: new Map(), cursorOf: () => '' },
      },
      { path, source: 'csv', dryRun: false, actor: { kind: 'operator', id: 'test' }, requestId: null },
    );
    expect(run).toMatchObject({ state: 'applied', applied: 1, unchanged: 3 });
    await settlesAt({ Outer: ['ann', 'ben', 'cyd', 'dan', 'eve'] });
    expect(await lost()).toEqual(before);
    const left = `select 1 from change where origin_n = (select max(n) from origin where kind = 'file')
      and removed is not null`;
    expect(await on.database.rows({ text: left })).toEqual([]);
    const eve = (
      await on.database.rows<{ id: UserId }>({ text: `select id from users where user_name = 'eve'` })
    )[0];
    if (eve === undefined) throw new Error('eve');
    await on.do((work) => removeMember(work, { group: outer.id, member: eve.id }));
    await settlesAt({ Outer: ['ann', 'ben', 'cyd', 'dan'] });
    // What is not lost is worth something only where losing shows.
    expect(await lost()).toEqual([...before, 'Outer eve']);
    await rm(folder, { recursive: true });
  });

  it('follows the name of a group', async () => {
    const rename = (group: GroupId, name: string) =>
      on.do((work) => changeGroup(work, { group, ifMatch: null, edit: (state) => ({ ...state, name }) }));
    await rename(outer.id, 'Outside');
    await settlesAt({ Outside: ['ann', 'ben', 'cyd', 'dan'] });
    await rename(outer.id, 'Outer');
    await settlesAt({ Outer: ['ann', 'ben', 'cyd', 'dan'] });
  });

  it('loses a deleted user and the members of a deleted group', async () => {
    await on.do((work) => deleteUser(work, { user: user('ann').id, ifMatch: null }));
    await settlesAt({ Outer: ['ben', 'cyd', 'dan'] });
    await on.do((work) => deleteGroup(work, { group: inner.id, ifMatch: null }));
    await settlesAt({ Outer: ['cyd'] });
  });

  it('tells what it holds by its own ledger', async () => {
    await eventually(async () => {
      const status = await showTarget(on.targets, 'wiki');
      expect(status.holds).toMatchObject({ users: 1, groups: 1, members: 1 });
      expect(status.pending).toMatchObject({ usersCreated: 0, membersAdded: 0, membersRemoved: 0 });
    });
  });

  it('has whoever is added to the staff of the demo, and only then is that step of the tour done', async () => {
    await on.group('demo-university', user('ben'), user('dan'));
    const staff = await on.group('demo-staff');
    const hasArrived = async () => (await readTour(on.database, user('dan').n)).has_arrived;
    await on.do((work) => addMember(work, { group: staff.id, member: user('dan').id }));
    expect(await hasArrived()).toBe(false);
    const settings = { file: 'library.ndjson', format: 'ndjson' };
    await on.add({
      ...{ name: 'library', type: 'file', mode: 'enforce', settings },
      scope: { groups: [staff.id] },
    });
    await eventually(async () => expect(await hasArrived()).toBe(true));
    // Whom others list there came by no step of the tour.
    await on.do((work) => removeMember(work, { group: staff.id, member: user('dan').id }));
    await on.as('self-service', (work) => addMember(work, { group: staff.id, member: user('ben').id }));
    await eventually(async () =>
      expect((await showTarget(on.targets, 'library')).holds).toMatchObject({ members: 1 }),
    );
    expect(await hasArrived()).toBe(false);
  });
});
