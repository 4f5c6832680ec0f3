/** D-33: looks once a minute at what clients removed within the last hour, and tells where a feed would be held. */
import { type ClientRemovals, enoughOf, guardTrips, unmindedRemovals } from '../../core/client-guard.ts';
import type { SourceN } from '../../core/ids.ts';
import type { TrippedGuard } from '../../core/plans/guards.ts';
import type { GuardLimits } from '../../core/plans/limits.ts';
import { raiseAlert } from '../../store/alerts.ts';
import {
  countActiveUsers,
  countAsserted,
  countMembersLeft,
  listGuardsTold,
  listRemovedByClients,
  listUsersEndedByClients,
} from '../../store/client-removals.ts';
import type { Connection } from '../../store/database.ts';

const HOUR_S = 3_600;

/** Raises an alert for each guard that a client's removals of the last hour trip; one that is open, or that a person resolved within the hour, is not raised again. */
export async function watchRemovals(connection: Connection, limits: GuardLimits): Promise<void> {
  const removals = await readRemovals(connection, limits);
  if (removals.length === 0) return;
  const told = await listGuardsTold(connection, HOUR_S);
  for (const removed of removals) {
    for (const trip of guardTrips(removed, limits)) {
      const subject = subjectOf(removed.client, trip);
      if (told.has(subject)) continue;
      const { guard, group, count, limit } = trip;
      const details = {
        client: removed.client,
        guard,
        group: group?.name ?? null,
        count,
        limit: Math.floor(limit),
      };
      await raiseAlert(connection, { kind: 'client.guard', subject, details });
    }
  }
}

function subjectOf(client: string, { guard, group }: TrippedGuard): string {
  return group === null ? `${client}/${guard}` : `${client}/${guard}/${group.id}`;
}

async function readRemovals(connection: Connection, limits: GuardLimits): Promise<readonly ClientRemovals[]> {
  const fromGroups = await listRemovedByClients(connection, HOUR_S);
  const ended = await listUsersEndedByClients(connection, HOUR_S);
  const large = fromGroups.filter(({ removed }) => removed > unmindedRemovals(limits));
  const left = await countMembersLeft(
    connection,
    large.map(({ group_n }) => group_n),
    Math.max(
      limits.groupFrom,
      enoughOf(Math.max(0, ...large.map(({ removed }) => removed)), limits.groupPercent),
    ),
  );
  const clients = new Map<SourceN, string>([
    ...fromGroups.map(({ source, client }) => [source, client] as const),
    ...ended.map(({ source, client }) => [source, client] as const),
  ]);
  const all: ClientRemovals[] = [];
  for (const [source, client] of clients) {
    const own = fromGroups.filter((row) => row.source === source);
    const memberships = own.reduce((sum, { removed }) => sum + removed, 0);
    const users = ended.find((row) => row.source === source)?.users ?? 0;
    all.push({
      client,
      memberships,
      asserted:
        memberships > limits.removalsAtLeast
          ? await countAsserted(connection, source, enoughOf(limits.removalsAtMost, limits.removalsPercent))
          : 0,
      users,
      usersLeft:
        users > limits.deactivationsAtLeast
          ? await countActiveUsers(connection, enoughOf(users, limits.deactivationsPercent))
          : 0,
      groups: own
        .filter((row) => left.has(row.group_n))
        .map(({ id, name, removed, group_n }) => ({ id, name, removed, left: left.get(group_n) ?? 0 })),
    });
  }
  return all;
}
