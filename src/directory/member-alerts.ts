/** What administrators are told of member changes that are done all the same (D-03, D-33). */
import type { GroupN } from '../core/ids.ts';
import { raiseAlert } from '../store/alerts.ts';
import { countForeignMembers } from '../store/assertions.ts';
import { countUsersBelow } from '../store/client-removals.ts';
import type { GroupRow } from '../store/groups.ts';
import type { Work } from './work.ts';

/** D-03: a client that replaces the members of a group that is nobody's may not know of those whom others put there. */
export async function tellContest(work: Work, group: GroupRow, wiped: readonly number[]): Promise<void> {
  if (wiped.length === 0 || work.by.actor.kind !== 'client' || group.reserved_to !== null) return;
  const foreign = await countForeignMembers(work.tx, group.n, { members: wiped, source: work.sourceN });
  if (foreign.members === 0) return;
  const details = { group: group.name, client: work.by.source, ...foreign };
  await raiseAlert(work.tx, { kind: 'contested', subject: group.id, details });
}

/** D-33: a client's nesting that moves very many people is told of, and done. */
export async function tellMovedMany(work: Work, group: GroupRow, nested: readonly GroupN[]): Promise<void> {
  if (nested.length === 0 || work.by.actor.kind !== 'client') return;
  const limit = work.nestingMoves;
  const count = await countUsersBelow(work.tx, nested, limit + 1);
  if (count <= limit) return;
  const guard = 'nesting' as const;
  const details = { client: work.by.source, guard, group: group.name, count, limit };
  await raiseAlert(work.tx, {
    kind: 'client.guard',
    subject: `${work.by.source}/${guard}/${group.id}`,
    details,
  });
}
