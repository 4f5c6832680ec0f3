import { afterAll, beforeAll, expect, it, jest } from '@jest/globals';
import { startChild, type Child } from '../support/child-process.ts';
import { freshDatabase, type TestDatabase } from '../support/database.ts';
import { eventually } from '../support/eventually.ts';
import { freePort } from '../support/free-port.ts';
import { type Installation, makeInstallation } from '../support/muster.ts';
import { needs } from '../support/needs.ts';
import { GROUPS, PEOPLE, SERVICE, type Slapd, startSlapd } from '../support/slapd.ts';

// Two daemons are started, which takes its time on a busy machine.
jest.setTimeout(180_000);

const TOKEN = 'mst_the-token-of-the-journey-test-0123456789';
const CORE = 'urn:ietf:params:scim:schemas:core:2.0';

interface Answer {
  readonly id: string;
  readonly Resources?: readonly { displayName: string; members?: readonly { display?: string }[] }[];
}

needs('slapd')('a SCIM PATCH', () => {
  const databases: TestDatabase[] = [];
  const musters: Installation[] = [];
  let slapd: Slapd;
  let foreign: Child;
  const users = new Map<string, string>();
  let group = '';
  let ldap = '';

  beforeAll(async () => {
    for (let i = 0; i < 2; i += 1) {
      const database = await freshDatabase();
      databases.push(database);
      const muster = await makeInstallation({ DATABASE_URL: database.url, MUSTER_BOOTSTRAP_TOKEN: TOKEN });
      musters.push(muster);
      await muster.serve();
    }
    [slapd, foreign] = await Promise.all([
      startSlapd(),
      startChild(['test/support/foreign-scim-server.mjs'], { word: 'listening' }),
    ]);
    for (const userName of ['ada', 'grace']) {
      const body = { schemas: [`${CORE}:User`], userName, displayName: userName };
      users.set(userName, (await ask('POST', '/scim/v2/Users', body)).id);
    }
    group = (await ask('POST', '/scim/v2/Groups', { schemas: [`${CORE}:Group`], displayName: 'Readers' })).id;
    await add('wiki', {
      type: 'scim',
      settings: { url: `http://127.0.0.1:${foreign.said}/scim/v2`, allowPrivate: true },
      credentials: { bearer: 'foreign-token' },
    });
    await add('second', {
      type: 'scim',
      settings: { url: `${musters[1]?.address ?? ''}/scim/v2`, allowPrivate: true },
      credentials: { bearer: TOKEN },
    });
    ({ id: ldap } = await add('ldap', {
      type: 'ldap',
      settings: {
        ...{ url: `ldap://127.0.0.1:${slapd.port}`, tls: 'off', allowPrivate: true, bindDn: SERVICE.dn },
        ...{ users: { mode: 'manage', base: PEOPLE }, groupBase: GROUPS },
      },
      credentials: { password: SERVICE.password },
    }));
  });
  afterAll(async () => {
    await Promise.all(musters.map((muster) => muster.remove()));
    await Promise.all([slapd.stop(), foreign.stop(), ...databases.map((database) => database.close())]);
  });

  const ask = async (method: string, path: string, body?: object, from = 0): Promise<Answer> => {
    const answer = await fetch(`${musters[from]?.address ?? ''}${path}`, {
      method,
      headers: { Authorization: `Bearer ${TOKEN}`, 'Content-Type': 'application/json' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    expect({ method, path, status: answer.status }).toEqual({ method, path, status: expect.any(Number) });
    expect(answer.status).toBeLessThan(300);
    const text = await answer.text();
    return (text === '' ? {} : JSON.parse(text)) as Answer;
  };
  const add = (name: string, target: object): Promise<Answer> =>
    ask('POST', '/api/v1/targets', { name, mode: 'enforce', scope: { groups: [group] }, ...target });
  const patch = (op: 'add' | 'remove', userName: string): Promise<Answer> => {
    const value = users.get(userName) ?? '';
    const operation =
      op === 'add'
        ? { op, path: 'members', value: [{ value }] }
        : { op, path: `members[value eq "${value}"]` };
    const schemas = ['urn:ietf:params:scim:api:messages:2.0:PatchOp'];
    return ask('PATCH', `/scim/v2/Groups/${group}`, { schemas, Operations: [operation] });
  };

  /** Members of the group at each counterpart, as that itself tells them. */
  const held = async (): Promise<Record<string, readonly string[]>> => {
    const told = await fetch(`http://127.0.0.1:${foreign.said}/held`);
    const { groups } = (await told.json()) as { groups: Record<string, string[]> };
    const second = await ask('GET', '/scim/v2/Groups', undefined, 1);
    const readers = second.Resources?.find(({ displayName }) => displayName === 'Readers');
    const people = new Map((await slapd.entries(PEOPLE)).map((entry) => [entry.dn, String(entry.uid)]));
    const entry = (await slapd.entries(GROUPS)).find(({ cn }) => cn === 'Readers');
    const members = [entry?.member ?? []].flat().flatMap((dn) => people.get(String(dn)) ?? []);
    return {
      foreign: groups.Readers ?? [],
      second: (readers?.members ?? []).map(({ display = '' }) => display).sort(),
      slapd: members.sort(),
    };
  };
  const allHold = (names: readonly string[]): Promise<void> =>
    eventually(async () => {
      expect(await held()).toEqual({ foreign: names, second: names, slapd: names });
    }, 60_000);

  /** Prints how long after the answer of a PATCH each counterpart held these members; looks one after another. */
  const tellArrivals = async (names: readonly string[]): Promise<void> => {
    const answered = performance.now();
    const took = new Map<string, number>();
    await eventually(async () => {
      for (const [where, members] of Object.entries(await held())) {
        const isThere = names.every((name) => members.includes(name));
        if (isThere && !took.has(where)) took.set(where, Math.round(performance.now() - answered));
      }
      expect(took.size).toBe(3);
    }, 60_000);
    const told = [...took].map(([where, ms]) => `${where} ${ms} ms`).join(', ');
    process.stderr.write(`From the answer of a SCIM PATCH to its member at each target: ${told}\n`);
  };

  it('that adds members reaches slapd, a foreign SCIM server and a second Muster', async () => {
    await patch('add', 'ada');
    await allHold(['ada']);
    await patch('add', 'grace');
    await tellArrivals(['ada', 'grace']);
    await allHold(['ada', 'grace']);
  });

  it('that removes one takes it out of all of them', async () => {
    await patch('remove', 'ada');
    await allHold(['grace']);
  });

  /** What /metrics says of targets: `waiting wiki`, or `applied wiki` of the attempts that ended so. */
  const told = async (): Promise<Record<string, number>> => {
    const text = await (await fetch(`${musters[0]?.address ?? ''}/metrics`)).text();
    const values = text.matchAll(/^muster_target_(\w+)\{target="(\w+)"(?:,outcome="(\w+)")?\} (\S+)$/gm);
    return Object.fromEntries(
      [...values].map(([, name = '', target = '', outcome = name, value]) => [
        `${outcome} ${target}`,
        Number(value),
      ]),
    );
  };

  const soon = (claim: () => Promise<void>): Promise<void> => eventually(claim, 60_000);

  it('is counted at /metrics, as are what waits, for how long, and what was found otherwise', async () => {
    await soon(async () => {
      const still = ['waiting', 'lag_seconds', 'drift'].flatMap((name) =>
        ['wiki', 'second', 'ldap'].map((target) => [`${name} ${target}`, 0] as const),
      );
      expect(await told()).toMatchObject(Object.fromEntries(still));
    });
    const { 'applied ldap': before = 0 } = await told();
    await patch('add', 'ada');
    await allHold(['ada', 'grace']);
    await soon(async () => expect((await told())['applied ldap']).toBeGreaterThan(before));

    const url = `http://127.0.0.1:${await freePort()}/scim/v2`;
    const { id: nowhere } = await add('nowhere', { type: 'scim', settings: { url, allowPrivate: true } });
    await soon(async () => {
      const { 'waiting nowhere': waiting, 'lag_seconds nowhere': lag, 'down nowhere': down } = await told();
      for (const value of [waiting, lag, down]) expect(value).toBeGreaterThan(0);
    });
    await ask('DELETE', `/api/v1/targets/${nowhere}`);
    await soon(async () =>
      expect(Object.keys(await told())).toEqual(expect.not.arrayContaining(['waiting nowhere'])),
    );

    await ask('PATCH', `/api/v1/targets/${ldap}`, { mode: 'observe' });
    await slapd.tamper(`uid=grace,${PEOPLE}`, 'replace', { displayName: 'somebody else' });
    await ask('POST', `/api/v1/targets/${ldap}/drift`);
    await soon(async () => expect(await told()).toMatchObject({ 'drift ldap': 1 }));
    await ask('PATCH', `/api/v1/targets/${ldap}`, { mode: 'enforce' });
    await ask('POST', `/api/v1/targets/${ldap}/drift`);
    await soon(async () => expect(await told()).toMatchObject({ 'drift ldap': 0 }));
    const grace = (await slapd.entries(PEOPLE)).find(({ uid }) => uid === 'grace');
    expect(grace?.displayName).toBe('grace');
  });
});
