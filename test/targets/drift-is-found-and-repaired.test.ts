import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import type { GroupRow } from '../../src/store/groups.ts';
import type { UserRow } from '../../src/store/users.ts';
import {
  askForObservation,
  type DriftView,
  type ObjectView,
  showDrift,
  showObjects,
} from '../../src/targets/admin/ledger.ts';
import { changeTarget } from '../../src/targets/admin/verbs.ts';
import { attribution } from '../support/directory.ts';
import { eventually } from '../support/eventually.ts';
import { type QuirkServer, startQuirkServer } from '../support/quirk-server.ts';
import { openTestTargets, type TestTargets } from '../support/target-engine.ts';

jest.setTimeout(60_000);

const PAGE = { after: 0, limit: 100 };

describe('O-08: drift of a target', () => {
  let on: TestTargets;
  let server: QuirkServer;
  let users: UserRow[];
  let outsider: UserRow;
  let group: GroupRow;
  let other: GroupRow;
  const name = (at: number): string => users[at]?.user_name ?? '';

  beforeAll(async () => {
    server = await startQuirkServer();
    on = await openTestTargets();
    users = await Promise.all(['ann', 'ben', 'cyd', 'dan'].map((word) => on.user(word)));
    outsider = await on.user('eve');
    group = await on.group('Staff', ...users);
    other = await on.group('Guests', outsider);
    await on.add({
      name: 'wiki',
      type: 'scim',
      mode: 'enforce',
      scope: { groups: [group.id, other.id] },
      settings: { url: server.url, allowPrivate: true, attributes: ['title'] },
    });
    await settled();
  });
  afterAll(async () => {
    await on.close();
    await server.close();
    expect(on.faults).toEqual([]);
  });

  const settled = (): Promise<void> =>
    eventually(() => {
      expect(server.held().groups).toEqual({ Staff: ['ann', 'ben', 'cyd', 'dan'], Guests: ['eve'] });
      expect(server.held().users).toEqual({ ann: true, ben: true, cyd: true, dan: true, eve: true });
    });
  const pending = async (): Promise<readonly ObjectView[]> =>
    (await showObjects(on.targets, 'wiki', { state: 'pending', type: null, id: null, ...PAGE })).items;
  const look = async (): Promise<DriftView> => {
    await askForObservation(on.targets, 'wiki');
    return eventually(async () => {
      const view = await showDrift(on.targets, 'wiki', PAGE);
      expect(view.askedAt).toBeNull();
      return view;
    });
  };
  const mode = (to: string): Promise<unknown> =>
    changeTarget(on.targets, 'wiki', { change: { mode: to }, by: attribution('console') });
  const account = (who: string): string => {
    let id = '';
    server.tamper(({ users: accounts }) => {
      id = [...accounts.values()].find((kept) => kept.name === who)?.id ?? '';
    });
    return id;
  };
  const edit = (work: (kept: { members: Set<string> }) => void): void =>
    server.tamper(({ groups }) => {
      const kept = [...groups.values()].find((one) => one.name === 'Staff');
      if (kept !== undefined) work(kept);
    });

  it('is none where nobody touched the target', async () => {
    const view = await look();
    expect(view).toMatchObject({ open: 0, items: [], unseen: null });
    expect(view.observedAt).not.toBeNull();
  });

  it('of a member list is repaired: who is missing comes back, who was put in goes', async () => {
    edit(({ members }) => {
      members.delete(account(name(0)));
      members.add(account('eve'));
    });
    const view = await look();
    expect(view.items).toMatchObject([
      { kind: 'members_missing', object: { name: 'Staff' }, members: [{ userName: 'ann' }], total: 1 },
      { kind: 'members_extra', object: { name: 'Staff' }, members: [{ userName: 'eve' }], total: 1 },
    ]);
    await settled();
    await eventually(async () => {
      const { open, items } = await showDrift(on.targets, 'wiki', PAGE);
      expect(open).toBe(0);
      expect(items.every(({ repairedAt }) => repairedAt !== null)).toBe(true);
    });
  });

  it('of accounts is repaired: deleted, deactivated, otherwise described', async () => {
    server.tamper(({ users: accounts }) => {
      for (const kept of [...accounts.values()]) {
        if (kept.name === 'ben') accounts.delete(kept.id);
        if (kept.name === 'cyd') kept.document = { ...kept.document, active: false };
        if (kept.name === 'dan') kept.document = { ...kept.document, title: 'Emperor' };
      }
    });
    const found = (await look()).items.filter(({ object }) => object.type === 'user');
    const told = found.map(({ kind, object, detail }) => [object.name, kind, detail]);
    expect(told.toSorted()).toEqual([
      ['ben', 'missing', []],
      ['cyd', 'inactive', []],
      ['dan', 'attributes', ['title']],
    ]);
    await settled();
    server.tamper(({ users: accounts }) => {
      expect([...accounts.values()].filter(({ document }) => document.title !== undefined)).toEqual([]);
    });
  });

  it('of a whole group is repaired, with its members', async () => {
    server.tamper(({ groups }) => {
      for (const kept of [...groups.values()]) if (kept.name === 'Staff') groups.delete(kept.id);
    });
    expect((await look()).items).toEqual(
      expect.arrayContaining([expect.objectContaining({ kind: 'missing', object: expect.anything() })]),
    );
    await settled();
  });

  it('by members whom nobody here knows is repaired in a group that Muster made', async () => {
    edit(({ members }) => members.add('somebody-else'));
    const view = await look();
    expect(view.items.at(-1)).toMatchObject({ kind: 'members_foreign', detail: ['somebody-else'] });
    await settled();
    expect((await showDrift(on.targets, 'wiki', PAGE)).open).toBe(0);
  });

  it('is found by sampling where the target never lists members', async () => {
    server.quirks.hidesMembers = true;
    edit(({ members }) => {
      members.delete(account('dan'));
      members.add(account('eve'));
    });
    const kinds = (await look()).items
      .filter(({ repairedAt }) => repairedAt === null)
      .map(({ kind }) => kind);
    expect(kinds).toEqual(expect.arrayContaining(['members_missing', 'members_extra']));
    await settled();
    server.quirks.hidesMembers = false;
    await changeTarget(on.targets, 'wiki', {
      change: { settings: { attributes: ['title', 'nickName'] } },
      by: attribution('console'),
    });
    await settled();
  });

  it('is only reported in observe, and shown apart from what is to be sent', async () => {
    await eventually(async () => {
      const [row] = await on.database.rows({
        text: 'select swept_version = version as is_swept from target',
      });
      expect(row).toEqual({ is_swept: true });
      expect(await pending()).toEqual([]);
    });
    await mode('observe');
    edit(({ members }) => members.delete(account('dan')));
    const before = server.seen.filter(({ method }) => method !== 'GET').length;
    const view = await look();
    const open = view.items.filter(({ repairedAt }) => repairedAt === null);
    expect(open).toMatchObject([{ kind: 'members_missing', members: [{ userName: 'dan' }] }]);
    expect(await pending()).toEqual([]);
    expect(server.seen.filter(({ method }) => method !== 'GET')).toHaveLength(before);
  });

  it('that grew while the target was not enforced is repaired once it is again', async () => {
    await mode('enforce');
    await settled();
  });

  it('is looked for every six hours without being asked', async () => {
    await look();
    await on.database.rows({ text: `update target set observed_at = now() - interval '7 hours'` });
    edit(({ members }) => members.delete(account('ann')));
    await settled();
  });
});
