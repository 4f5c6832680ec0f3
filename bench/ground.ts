/** What benchmarks stand on: the directory opened as the product opens it, and the groups and users they work on. */
import type pg from 'pg';
import type { Attribution } from '../src/core/attribution.ts';
import { type GroupId, type GroupN, parseGroupId, parseUserId, type UserId } from '../src/core/ids.ts';
import { addMember, removeMember } from '../src/directory/memberships.ts';
import { type Directory, perform } from '../src/directory/work.ts';
import { openDatabase } from '../src/store/database.ts';
import type { landmarks } from './generator/groups.ts';

export interface Ground {
  readonly directory: Directory;
  /** Makes a user or group a direct member. */
  add(group: Known, member: Known): Promise<void>;
  /** Ends a direct membership. */
  remove(group: Known, member: Known): Promise<void>;
  close(): Promise<void>;
}

/** A user or group by both its names. */
export interface Known {
  readonly n: number;
  readonly id: UserId | GroupId;
}

export interface KnownGroup extends Known {
  readonly n: GroupN;
  readonly id: GroupId;
}

/** The source that every generated membership comes from, so that what is removed is deleted and not suppressed. */
const asFeed: Attribution = {
  actor: { kind: 'feed', id: 'csv' },
  onBehalfOf: null,
  source: 'csv',
  origin: { kind: 'command', command: 'bench' },
  requestId: null,
};

/** Opens the directory; nothing follows its log. */
export function openGround(url: string): Ground {
  const database = openDatabase({ url, poolSize: 4, applicationName: 'muster-bench' });
  const directory: Directory = { database, wake: () => undefined };
  return {
    directory,
    add: async (group, member) => {
      await perform(directory, asFeed, (work) =>
        addMember(work, { group: groupId(group), member: member.id }),
      );
    },
    remove: async (group, member) => {
      await perform(directory, asFeed, (work) =>
        removeMember(work, { group: groupId(group), member: member.id }),
      );
    },
    close: () => database.close(),
  };
}

/** A landmark of the generated directory. */
export async function findLandmark(
  client: pg.Client,
  name: (typeof landmarks)[keyof typeof landmarks],
): Promise<KnownGroup> {
  const { rows } = await client.query<{ n: GroupN; id: string }>('select n, id from groups where name = $1', [
    name,
  ]);
  const [row] = rows;
  const id = parseGroupId(row?.id ?? '');
  if (row === undefined || id === null) throw new Error(`The generated directory has no group ${name}.`);
  return { n: row.n, id };
}

/** Users that a group lists, spread over it. */
export async function someMembers(client: pg.Client, group: Known, count: number): Promise<Known[]> {
  return users(
    client,
    `select u.n, u.id from (
       select member_n, row_number() over (order by member_n) as at, count(*) over () as total
       from assertion where group_n = $1 and member_kind = 'u' and not suppressed) m
     join users u on u.n = m.member_n
     where m.at % greatest(1, m.total / $2) = 0 limit $2`,
    [group.n, count],
  );
}

/** Users that neither the group nor any group below it lists. */
export async function someStrangers(client: pg.Client, group: Known, count: number): Promise<Known[]> {
  return users(
    client,
    `select u.n, u.id from users u
     where u.n not in (
       select a.member_n from assertion a join closure c on c.descendant = a.group_n where c.ancestor = $1)
     limit $2`,
    [group.n, count],
  );
}

async function users(client: pg.Client, text: string, values: readonly unknown[]): Promise<Known[]> {
  const { rows } = await client.query<{ n: number; id: string }>(text, [...values]);
  const found = rows.flatMap(({ n, id }) => {
    const userId = parseUserId(id);
    return userId === null ? [] : [{ n, id: userId }];
  });
  if (found.length === 0) throw new Error('The generated directory has no such users.');
  return found;
}

/** Goes round a list for ever. */
export function inTurn<T>(items: readonly T[]): () => T {
  let at = 0;
  return () => {
    const item = items[at % items.length];
    at += 1;
    if (item === undefined) throw new Error('Nothing to take turns with.');
    return item;
  };
}

function groupId({ id }: Known): GroupId {
  const parsed = parseGroupId(id);
  if (parsed === null) throw new Error(`${id} is no group's id.`);
  return parsed;
}
