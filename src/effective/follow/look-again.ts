/** What marks of the log point at, and reading that again in the snapshot that shows the marks. */
import type { Tx } from '../../store/database.ts';
import {
  readEdges,
  readGoneGroups,
  readGroupsAmong,
  readNestings,
  readUsers,
} from '../../store/effective/facts.ts';
import type { MarkRow } from '../../store/effective/log-tail.ts';
import type { DirectFact, Facts } from '../index/facts.ts';

/** Pairs to a statement: some megabytes of parameters. */
const PAIRS_AT_ONCE = 100_000;

export interface Looked {
  readonly facts: Facts;
  /** Those of the marks' members that are groups. */
  readonly nested: ReadonlySet<number>;
}

/** Reads again everything that the marks say may have changed. `tx` must be REPEATABLE READ. */
export async function lookAgain(tx: Tx, marks: readonly MarkRow[]): Promise<Looked> {
  const listed = marks.filter(({ type }) => type === 'membership.direct');
  const nested = await readGroupsAmong(tx, distinct(listed.flatMap(membersOf)));
  const parents = listed.filter((mark) => membersOf(mark).some((member) => nested.has(member)));
  const groups = distinct(marks.filter(({ type }) => type.startsWith('group.')).map(({ group_n: n }) => n));
  const users = distinct(marks.filter(({ type }) => type.startsWith('user.')).map(({ user_n: n }) => n));
  const goneGroups = await readGoneGroups(tx, distinct([...groups, ...listed.map(({ group_n: n }) => n)]));
  const nestings = await readNestings(tx, distinct(parents.map(({ group_n: n }) => n)));
  const states = await readUsers(tx, users);
  return {
    facts: {
      direct: await readDirect(tx, listed, nested),
      nestings: nestings.map(({ group_n: group, members }) => ({ group, members })),
      goneGroups,
      users: states.map(({ n: user, state, groups: listing }) => ({ user, state, groups: listing })),
    },
    nested,
  };
}

/** Users and groups that a membership's mark names. */
export function membersOf({ added, removed }: MarkRow): readonly number[] {
  return [...(added ?? []), ...(removed ?? [])];
}

async function readDirect(
  tx: Tx,
  listed: readonly MarkRow[],
  nested: ReadonlySet<number>,
): Promise<readonly DirectFact[]> {
  const facts = new Map<number, { group: number; present: number[]; absent: number[] }>();
  let groups: number[] = [];
  let users: number[] = [];
  const read = async (): Promise<void> => {
    for (const { group_n: group, member_n: user, present } of await readEdges(tx, groups, users)) {
      let fact = facts.get(group);
      if (fact === undefined) facts.set(group, (fact = { group, present: [], absent: [] }));
      (present ? fact.present : fact.absent).push(user);
    }
    groups = [];
    users = [];
  };
  for (const mark of listed) {
    for (const member of membersOf(mark)) {
      if (mark.group_n === null || nested.has(member)) continue;
      groups.push(mark.group_n);
      users.push(member);
    }
    if (groups.length >= PAIRS_AT_ONCE) await read();
  }
  await read();
  return [...facts.values()];
}

function distinct(numbers: readonly (number | null)[]): number[] {
  return [...new Set(numbers.filter((n) => n !== null))];
}
