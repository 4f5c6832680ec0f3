import { randomUUID } from 'node:crypto';
import type pg from 'pg';
import type { Attribution } from '../src/core/attribution.ts';
import { parseGroupId, parseUserId, type GroupId, type UserId } from '../src/core/ids.ts';
import { readRule, type Rule } from '../src/core/rules.ts';
import { buildRegistry } from '../src/core/scim/registry.ts';
import { changeGroup, createGroup, deleteGroup, newGroupState } from '../src/directory/groups.ts';
import { changeUser } from '../src/directory/users.ts';
import { type Directory, perform } from '../src/directory/work.ts';
import { sweepDeletedGroups } from '../src/store/leftovers.ts';
import type { Benchmark } from './benchmark.ts';
import { absolute, type Figure } from './figure.ts';
import { openGround } from './ground.ts';
import { spreadOf, timed } from './interleave.ts';
import { withClient } from './kept-databases.ts';

/** A rule edited so that half of all users come and the other half go, and what writers of users feel of it (D-15). */
export const ruleEdit: Benchmark = {
  name: 'rule-edit',
  goals: ['D-15'],
  run: async (bench) => {
    const [ground, other] = [openGround(bench.url), openGround(bench.url)];
    try {
      return await withClient(bench.url, (client) => measure(ground.directory, other.directory, client));
    } finally {
      await other.close();
      await ground.close();
    }
  },
};

const asConsole: Attribution = {
  actor: { kind: 'system', id: 'bench' },
  onBehalfOf: null,
  source: 'console',
  origin: { kind: 'command', command: 'bench' },
  requestId: null,
};

async function measure(directory: Directory, other: Directory, client: pg.Client): Promise<Figure[]> {
  const { text: middle } = await middleOf(client);
  const [lower, upper] = [ruleOf(`userName lt "${middle}"`), ruleOf(`userName ge "${middle}"`)];
  const name = `rule of the benchmark ${randomUUID()}`;
  const made = await perform(directory, asConsole, (work) =>
    createGroup(work, { ...newGroupState, name, rule: lower }),
  );
  const group = groupId(made.result.id);
  try {
    const users = await someUsers(client);
    const slowest = { ms: 0, endedAt: 0 };
    const writingUntil = async (end: () => boolean): Promise<number[]> => {
      const times: number[] = [];
      slowest.ms = 0;
      for (let at = 0; !end(); at += 1) {
        const user = users[at % users.length];
        if (user === undefined) break;
        const ms = await timed(() => write(other, user, at));
        if (ms > slowest.ms) Object.assign(slowest, { ms, endedAt: performance.now() });
        times.push(ms);
      }
      return times;
    };
    await writingUntil(after(50));
    const state = { isOver: false };
    const writing = writingUntil(() => state.isOver);
    const took = await timed(async () => {
      await perform(directory, asConsole, (work) =>
        changeGroup(work, { group, ifMatch: null, edit: (was) => ({ ...was, rule: upper }) }),
      );
    });
    const overAt = performance.now();
    state.isOver = true;
    const meanwhile = spreadOf(await writing);
    const before = ((overAt - slowest.endedAt) / 1_000).toFixed(1);
    const quiet = spreadOf(await writingUntil(after(200)));
    return [
      absolute({
        goal: 'D-15',
        what: 'longest write of a user while a rule is edited that everybody comes or goes by',
        unit: 'ms',
        ours: meanwhile.longest,
        limit: { atMost: 100 },
        countsAt: 'full',
        note: `the edit took ${(took / 1_000).toFixed(1)} s, ${meanwhile.runs} writes beside it, the longest done ${before} s before its end; longest without it ${quiet.longest.toFixed(1)} ms; medians ${meanwhile.p50.toFixed(1)} and ${quiet.p50.toFixed(1)} ms`,
      }),
    ];
  } finally {
    await perform(directory, asConsole, (work) => deleteGroup(work, { group, ifMatch: null }));
    while (await sweepDeletedGroups(directory.database, 50_000));
  }
}

function ruleOf(text: string): Rule {
  return readRule(buildRegistry([]), text);
}

async function middleOf(client: pg.Client): Promise<{ readonly text: string }> {
  const { rows } = await client.query<{ text: string }>(
    `select user_name as text from users where not stub and deleted_at is null order by user_name_key
     offset (select count(*) / 2 from users) limit 1`,
  );
  const [row] = rows;
  if (row === undefined) throw new Error('The generated directory has no users.');
  return row;
}

async function someUsers(client: pg.Client): Promise<UserId[]> {
  const { rows } = await client.query<{ id: string }>(
    'select id from users where not stub and deleted_at is null order by id limit 500',
  );
  return rows.flatMap(({ id }) => parseUserId(id) ?? []);
}

/** A change of a user's record that moves it in no group. */
async function write(directory: Directory, user: UserId, at: number): Promise<void> {
  await perform(directory, asConsole, (work) =>
    changeUser(work, {
      user,
      ifMatch: null,
      edit: (state) => ({ ...state, document: { ...state.document, nickName: `nick ${at}` } }),
    }),
  );
}

function groupId(id: string): GroupId {
  const parsed = parseGroupId(id);
  if (parsed === null) throw new Error(`${id} is no group's id.`);
  return parsed;
}

function after(rounds: number): () => boolean {
  let done = 0;
  return () => (done += 1) > rounds;
}
