/** D-33: looks once a minute at what clients removed within the last hour, and tells where a feed would be held. */
import { clientLimits, type ClientRemovals, type GuardTrip, guardTrips } from '../../core/client-guard.ts';
import type { SourceN } from '../../core/ids.ts';
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
export async function watchRemovals(connection: Connection): Promise<void> {
  const removals = await readRemovals(connection);
  if (removals.length === 0) return;
  const told = await listGuardsTold(connection, HOUR_S);
  for (const removed of removals) {
    for (const trip of guardTrips(removed)) {
      const subject = subjectOf(removed.client, trip);
      if (told.has(subject)) continue;
      const { guard, group, count, limit } = trip;
      const details = { client: removed.client, guard, group: group?.name ?? null, count, limit };
      await raiseAlert(connection, { kind: 'client.guard', subject, details });
    }
  }
}

function subjectOf(client: string, { guard, group }: GuardTrip): string {
  return group === null ? `${client}/${guard}` : `${client}/${guard}/${group.id}`;
}

async function readRemovals(connection: Connection): Promise<readonly ClientRemovals[]> {
  const fromGroups = await listRemovedByClients(connection, HOUR_S);
  const ended = await listUsersEndedByClients(connection, HOUR_S);
  const large = fromGroups.filter(({ removed }) => removed >= clientLimits.emptiedSize);
  const left = await countMembersLeft(
    connection,
    large.map(({ group_n }) => group_n),
    Math.ceil(Math.max(0, ...large.map(({ removed }) => removed)) / clientLimits.groupShare) + 1,
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
        memberships > clientLimits.removalsFloor
          ? await countAsserted(connection, source, clientLimits.removalsCeiling / clientLimits.removalsShare)
          : 0,
      users,
      usersLeft:
        users > clientLimits.usersFloor
          ? await countActiveUsers(connection, Math.ceil(users / clientLimits.usersShare))
          : 0,
      groups: own
        .filter((row) => left.has(row.group_n))
        .map(({ id, name, removed, group_n }) => ({ id, name, removed, left: left.get(group_n) ?? 0 })),
    });
  }
  return all;
}
