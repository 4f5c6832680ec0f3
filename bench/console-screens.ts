import { randomBytes } from 'node:crypto';
import type pg from 'pg';
import { readMasterKey } from '../src/boot/master-key.ts';
import { deriveKey } from '../src/core/seal.ts';
import { makeSignInLink } from '../src/directory/sessions.ts';
import { perform } from '../src/directory/work.ts';
import { openEpoch } from '../src/store/installation.ts';
import { targetVault } from '../src/targets/secrets.ts';
import type { Benchmark } from './benchmark.ts';
import { openGround } from './ground.ts';
import { absolute, type Figure } from './figure.ts';
import { landmarks } from './generator/groups.ts';
import { userNameOf } from './generator/rows.ts';
import type { Shape } from './generator/shape.ts';
import { MASTER_KEY, startDaemon, untilIdle } from './http/processes.ts';
import { spreadOf, timed } from './interleave.ts';
import { keptDatabase, onCopy, withClient } from './kept-databases.ts';

/**
 * Every screen of the console as an administrator opens it: the whole answer of a daemon, over loopback. Besides the
 * directory there are a log of two entries for each user, a target that holds everybody, and a file of a row for each
 * user.
 */
export const consoleScreens: Benchmark = {
  name: 'console-screens',
  goals: ['SCREENS'],
  run: async (bench) => {
    const { server, seed, say } = bench;
    const kept = await keptDatabase(server, { name: 'tenth', shape: SHAPE, seed, say });
    return onCopy({ server, url: kept }, async (url) => {
      bench.say('log, ledger and file beside the directory');
      await withEpoch(url);
      const known = await withClient(url, fill);
      const daemon = await startDaemon({ databaseUrl: url });
      try {
        bench.say('the daemon comes to rest');
        await untilIdle(daemon.pid);
        return await measure(daemon.address, await signIn(url, daemon.address), pathsOf(known));
      } finally {
        await daemon.stop();
      }
    });
  },
};

/** Whatever the size of the run: it is the directory that screens are promised for. */
const SHAPE: Shape = { users: 100_000, groups: 10_000, memberships: 1_000_000, depth: 10 };

const LIMIT_MS = 300;
const RUNS = 12;
const WARM_UP = 3;
const REQUESTS = 500;

interface Known {
  readonly target: string;
  readonly run: string;
  readonly user: string;
  readonly large: string;
  readonly nested: string;
  readonly small: string;
  /** Of the last user, who is found last. */
  readonly userName: string;
}

async function measure(
  address: string,
  cookie: string,
  paths: Readonly<Record<string, string>>,
): Promise<Figure[]> {
  const figures: Figure[] = [];
  for (const [what, path] of Object.entries(paths)) {
    const times: number[] = [];
    for (let run = -WARM_UP; run < RUNS; run += 1) {
      const ms = await timed(async () => {
        const answer = await fetch(`${address}${path}`, { headers: { Cookie: cookie, Accept: 'text/html' } });
        await answer.text();
        if (answer.status !== 200) throw new Error(`${path} answered ${answer.status}`);
      });
      if (run >= 0) times.push(ms);
    }
    const { p50, p95 } = spreadOf(times);
    figures.push(
      absolute({
        goal: 'SCREENS',
        what,
        unit: 'ms',
        ours: p95,
        limit: { atMost: LIMIT_MS },
        note: `slowest but one of ${RUNS}; median ${p50.toFixed(0)}`,
      }),
    );
  }
  return figures;
}

/** The first start of a daemon opens it; what targets hold belongs to one. */
async function withEpoch(url: string): Promise<void> {
  const ground = openGround(url);
  try {
    await openEpoch(ground.directory.database, 'http://localhost:8080');
  } finally {
    await ground.close();
  }
}

async function signIn(url: string, address: string): Promise<string> {
  const ground = openGround(url);
  const secret = randomBytes(32).toString('base64url');
  try {
    await perform(
      ground.directory,
      {
        actor: { kind: 'system', id: 'bench' },
        onBehalfOf: null,
        source: 'system',
        origin: { kind: 'command', command: 'bench' },
        requestId: null,
      },
      (work) => makeSignInLink(work, 'administrator', secret),
    );
  } finally {
    await ground.close();
  }
  const answer = await fetch(`${address}/sign-in/${secret}`, {
    redirect: 'manual',
    headers: { 'Sec-Fetch-Site': 'none' },
  });
  const [cookie = ''] = answer.headers.getSetCookie().map((line) => line.split(';')[0]);
  if (cookie === '') throw new Error(`Signing in answered ${answer.status}.`);
  return cookie;
}

function pathsOf({
  target,
  run,
  user,
  large,
  nested,
  small,
  userName,
}: Known): Readonly<Record<string, string>> {
  return {
    overview: '/overview',
    'my groups': '/my-groups',
    'my groups, a search': '/my-groups?q=group%2012',
    requests: '/requests',
    'requests decided': '/requests?which=decided',
    inbox: '/inbox',
    groups: '/groups',
    'groups, a search': '/groups?q=up%20999',
    'groups, a search without a hit': '/groups?q=nowhere',
    'group of all users': `/groups/${large}`,
    'its members': `/groups/${large}/members`,
    'its members, found': `/groups/${large}/members?q=user9999`,
    'its members, adding': `/groups/${small}/members?who=${userName.slice(0, 8)}`,
    'effective members': `/groups/${nested}/members?list=effective`,
    'members an hour ago': `/groups/${nested}/members?list=effective&at=${new Date(Date.now() - 3_600_000).toISOString()}`,
    nesting: `/groups/${nested}/nesting`,
    roles: `/groups/${nested}/roles`,
    'leaders, adding': `/groups/${nested}/leaders?q=ada`,
    'targets of a group': `/groups/${nested}/targets`,
    why: `/groups/${nested}/why?user=${user}`,
    'why, finding': `/groups/${nested}/why?q=zo%C3%AB`,
    'history of a group': `/groups/${large}/history`,
    users: '/users',
    'users, by userName': `/users?q=${userName}`,
    'users, by a part of it': '/users?q=9999@ex',
    'users, by name': '/users?q=zo%C3%AB%20peter',
    'users, without a hit': '/users?q=nobody-at-all',
    'users, inactive': '/users?state=inactive',
    user: `/users/${user}`,
    imports: '/imports',
    'an import of a row for each user': `/imports/${run}`,
    'its refused rows': `/imports/${run}?outcome=refused`,
    plans: '/plans',
    targets: '/targets',
    'a target that holds everybody': `/targets/${target}`,
    'what is blocked there': `/targets/${target}?state=blocked`,
    drift: `/targets/${target}/drift`,
    sources: '/sources',
    'a feed': '/sources/csv',
    clients: '/clients',
    conflicts: '/conflicts',
    'held back sign-ins': '/conflicts/held-keys',
    activity: '/activity',
    'activity of a user': `/activity?user=${user}`,
    'activity of a group': `/activity?group=${large}`,
    'activity of a type': '/activity?type=plan.',
    'activity of a source': '/activity?source=console',
    settings: '/settings',
    doctor: '/doctor',
  };
}

/** What a directory of that size has besides, as if it had been there for long. */
async function fill(client: pg.Client): Promise<Known> {
  await client.query('set synchronous_commit = off');
  // Older than whatever follows the log, so that nothing of it is followed.
  await client.query(
    `insert into change (xid, at, type, user_n, actor_kind, actor_id, source_n, after)
     select '3', now() - interval '20 days' + u.n * interval '1 ms', 'user.created', u.n, 'feed', 'csv', u.created_by, '{}'
     from users u`,
  );
  await client.query(
    `insert into change (xid, at, type, group_n, actor_kind, actor_id, source_n, added)
     select '3', now() - interval '19 days' + a.member_n * interval '1 ms', 'membership.direct', a.group_n, 'feed', 'csv',
       a.source_n, array[a.member_n]
     from assertion a where a.member_kind = 'u' order by a.member_n, a.group_n limit $1`,
    [SHAPE.users],
  );
  const { rows: targets } = await client.query<{ n: number; id: string }>(
    `insert into target (name, name_key, type, mode, all_users, settings, credentials, guards, epoch_id)
     select 'Library', 'library', 'file', 'off', true, '{"file":"library.csv"}', '', '{"percent":20,"atLeast":50}', id
     from epoch where closed_at is null returning n, id`,
  );
  const target = only(targets);
  // What a file target keeps secret, which is nothing, sealed as the daemon seals it.
  const masterKey = readMasterKey({ given: MASTER_KEY, dataDir: '', random: randomBytes });
  const vault = targetVault(deriveKey(masterKey, 'target-credentials'), randomBytes);
  await client.query('update target set credentials = $2 where n = $1', [
    target.n,
    vault.seal(target.id, {}),
  ]);
  await client.query(
    `insert into target_object (target_n, kind, n, state, wanted, remote_id, held, owned, name, name_key)
     select $1, 'u', n, case when n % 997 = 0 then 'blocked' else 'settled' end, true, n::text, 'a', 'c', user_name, user_name_key
     from users`,
    [target.n],
  );
  const { rows: runs } = await client.query<{ n: string; id: string }>(
    `insert into import_run (source_n, file, mode, state, holder, held_until, rows_done, rows_total, applied, refused, filed_at,
       finished_at)
     select n, 'everybody.csv', 'actions', 'applied', gen_random_uuid(), now(), $1, $1, $1, 0, now(), now()
     from source where name = 'csv' returning n, id`,
    [SHAPE.users],
  );
  const run = only(runs);
  await client.query(
    `insert into import_row (run_n, line, outcome, original)
     select $1, row_number() over (order by n), case when n % 501 = 0 then 'refused' else 'applied' end, user_name from users`,
    [run.n],
  );
  await client.query(
    `insert into join_request (kind, user_n, group_n, expires_at)
     select 'join', u.n, g.n, now() + interval '30 days'
     from (select n, row_number() over (order by n) as nth from users limit $1) u
     join (select n, row_number() over (order by n desc) as nth from groups limit $1) g using (nth)`,
    [REQUESTS],
  );
  await client.query('analyze');
  const idOf = async (name: string): Promise<string> =>
    only((await client.query<{ id: string }>('select id from groups where name = $1', [name])).rows).id;
  const nested = await idOf(landmarks.nested);
  const { rows: users } = await client.query<{ id: string }>(
    `select u.id from groups g join closure c on c.ancestor = g.n and c.descendant <> g.n
     join assertion a on a.group_n = c.descendant and a.member_kind = 'u' join users u on u.n = a.member_n
     where g.name = $1 order by u.n limit 1`,
    [landmarks.nested],
  );
  return {
    ...{ target: target.id, run: run.id, user: only(users).id, nested },
    large: await idOf(landmarks.all),
    small: await idOf(landmarks.ten),
    userName: userNameOf(SHAPE.users - 1),
  };
}

function only<T>(rows: readonly T[]): T {
  const [row] = rows;
  if (row === undefined) throw new Error('A row that was to be there is not.');
  return row;
}
