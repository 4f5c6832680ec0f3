import { setTimeout as pause } from 'node:timers/promises';
import type { Client } from 'ldapts';
import { startChild } from '../test/support/child-process.ts';
import { GROUPS, PEOPLE, SERVICE, type Slapd, startSlapd } from '../test/support/slapd.ts';
import type { Benchmark } from './benchmark.ts';
import { absolute, type Figure } from './figure.ts';
import { type Api, openApi } from './http/api.ts';
import { startDaemon } from './http/processes.ts';
import { openRequests, type Requests } from './http/requests.ts';
import { spreadOf } from './interleave.ts';
import { onScratchDatabase } from './kept-databases.ts';

/**
 * From sending a SCIM PATCH until its member stands in a real slapd and in a SCIM server that is not ours
 * (scimmy-routers), through the compiled daemon (O-11). Each counterpart is asked over and over what it holds, so that
 * a figure is too long by up to one such question. Needs slapd.
 */
export const targetArrival: Benchmark = {
  name: 'target-arrival',
  goals: ['O-11'],
  run: ({ server }) =>
    onScratchDatabase(server, async (url) => {
      const [daemon, slapd, foreign] = await Promise.all([
        startDaemon({ databaseUrl: url }),
        startSlapd(),
        startChild(['test/support/foreign-scim-server.mjs'], { word: 'listening' }),
      ]);
      const [api, scim] = [openApi(daemon.address, 4), openRequests(daemon.address, 1)];
      const service = `http://127.0.0.1:${foreign.said}`;
      try {
        return await slapd.asAdmin((ldap) => measure({ api, scim, slapd, ldap, service }));
      } finally {
        await Promise.all([api.close(), scim.close()]);
        await Promise.all([daemon.stop(), slapd.stop(), foreign.stop()]);
      }
    }),
};

/** Rounds that count, and those before. */
const ROUNDS = 30;
const WARM_UP = 3;
/** Milliseconds between two questions. */
const LOOK_EVERY = 2;
const WITHIN_MS = 60_000;

interface Ground {
  readonly api: Api;
  readonly scim: Requests;
  readonly slapd: Slapd;
  readonly ldap: Client;
  readonly service: string;
}

type Times = Record<'slapd' | 'foreign', number[]>;

async function measure(ground: Ground): Promise<Figure[]> {
  const [newcomers, regulars] = [await makeGroup(ground, 'Newcomers'), await makeGroup(ground, 'Regulars')];
  await addTargets(ground, [newcomers, regulars]);
  const times: Record<'made' | 'there', Times> = {
    made: { slapd: [], foreign: [] },
    there: { slapd: [], foreign: [] },
  };
  for (let round = -WARM_UP; round < ROUNDS; round += 1) {
    const userName = `person${round + WARM_UP}`;
    const id = await make(ground, 'User', { userName });
    // The first group brings the account to the targets, the second finds it there.
    for (const [what, group] of [
      ['made', newcomers],
      ['there', regulars],
    ] as const) {
      const took = await add(ground, group, { id, userName });
      if (round < 0) continue;
      times[what].slapd.push(took.slapd);
      times[what].foreign.push(took.foreign);
    }
  }
  const tell = (where: keyof Times, what: keyof typeof times, told: string): Figure => {
    const { p50, p95, longest, runs } = spreadOf(times[what][where]);
    return absolute({
      goal: 'O-11',
      what: told,
      unit: 'ms',
      ours: longest,
      limit: { atMost: 1_000 },
      note: `longest of ${runs}; median ${p50.toFixed(0)} ms, p95 ${p95.toFixed(0)} ms`,
    });
  };
  return [
    tell('slapd', 'there', 'SCIM PATCH to the member in slapd'),
    tell('slapd', 'made', 'the same of somebody whose account has to be made there first'),
    tell('foreign', 'there', 'SCIM PATCH to the member in a foreign SCIM server'),
    tell('foreign', 'made', 'the same of somebody whose account has to be made there first'),
  ];
}

interface MadeGroup {
  readonly id: string;
  readonly name: string;
}

async function makeGroup(ground: Ground, name: string): Promise<MadeGroup> {
  return { id: await make(ground, 'Group', { displayName: name }), name };
}

async function make({ scim }: Ground, kind: 'User' | 'Group', state: object): Promise<string> {
  const schemas = [`urn:ietf:params:scim:schemas:core:2.0:${kind}`];
  const made = await scim.send('POST', `/scim/v2/${kind}s`, { schemas, ...state });
  return (JSON.parse(made) as { id: string }).id;
}

async function addTargets({ api, slapd, service }: Ground, groups: readonly MadeGroup[]): Promise<void> {
  const common = { mode: 'enforce', scope: { groups: groups.map(({ id }) => id) } };
  await api.ask('POST', '/targets', {
    ...{ ...common, name: 'ldap', type: 'ldap' },
    settings: {
      ...{ url: `ldap://127.0.0.1:${slapd.port}`, tls: 'off', allowPrivate: true, bindDn: SERVICE.dn },
      ...{ users: { mode: 'manage', base: PEOPLE }, groupBase: GROUPS },
    },
    credentials: { password: SERVICE.password },
  });
  await api.ask('POST', '/targets', {
    ...{ ...common, name: 'foreign', type: 'scim' },
    settings: { url: `${service}/scim/v2`, allowPrivate: true },
    credentials: { bearer: 'foreign-token' },
  });
}

interface Person {
  readonly id: string;
  readonly userName: string;
}

/** Adds somebody by PATCH; answers the milliseconds from sending it until each counterpart lists them. */
async function add(
  { scim, ldap, service }: Ground,
  group: MadeGroup,
  { id, userName }: Person,
): Promise<Record<keyof Times, number>> {
  const began = performance.now();
  await scim.send('PATCH', `/scim/v2/Groups/${group.id}`, {
    schemas: ['urn:ietf:params:scim:api:messages:2.0:PatchOp'],
    Operations: [{ op: 'add', path: 'members', value: [{ value: id }] }],
  });
  const [slapd, foreign] = await Promise.all([
    since(began, async () => {
      const filter = `(&(cn=${group.name})(member=uid=${userName},${PEOPLE}))`;
      const found = await ldap.search(GROUPS, { scope: 'one', filter, attributes: ['1.1'] });
      return found.searchEntries.length > 0;
    }),
    since(began, async () => {
      const held = (await (await fetch(`${service}/held`)).json()) as { groups: Record<string, string[]> };
      return held.groups[group.name]?.includes(userName) === true;
    }),
  ]);
  return { slapd, foreign };
}

async function since(began: number, isThere: () => Promise<boolean>): Promise<number> {
  while (!(await isThere())) {
    if (performance.now() - began > WITHIN_MS) throw new Error('A member did not arrive.');
    await pause(LOOK_EVERY);
  }
  return performance.now() - began;
}
