import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createUser } from '../../src/directory/users.ts';
import type { GroupRow } from '../../src/store/groups.ts';
import type { UserRow } from '../../src/store/users.ts';
import { showLedgerMembers, showObjects } from '../../src/targets/admin/ledger.ts';
import {
  type RefusedMember,
  sendRefusedAgain,
  showRefusedMembers,
  showRefusedOf,
} from '../../src/targets/admin/refusals.ts';
import { changeTarget, pauseTarget } from '../../src/targets/admin/verbs.ts';
import { redactExchange } from '../../src/targets/exchange.ts';
import { attribution } from '../support/directory.ts';
import { eventually } from '../support/eventually.ts';
import { type QuirkServer, startQuirkServer } from '../support/quirk-server.ts';
import { openTestTargets, type TestTargets } from '../support/target-engine.ts';

const ALL = { state: null, type: null, id: null, after: 0, limit: 100 } as const;

describe('O-02: the ledger of a target, for people', () => {
  let on: TestTargets;
  let server: QuirkServer;
  let group: GroupRow;
  const blocked: number[] = [];
  beforeAll(async () => {
    server = await startQuirkServer({
      trick: ({ method, path, body }) => {
        if (method !== 'POST') return null;
        if (path === '/Groups' && body.includes('"Taken"')) return { kind: 'answer', status: 409 };
        return path === '/Users' && body.includes('"bob"') ? { kind: 'answer', status: 400 } : null;
      },
    });
    on = await openTestTargets({
      listener: () => ({ onOutcome: () => undefined, onBlocked: (count) => blocked.push(count) }),
    });
    const users = await on.do(async (work) => [
      await createUser(work, {
        ...{ userName: 'ann', active: true, externalId: null },
        document: { emails: [{ value: 'ann@example.org' }] },
      }),
      await createUser(work, {
        ...{ userName: 'bob', active: true, externalId: null },
        document: { emails: [{ value: 'bob.secret@example.org' }] },
      }),
    ]);
    group = await on.group('Staff', ...users);
    await on.add({
      name: 'wiki',
      type: 'scim',
      mode: 'enforce',
      scope: { groups: [group.id] },
      settings: { url: server.url, allowPrivate: true },
      credentials: { bearer: 'very-secret-token' },
    });
    await eventually(async () => {
      const { items } = await showObjects(on.targets, 'wiki', { ...ALL, state: 'settled' });
      expect(items.map(({ name }) => name)).toEqual(['ann', 'Staff']);
      expect(items[1]?.members?.applied).toBe(1);
    });
  });
  afterAll(async () => {
    await on.close();
    await server.close();
    expect(on.faults).toEqual([]);
  });

  it('names a refused account with its last exchange, and neither secrets nor personal data', async () => {
    const { items } = await showObjects(on.targets, 'wiki', { ...ALL, state: 'blocked' });
    expect(items).toMatchObject([
      {
        ...{ type: 'user', name: 'bob', state: 'blocked', desired: true, held: null },
        why: expect.stringContaining('a trick'),
        lastAttempt: {
          ...{ operation: 'create', outcome: 'rejected' },
          exchange: { method: 'POST', status: 400, answered: { detail: 'a trick' } },
        },
      },
    ]);
    expect(JSON.stringify(items)).not.toMatch(/very-secret-token|bob\.secret/);
    // It is what the metric shows too, once the engine rests.
    await eventually(() => expect(blocked.at(-1)).toBe(1));
  });

  it('tells how a group stands, and which members wait for their account (O-01)', async () => {
    const { items } = await showObjects(on.targets, 'wiki', { ...ALL, type: 'group' });
    expect(items).toMatchObject([
      { name: 'Staff', owned: 'created', members: { applied: 1, waiting: 1, toAdd: 0, toRemove: 0 } },
    ]);
    const members = (state: 'applied' | 'waiting') =>
      showLedgerMembers(on.targets, 'wiki', { group: group.id, state, after: 0, limit: 10 });
    expect((await members('waiting')).items).toMatchObject([{ userName: 'bob', lastAttempt: null }]);
    expect((await members('applied')).items).toMatchObject([
      { userName: 'ann', state: 'applied', lastAttempt: { operation: 'add-members', outcome: 'applied' } },
    ]);
  });

  it('comes in pages, each object once', async () => {
    const names: unknown[] = [];
    let after: number | null = 0;
    while (after !== null) {
      const page = await showObjects(on.targets, 'wiki', { ...ALL, after, limit: 1 });
      names.push(...page.items.map(({ name }) => name));
      after = page.next;
    }
    expect(names).toEqual(['ann', 'bob', 'Staff']);
  });

  it('shows what a conflict was about, and not the look that came after it (O-03)', async () => {
    const taken = await on.group('Taken');
    const scope = { groups: [group.id, taken.id] };
    await changeTarget(on.targets, 'wiki', { change: { scope }, by: attribution('console') });
    await eventually(async () => {
      const { items } = await showObjects(on.targets, 'wiki', { ...ALL, state: 'conflict' });
      expect(items).toMatchObject([
        { name: 'Taken', lastAttempt: { operation: 'create', exchange: { method: 'POST', status: 409 } } },
      ]);
    });
  });
});

describe('O-06: memberships that a target refuses', () => {
  let on: TestTargets;
  let server: QuirkServer;
  let isMended = false;
  const names = ({ items }: { items: readonly RefusedMember[] }) =>
    items.map(({ group, user }) => `${user.name} in ${group.name}`);
  const page = (group: string | null, limit: number, after: { group: number; user: number } | null = null) =>
    showRefusedMembers(on.targets, 'wiki', { group, after, limit });
  const everybody = ['dee', 'eve', 'fay'].flatMap((name) => [`${name} in Choir`, `${name} in Team`]);
  const groups: GroupRow[] = [];
  const users: UserRow[] = [];
  const by = attribution('console');

  beforeAll(async () => {
    server = await startQuirkServer({
      trick: ({ method, path }) =>
        method === 'PATCH' && path.startsWith('/Groups') && !isMended
          ? { kind: 'answer', status: 501 }
          : null,
    });
    on = await openTestTargets();
    for (const name of ['dee', 'eve', 'fay']) users.push(await on.user(name));
    for (const name of ['Choir', 'Team']) groups.push(await on.group(name, ...users));
    await on.add({
      ...{ name: 'wiki', type: 'scim', mode: 'enforce', scope: { groups: groups.map(({ id }) => id) } },
      settings: { url: server.url, allowPrivate: true },
    });
    await eventually(async () => {
      expect(names(await page(null, 10)).sort()).toEqual(everybody);
    });
  });
  afterAll(async () => {
    await on.close();
    await server.close();
    expect(on.faults).toEqual([]);
  });

  it('are named one by one, each with what was said', async () => {
    const { items, next } = await page(null, 10);
    expect(next).toBeNull();
    for (const { lastAttempt } of items) {
      expect(lastAttempt).toMatchObject({
        ...{ operation: 'add-members', outcome: 'rejected', why: expect.stringContaining('501') },
        exchange: { method: 'PATCH', status: 501 },
      });
    }
  });

  it('come in pages across groups, each once, and of one group alone', async () => {
    const seen: string[] = [];
    let after: { group: number; user: number } | null = null;
    do {
      const { items, next }: Awaited<ReturnType<typeof page>> = await page(null, 2, after);
      seen.push(...names({ items }));
      after = next;
    } while (after !== null);
    expect(seen).toHaveLength(6);
    expect([...seen].sort()).toEqual(everybody);
    const [choir] = groups;
    const ofChoir = await page(choir?.id ?? null, 2);
    expect([...names(ofChoir), ...names(await page(choir?.id ?? null, 2, ofChoir.next))]).toEqual([
      ...['dee in Choir', 'eve in Choir', 'fay in Choir'],
    ]);
  });

  it('are named of one user', async () => {
    const [, eve] = users;
    if (eve === undefined) throw new Error('users');
    const items = await showRefusedOf(on.targets, 'wiki', eve.n);
    expect(names({ items }).sort()).toEqual(['eve in Choir', 'eve in Team']);
  });

  it('are sent again when somebody asks for it, and stay to be read where they are refused once more', async () => {
    const before = server.seen.filter(({ method }) => method === 'PATCH').length;
    await sendRefusedAgain(on.targets, 'wiki', by);
    await eventually(async () => {
      expect(server.seen.filter(({ method }) => method === 'PATCH').length).toBeGreaterThan(before);
      expect(names(await page(null, 10)).sort()).toEqual(everybody);
    });
    isMended = true;
    await sendRefusedAgain(on.targets, 'wiki', by);
    await eventually(() => {
      expect(server.held().groups).toEqual({ Choir: ['dee', 'eve', 'fay'], Team: ['dee', 'eve', 'fay'] });
    });
    await eventually(async () => expect(await page(null, 10)).toEqual({ items: [], next: null }));
    await pauseTarget(on.targets, 'wiki', by);
    await expect(sendRefusedAgain(on.targets, 'wiki', by)).rejects.toMatchObject({ code: 'target.invalid' });
  });
});

describe('an exchange as it is kept', () => {
  const redact = (body: string, answer = '', url = 'https://wiki.example.org/Users') =>
    redactExchange({ method: 'POST', url, body, status: 400, answer, ms: 3.4 });

  it('keeps the form of what was sent, and what the answer says of the fault', () => {
    const body = {
      schemas: ['urn:ietf:params:scim:api:messages:2.0:PatchOp'],
      Operations: [{ op: 'replace', path: 'title', value: 'Spy' }],
    };
    const kept = redact(
      JSON.stringify(body),
      JSON.stringify({ scimType: 'invalidValue', detail: 'too long' }),
    );
    expect(kept.sent).toEqual({
      ...body,
      Operations: [{ op: 'replace', path: 'title', value: '[redacted]' }],
    });
    expect(kept.answered).toEqual({ scimType: 'invalidValue', detail: 'too long' });
  });

  it('holds no names, mail addresses, tokens or passwords, in JSON and in other texts', () => {
    const kept = redact(
      JSON.stringify({ userName: 'ada', password: 'hunter2', emails: [{ value: 'ada@example.org' }] }),
      'Bearer abc.def: ada@example.org has no whsec_abcdef at https://me:pass@host/',
      'https://wiki.example.org/Users?filter=userName%20eq%20%22ada%22',
    );
    expect(JSON.stringify(kept)).not.toMatch(/hunter2|ada|abc\.def|abcdef|me:pass/);
  });
});
