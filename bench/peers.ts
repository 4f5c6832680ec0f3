import { setTimeout as pause } from 'node:timers/promises';
import { Pool } from 'undici';
import type { Bench, Benchmark } from './benchmark.ts';
import { absolute, type Figure, ratio } from './figure.ts';
import { type ServerProcess, startDaemon, startScript, stopAll, TOKEN } from './http/processes.ts';
import { batch, openRequests, type Requests } from './http/requests.ts';
import { interleave, timed, type Turns } from './interleave.ts';
import { onEmptyDatabase, withClient } from './kept-databases.ts';
import { ensurePeersInstalled, peerPackages, versionOf } from './peers/installed.ts';

/**
 * Muster beside other SCIM servers, each a process of its own on a database of its own on the same PostgreSQL,
 * driven by the same client in turns (P15).
 */
export const peers: Benchmark = {
  name: 'peers',
  goals: ['P15'],
  run: async (bench) => {
    ensurePeersInstalled(bench.say);
    const { server } = bench;
    return onEmptyDatabase(server, 'muster', (ours) =>
      onEmptyDatabase(server, 'jackson', (jackson) =>
        onEmptyDatabase(server, 'scimmy', (scimmy) => besideAll(bench, { ours, jackson, scimmy })),
      ),
    );
  },
};

const names = ['ours', 'jackson', 'scimmy'] as const;
type Name = (typeof names)[number];
const others = ['jackson', 'scimmy'] as const;
type Urls = Readonly<Record<Name, string>>;

interface Contender {
  readonly requests: Requests;
  readonly process: ServerProcess;
  /** Gives a group so many members that are nobody else's concern, past SCIM where SCIM would take minutes. */
  readonly fill: (group: string, members: number) => Promise<void>;
  /** Members that the group really has. */
  readonly countKept: (group: string) => Promise<number>;
}

type Contenders = Readonly<Record<Name, Contender>>;

const AT_ONCE = 8;

async function besideAll(bench: Bench, urls: Urls): Promise<readonly Figure[]> {
  const environment = (url: string): Record<string, string> => ({
    DATABASE_URL: url,
    PEER_TOKEN: TOKEN,
    DO_NOT_TRACK: '1',
  });
  const started: ServerProcess[] = [];
  const keep = (server: ServerProcess): ServerProcess => {
    started.push(server);
    return server;
  };
  try {
    const ours = keep(await startDaemon({ databaseUrl: urls.ours }));
    const jackson = keep(await startScript('bench/peers/saml-jackson.mjs', environment(urls.jackson)));
    const scimmy = keep(await startScript('bench/peers/scimmy.mjs', environment(urls.scimmy)));
    const contenders = { ours: muster(ours, urls.ours), jackson: peer(jackson), scimmy: peer(scimmy) };
    try {
      return await measure(bench, contenders);
    } finally {
      await Promise.all(names.map((name) => contenders[name].requests.destroy()));
    }
  } finally {
    await stopAll(started);
  }
}

async function measure(bench: Bench, contenders: Contenders): Promise<readonly Figure[]> {
  const figures = await users(contenders);
  figures.push(...(await memberChanges(bench, contenders, { members: 10, runs: 20 })));
  figures.push(...(await memberChanges(bench, contenders, { members: 1_000, runs: 10 })));
  bench.say('1,000 members at once');
  const kept = await together(contenders);
  // The last, for one of the others may not come back from it.
  figures.push(...(await memberChanges(bench, contenders, { members: 50_000, runs: 3 })));
  return [...figures, kept];
}

const titles: Readonly<Record<Exclude<Name, 'ours'>, string>> = {
  jackson: peerPackages['saml-jackson'],
  scimmy: peerPackages.scimmy,
};

/** One figure for each of the others. */
function beside(
  what: string,
  { unit, values }: { readonly unit: 'requests/s' | 'ms'; readonly values: Readonly<Record<Name, number>> },
): Figure[] {
  return others.map((name) =>
    ratio({
      goal: 'P15',
      what,
      unit,
      ours: values.ours,
      baseline: {
        is: `${titles[name]} ${versionOf(titles[name]) ?? ''}`.trim(),
        value: values[name],
      },
      as: unit === 'ms' ? 'baseline ÷ ours' : 'ours ÷ baseline',
      limit: { atLeast: 5 },
    }),
  );
}

async function inTurns(turns: Turns, side: (name: Name) => Promise<unknown>): Promise<Record<Name, number>> {
  const times = await interleave(
    {
      ours: () => timed(() => side('ours')),
      jackson: () => timed(() => side('jackson')),
      scimmy: () => timed(() => side('scimmy')),
    },
    turns,
  );
  return { ours: times.ours.p50, jackson: times.jackson.p50, scimmy: times.scimmy.p50 };
}

/** Requests a second, from what so many of them took. */
function perSecond(requests: number, ms: Readonly<Record<Name, number>>): Record<Name, number> {
  const rate = (name: Name): number => (requests / ms[name]) * 1_000;
  return { ours: rate('ours'), jackson: rate('jackson'), scimmy: rate('scimmy') };
}

const REQUESTS = 40;

async function users(contenders: Contenders): Promise<Figure[]> {
  const ids: Record<Name, string[]> = { ours: [], jackson: [], scimmy: [] };
  const made: Record<Name, number> = { ours: 0, jackson: 0, scimmy: 0 };
  const many = (send: (name: Name, nth: number) => Promise<unknown>) => {
    const at: Record<Name, number> = { ours: 0, jackson: 0, scimmy: 0 };
    return (name: Name) => batch(REQUESTS, AT_ONCE, () => send(name, (at[name] += 1)));
  };
  const created = await inTurns(
    { runs: 12, warmUp: 3 },
    many(async (name) => {
      ids[name].push(await createUser(contenders[name].requests, (made[name] += 1)));
    }),
  );
  const read = await inTurns(
    { runs: 12, warmUp: 3 },
    many((name, nth) => {
      const id = ids[name][nth % ids[name].length] ?? '';
      return contenders[name].requests.get(`/scim/v2/Users/${id}`);
    }),
  );
  const found = await inTurns(
    { runs: 12, warmUp: 3 },
    many((name, nth) => {
      const filter = encodeURIComponent(`userName eq "${userName((nth % made[name]) + 1)}"`);
      return contenders[name].requests.get(`/scim/v2/Users?filter=${filter}`);
    }),
  );
  return [
    ...beside('create a user', { unit: 'requests/s', values: perSecond(REQUESTS, created) }),
    ...beside('read a user', { unit: 'requests/s', values: perSecond(REQUESTS, read) }),
    ...beside('filter by userName', { unit: 'requests/s', values: perSecond(REQUESTS, found) }),
  ];
}

/** A change that takes longer is not waited for: the server that takes it is ended, and counts with this time. */
const PATIENCE_MS = 30_000;

interface Changes {
  readonly members: number;
  readonly runs: number;
}

async function memberChanges(
  bench: Bench,
  contenders: Contenders,
  { members, runs }: Changes,
): Promise<Figure[]> {
  bench.say(`a group of ${members}`);
  const group = await eachOf(contenders, async ({ requests, fill }) => {
    const id = await createGroup(requests, `group of ${members}`);
    await fill(id, members);
    return id;
  });
  const user = await eachOf(contenders, ({ requests }) => createUser(requests, members + 100_000));
  const gone = new Set<Name>();
  const side = (name: Name) => async (): Promise<number> => {
    if (gone.has(name)) return PATIENCE_MS;
    const { requests, process } = contenders[name];
    const ms = await patiently(async () => {
      await addMember(requests, group[name], user[name]);
      await removeMember(requests, group[name], user[name]);
    });
    if (ms !== null) return ms / 2;
    gone.add(name);
    await process.stop();
    return PATIENCE_MS;
  };
  const times = await interleave(
    { ours: side('ours'), jackson: side('jackson'), scimmy: side('scimmy') },
    { runs, warmUp: 1 },
  );
  const values = { ours: times.ours.p50, jackson: times.jackson.p50, scimmy: times.scimmy.p50 };
  return beside(`PATCH of one member of ${members}`, { unit: 'ms', values }).map((figure, at) =>
    gone.has(others[at] ?? 'ours')
      ? { ...figure, note: `${figure.baseline?.is ?? ''} had not answered after ${PATIENCE_MS / 1_000} s` }
      : figure,
  );
}

/** Milliseconds that the work takes; null where it takes too long. */
async function patiently(work: () => Promise<unknown>): Promise<number | null> {
  const patience = new AbortController();
  const over = pause(2 * PATIENCE_MS, null, { signal: patience.signal }).catch(() => null);
  try {
    return await Promise.race([timed(work), over]);
  } finally {
    patience.abort();
  }
}

const TOGETHER = 1_000;
const TOGETHER_AT_ONCE = 100;

/** Every one of 1,000 users is added to one group by a request of its own, 100 of them under way at any time. */
async function together(contenders: Contenders): Promise<Figure> {
  const kept = await eachOf(contenders, async ({ process, requests, countKept }) => {
    const ids: string[] = [];
    let next = 0;
    await batch(TOGETHER, AT_ONCE, async () => {
      ids.push(await createUser(requests, 200_000 + (next += 1)));
    });
    const group = await createGroup(requests, 'all at once');
    const wide = openRequests(process.address, TOGETHER_AT_ONCE);
    let at = 0;
    const answered = { well: 0 };
    await batch(TOGETHER, TOGETHER_AT_ONCE, async () => {
      const user = ids[(at += 1) - 1] ?? '';
      await addMember(wide, group, user).then(
        () => (answered.well += 1),
        () => undefined,
      );
    });
    await wide.close();
    return { answered: answered.well, kept: await countKept(group) };
  });
  const told = (name: 'jackson' | 'scimmy'): string =>
    `${titles[name]} kept ${kept[name].kept} and answered ${kept[name].answered} with success`;
  return absolute({
    goal: 'P15',
    what: `members kept of ${TOGETHER} added at once`,
    unit: 'members',
    ours: kept.ours.kept,
    limit: { atLeast: TOGETHER },
    note: `${told('jackson')}; ${told('scimmy')}`,
  });
}

async function eachOf<T>(
  contenders: Contenders,
  work: (contender: Contender) => Promise<T>,
): Promise<Record<Name, T>> {
  return {
    ours: await work(contenders.ours),
    jackson: await work(contenders.jackson),
    scimmy: await work(contenders.scimmy),
  };
}

function userName(nth: number): string {
  return `user${nth}@example.test`;
}

async function createUser(requests: Requests, nth: number): Promise<string> {
  const name = userName(nth);
  return idOf(
    await requests.send('POST', '/scim/v2/Users', {
      schemas: ['urn:ietf:params:scim:schemas:core:2.0:User'],
      externalId: `e${nth}`,
      userName: name,
      active: true,
      name: { givenName: `G${nth}`, familyName: `F${nth}` },
      emails: [{ primary: true, type: 'work', value: name }],
    }),
  );
}

async function createGroup(requests: Requests, displayName: string): Promise<string> {
  const schemas = ['urn:ietf:params:scim:schemas:core:2.0:Group'];
  return idOf(await requests.send('POST', '/scim/v2/Groups', { schemas, displayName, members: [] }));
}

function addMember(requests: Requests, group: string, user: string): Promise<string> {
  return patch(requests, group, { op: 'add', path: 'members', value: [{ value: user }] });
}

function removeMember(requests: Requests, group: string, user: string): Promise<string> {
  return patch(requests, group, { op: 'remove', path: `members[value eq "${user}"]` });
}

function patch(requests: Requests, group: string, operation: object): Promise<string> {
  const schemas = ['urn:ietf:params:scim:api:messages:2.0:PatchOp'];
  return requests.send('PATCH', `/scim/v2/Groups/${group}`, { schemas, Operations: [operation] });
}

function idOf(answer: string): string {
  return (JSON.parse(answer) as { id: string }).id;
}

function muster(process: ServerProcess, url: string): Contender {
  const requests = openRequests(process.address, AT_ONCE);
  const countKept = async (group: string): Promise<number> => {
    const answer = JSON.parse(await requests.get(`/scim/v2/Groups/${group}`)) as { members?: unknown[] };
    return answer.members?.length ?? 0;
  };
  return {
    process,
    requests,
    countKept,
    fill: (group, members) =>
      withClient(url, async (client) => {
        await client.query(
          `with made as (
             insert into users (user_name, user_name_key, active, stub, document, search, created_by)
             select name, name, true, false, '{}', '{}', (select n from source where name = 'console')
             from (select $2::text || '-' || i as name from generate_series(1, $1::int) i) t returning n, created_by)
           insert into assertion (group_n, member_n, source_n, member_kind)
           select (select n from groups where id = $2::text::uuid), n, created_by, 'u' from made`,
          [members, group],
        );
      }),
  };
}

/** One of the others: beside SCIM it can fill a group and count what it holds. */
function peer(process: ServerProcess): Contender {
  const requests = openRequests(process.address, AT_ONCE);
  return {
    process,
    requests,
    fill: async (group, members) => {
      const users = Array.from({ length: members }, () => crypto.randomUUID());
      const pool = new Pool(process.address);
      const { statusCode } = await pool.request({
        method: 'POST',
        path: '/seed',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ group, users }),
      });
      await pool.close();
      if (statusCode !== 204) throw new Error(`The group was not filled: ${statusCode}.`);
    },
    countKept: async (group) =>
      (JSON.parse(await requests.get(`/kept?group=${group}`)) as { kept: number }).kept,
  };
}
