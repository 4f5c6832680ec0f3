import type pg from 'pg';
import { bareAdd, bareRemove } from './bare.ts';
import type { Benchmark } from './benchmark.ts';
import { type Figure, ratio } from './figure.ts';
import { landmarks } from './generator/groups.ts';
import { findLandmark, inTurn, type Known, type KnownGroup, someStrangers } from './ground.ts';
import { startDaemon, startScript, stopAll } from './http/processes.ts';
import { openRequests, type Requests } from './http/requests.ts';
import { interleave, timed } from './interleave.ts';
import { withClient } from './kept-databases.ts';

/** One member added and removed by SCIM PATCH, beside a route that does nothing and a bare transaction (P2). */
export const httpPatch: Benchmark = {
  name: 'http-patch',
  goals: ['P2'],
  run: async ({ url }) => {
    const daemon = await startDaemon({ databaseUrl: url });
    const raw = await startScript('bench/http/raw-server.ts', { DATABASE_URL: url });
    const [ours, bare] = [openRequests(daemon.address, 1), openRequests(raw.address, 1)];
    try {
      return [await withClient(url, (client) => patches({ ours, bare, client }))];
    } finally {
      await Promise.all([ours.close(), bare.close()]);
      await stopAll([daemon, raw]);
    }
  },
};

interface Parts {
  readonly ours: Requests;
  readonly bare: Requests;
  readonly client: pg.Client;
}

async function patches({ ours, bare, client }: Parts): Promise<Figure> {
  const group = await findLandmark(client, landmarks.nested);
  const strangers = await someStrangers(client, group, 400);
  const [next, nextBare] = [inTurn(strangers), inTurn(strangers.toReversed())];
  const times = await interleave(
    {
      ours: async () => {
        const user = next();
        const { path, add, remove } = patchOf(group, user);
        return mean(
          await timed(() => ours.send('PATCH', path, add)),
          await timed(() => ours.send('PATCH', path, remove)),
        );
      },
      bare: async () => {
        const user = nextBare();
        const { path, add, remove } = patchOf(group, user);
        const both = async (body: object, write: () => Promise<void>): Promise<void> => {
          await bare.send('PATCH', path, body);
          await write();
        };
        return mean(
          await timed(() => both(add, () => bareAdd(client, group, user))),
          await timed(() => both(remove, () => bareRemove(client, group, user))),
        );
      },
    },
    { runs: 300, warmUp: 50 },
  );
  return ratio({
    goal: 'P2',
    what: 'SCIM PATCH of one member in a nested group of a tenth of all users',
    ours: times.ours.p50,
    baseline: { is: 'a route that does nothing, and a bare transaction', value: times.bare.p50 },
    limit: { atMost: 2 },
  });
}

function patchOf(group: KnownGroup, user: Known): { path: string; add: object; remove: object } {
  const body = (operation: object): object => ({
    schemas: ['urn:ietf:params:scim:api:messages:2.0:PatchOp'],
    Operations: [operation],
  });
  return {
    path: `/scim/v2/Groups/${group.id}`,
    add: body({ op: 'add', path: 'members', value: [{ value: user.id }] }),
    remove: body({ op: 'remove', path: `members[value eq "${user.id}"]` }),
  };
}

function mean(a: number, b: number): number {
  return (a + b) / 2;
}
