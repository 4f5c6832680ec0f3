import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { changeGroup, createGroup, deleteGroup, newGroupState } from '../../src/directory/groups.ts';
import { editMembers } from '../../src/directory/memberships.ts';
import { changeUser, createUser } from '../../src/directory/users.ts';
import type { Work } from '../../src/directory/work.ts';
import type { GroupRow } from '../../src/store/groups.ts';
import type { UserRow } from '../../src/store/users.ts';
import { driveTarget, type DrivenTarget } from '../support/driven-target.ts';
import { type QuirkServer, type SeenRequest, startQuirkServer } from '../support/quirk-server.ts';
import { openTestTargets, type TestTargets } from '../support/target-engine.ts';

jest.setTimeout(60_000);

/** One for each thing that an answer may mean; 429 without `Retry-After`. */
const ANSWERS = [400, 404, 409, 412, 429, 500, 501] as const;
const HOUR = 3_600_000;
/** A few for each of an object's ways: a look, a write, its repetition, three members by themselves. */
const MOST = 20;

type IsHit = (request: SeenRequest) => boolean;
/** What happens to a user in the directory, and which requests about it are answered badly. */
const USER_CELLS = {
  create: isPost,
  find: isFilter,
  change: isPatch,
  look: isLook,
  leave: isPatch,
  whole: () => true,
} as const satisfies Record<string, IsHit>;
const GROUP_CELLS = {
  make: isPost,
  rename: (request) => isPatch(request) && !isOfMembers(request),
  watch: isLook,
  remove: ({ method }) => method === 'DELETE',
  add: isOfMembers,
  take: isOfMembers,
  any: () => true,
} as const satisfies Record<string, IsHit>;
const CELLS: Readonly<Record<string, IsHit>> = { ...USER_CELLS, ...GROUP_CELLS };

/** Every cell with every answer; the name of its user or group says which. */
function eachOf(cells: object): [name: string, cell: string][] {
  return Object.keys(cells).flatMap((cell) =>
    ANSWERS.map((status): [string, string] => [`${cell}-${status}`, cell]),
  );
}

interface Made {
  readonly pool: readonly UserRow[];
  readonly people: ReadonlyMap<string, UserRow>;
  readonly carrier: GroupRow;
  readonly groups: ReadonlyMap<string, GroupRow>;
}

interface Begun {
  readonly server: QuirkServer;
  readonly target: DrivenTarget;
}

describe('O-06: with the clock standing still the engine comes to rest', () => {
  let on: TestTargets;
  let made: Made;
  let begun: Record<'keeps' | 'forgets', Begun>;

  beforeAll(async () => {
    on = await openTestTargets({ drives: false });
    made = await on.do(make);
    const scope = { groups: [made.carrier, ...made.groups.values()].map(({ id }) => id) };
    const begin = async (name: string): Promise<Begun> => {
      const server = await startQuirkServer();
      const settings = { url: server.url, allowPrivate: true };
      await on.add({ name, type: 'scim', mode: 'enforce', scope, settings });
      const target = await driveTarget(on, name, { circuit: 'never opens' });
      await target.rest();
      expect(Object.keys(server.held().groups)).toHaveLength(scope.groups.length);
      return { server, target };
    };
    const [keeps, forgets] = await Promise.all([begin('keeps'), begin('forgets')]);
    begun = { keeps, forgets };
    await on.do((work) => change(work, made));
  });
  afterAll(async () => {
    for (const { server, target } of Object.values(begun)) {
      await target.close();
      await server.close();
    }
    await on.close();
    expect(on.faults).toEqual([]);
  });

  it('whatever is answered to whichever request, where the target keeps what else it is told, or forgets it', async () => {
    await Promise.all([restsWith('keeps'), restsWith('forgets')]);
  });

  async function restsWith(how: 'keeps' | 'forgets'): Promise<void> {
    const { server, target } = begun[how];
    const nameOf = namesOf(server, made);
    server.tamper(({ groups }) => {
      // Gone from there already: looked for, and made anew.
      for (const [id, { name }] of groups) if (name.startsWith('make-')) groups.delete(id);
    });
    server.quirks.trick = (request) => {
      const [cell = '', status = ''] = nameOf(request).split('-');
      if (CELLS[cell]?.(request) === true) return { kind: 'answer', status: Number(status) };
      return how === 'keeps' || request.method === 'GET' ? null : { kind: 'forget' };
    };
    for (const hour of ['first', 'second']) {
      const before = server.seen.length;
      await target.rest();
      const counts = new Map<string, number>();
      for (const request of server.seen.slice(before)) {
        const name = nameOf(request);
        counts.set(name, (counts.get(name) ?? 0) + 1);
      }
      expect(counts.size).toBeGreaterThan(hour === 'first' ? ANSWERS.length : 0);
      // A look whether the service is there at all is about nobody, and comes with an answer that says it may not be.
      const looks = counts.get('') ?? 0;
      counts.delete('');
      expect(looks).toBeLessThanOrEqual([...counts.values()].reduce((sum, count) => sum + count, 0) / 2);
      // Of the members in every list each list has its own few.
      const tooMany = [...counts].filter(([name, count]) => !name.startsWith('pool') && count > MOST);
      expect({ how, hour, tooMany }).toEqual({ how, hour, tooMany: [] });
      await target.pass(HOUR);
    }
  }
});

async function make(work: Work): Promise<Made> {
  const user = (userName: string) =>
    createUser(work, { userName, active: true, externalId: null, document: {} });
  const group = (name: string, members: readonly UserRow[]) =>
    createGroup(
      work,
      { ...newGroupState, name },
      { steps: [{ do: 'add', members: members.map(({ id }) => id) }] },
    );
  const pool = [await user('pool-1'), await user('pool-2'), await user('pool-3')];
  const people = new Map<string, UserRow>();
  for (const [name] of eachOf(USER_CELLS)) people.set(name, await user(name));
  const there = [...people].flatMap(([name, row]) => (/^(create|find)-/.test(name) ? [] : [row]));
  const groups = new Map<string, GroupRow>();
  for (const [name, cell] of eachOf(GROUP_CELLS)) {
    groups.set(name, await group(name, cell === 'take' ? pool : []));
  }
  return { pool, people, groups, carrier: await group('carrier', there) };
}

/** Something happens to every user and group. */
async function change(work: Work, { pool, people, groups, carrier }: Made): Promise<void> {
  for (const [name, { id }] of people) {
    if (/^(create|find|leave)-/.test(name)) {
      const step = { do: name.startsWith('leave') ? 'remove' : 'add', members: [id] } as const;
      await editMembers(work, { group: carrier.id, steps: [step] });
    } else {
      const edit = <State extends { readonly document: object }>(state: State): State => ({
        ...state,
        document: { ...state.document, title: 'Dean' },
      });
      await changeUser(work, { user: id, ifMatch: null, edit });
    }
  }
  for (const [name, { id }] of groups) {
    if (/^(add|any|take)-/.test(name)) {
      const members = pool.map((user) => user.id);
      const step = { do: name.startsWith('take') ? 'remove' : 'add', members } as const;
      await editMembers(work, { group: id, steps: [step] });
    } else if (name.startsWith('remove')) await deleteGroup(work, { group: id, ifMatch: null });
    else {
      const edit = <State extends { readonly name: string }>(state: State): State => ({
        ...state,
        name: `${name}-2`,
      });
      await changeGroup(work, { group: id, ifMatch: null, edit });
    }
  }
}

/** Tells the name of what a request is about; empty for nobody of these. */
function namesOf(server: QuirkServer, { people, groups }: Made): (request: SeenRequest) => string {
  const byId = new Map<string, string>([...people, ...groups].map(([name, { id }]) => [id, name]));
  return ({ path, body }) => {
    server.tamper((held) => {
      for (const [id, { name }] of [...held.users, ...held.groups]) byId.set(id, name);
    });
    const id = /^\/(?:Users|Groups)\/([^?]+)/.exec(path)?.[1] ?? '';
    if (byId.has(id)) return byId.get(id) ?? '';
    const text = path.includes('?') ? path : body;
    const about = [...byId].find(([key, name]) => text.includes(`"${key}"`) || text.includes(`"${name}"`));
    return about?.[1] ?? '';
  };
}

function isPost({ method }: SeenRequest): boolean {
  return method === 'POST';
}

function isFilter({ method, path }: SeenRequest): boolean {
  return method === 'GET' && path.includes('?');
}

function isLook({ method, path }: SeenRequest): boolean {
  return method === 'GET' && !path.includes('?');
}

function isPatch({ method }: SeenRequest): boolean {
  return method === 'PATCH';
}

function isOfMembers({ method, path, body }: SeenRequest): boolean {
  return method !== 'GET' && path.startsWith('/Groups/') && body.includes('"members');
}
