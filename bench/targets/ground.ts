/** A directory of its own whose targets are driven in this process, and services to push to in another. */
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { Attribution } from '../../src/core/attribution.ts';
import { createCursors } from '../../src/core/cursor.ts';
import { deriveKey } from '../../src/core/seal.ts';
import { createGroup, newGroupState } from '../../src/directory/groups.ts';
import { createUser } from '../../src/directory/users.ts';
import { perform, type Work } from '../../src/directory/work.ts';
import { type Database, openDatabase } from '../../src/store/database.ts';
import type { GroupRow } from '../../src/store/groups.ts';
import { openEpoch } from '../../src/store/installation.ts';
import type { UserRow } from '../../src/store/users.ts';
import { addTarget, type Targets } from '../../src/targets/admin/verbs.ts';
import { TargetEngine } from '../../src/targets/engine/engine.ts';
import { targetVault } from '../../src/targets/secrets.ts';
import { type ServerProcess, startScript, stopAll } from '../http/processes.ts';

export const BY: Attribution = {
  actor: { kind: 'system', id: 'bench' },
  onBehalfOf: null,
  source: 'console',
  origin: { kind: 'command', command: 'bench' },
  requestId: null,
};

/** What a service of the receiver has seen. */
export interface Arrived {
  /** Nanoseconds of the machine's clock: the last member change, and the first one. */
  readonly arrived: bigint;
  readonly first: bigint;
  readonly members: number;
  readonly patches: number;
  readonly accounts: number;
}

export interface TargetGround {
  readonly database: Database;
  readonly targets: Targets;
  readonly receiver: ServerProcess;
  readonly engine: TargetEngine;
  do<T>(task: (work: Work) => Promise<T>): Promise<T>;
  users(count: number): Promise<UserRow[]>;
  group(name: string, members: readonly UserRow[]): Promise<GroupRow>;
  add(name: string, path: string, groups: readonly GroupRow[], who?: 'members' | 'all users'): Promise<void>;
  /** Lets the engine's clock go forward. */
  later(ms: number): void;
  arrived(service: string): Promise<Arrived>;
  /** Waits until a service holds so many members. */
  until(service: string, members: number): Promise<Arrived>;
  /** Waits until a service has so many accounts. */
  untilAccounts(service: string, accounts: number): Promise<void>;
  close(): Promise<void>;
}

/** Users made in one transaction. */
const BATCH = 1_000;

export async function openTargetGround(url: string): Promise<TargetGround> {
  const database = openDatabase({ url, poolSize: 16, applicationName: 'muster-bench' });
  const receiver = await startScript('bench/targets/scim-receiver.ts', {});
  const filesDir = mkdtempSync(join(tmpdir(), 'muster-bench-'));
  const key = randomBytes(32);
  const vault = targetVault(deriveKey(key, 'target-credentials'), randomBytes);
  let ahead = 0;
  const epoch = await openEpoch(database, 'http://localhost:8080');
  const engine = new TargetEngine({
    ...{ database, vault, cursors: createCursors(key, epoch.id), filesDir },
    world: { now: () => Date.now() + ahead, random: Math.random },
    listener: () => ({ onOutcome: () => undefined }),
    onFault: (target, error) => process.stderr.write(`${target}: ${String(error)}\n`),
  });
  const targets = { database, vault, filesDir, now: Date.now, random: randomBytes, wake: engine.wake };
  const run = async <T>(task: (work: Work) => Promise<T>): Promise<T> =>
    (await perform({ database, wake: engine.wake }, BY, task)).result;
  const arrived = async (service: string): Promise<Arrived> => {
    const told = (await (await fetch(`${receiver.address}/arrived/${service}`)).json()) as Record<
      string,
      string
    >;
    const { arrived: last = '0', first = '0', members, patches, accounts } = told;
    return {
      arrived: BigInt(last),
      first: BigInt(first),
      members: Number(members),
      patches: Number(patches),
      accounts: Number(accounts),
    };
  };
  engine.start();
  return {
    ...{ database, targets, receiver, engine, do: run, arrived },
    later: (ms) => (ahead += ms),
    users: async (count) => {
      const users: UserRow[] = [];
      while (users.length < count) {
        const from = users.length;
        const size = Math.min(BATCH, count - from);
        const made = await run(async (work) => {
          const batch: UserRow[] = [];
          for (let at = 0; at < size; at += 1) {
            const state = { active: true, externalId: null, document: {} };
            batch.push(await createUser(work, { ...state, userName: `bench${from + at}` }));
          }
          return batch;
        });
        users.push(...made);
      }
      return users;
    },
    group: (name, members) =>
      run((work) =>
        createGroup(
          work,
          { ...newGroupState, name },
          { steps: [{ do: 'add', members: members.map(({ id }) => id) }] },
        ),
      ),
    add: async (name, path, groups, who = 'members') => {
      const scope = { groups: groups.map(({ id }) => id), allUsers: who === 'all users' };
      const settings = { url: `${receiver.address}/${path}`, allowPrivate: true };
      await addTarget(targets, { name, type: 'scim', mode: 'enforce', scope, settings }, BY);
    },
    until: async (service, members) => {
      for (;;) {
        const now = await arrived(service);
        if (now.members === members) return now;
        await pause(5);
      }
    },
    untilAccounts: async (service, accounts) => {
      while ((await arrived(service)).accounts < accounts) await pause(20);
    },
    close: async () => {
      await engine.stop();
      await stopAll([receiver]);
      await database.close();
      rmSync(filesDir, { recursive: true, force: true });
    },
  };
}
