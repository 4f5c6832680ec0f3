/** What a demo leaves in the directory, and taking it away again. */
import { randomBytes } from 'node:crypto';
import { targetsOf } from '../../boot/targets.ts';
import type { Scope } from '../../core/scopes.ts';
import { foldName } from '../../core/names.ts';
import { TOKEN_BYTES } from '../../core/token.ts';
import { createClient, endClient } from '../../directory/clients.ts';
import { deleteGroup } from '../../directory/groups.ts';
import { deleteUser } from '../../directory/users.ts';
import { perform } from '../../directory/work.ts';
import { rejectPlan } from '../../plans/decisions.ts';
import { findClient } from '../../store/clients.ts';
import { findGroupByName } from '../../store/groups.ts';
import { listPlans } from '../../store/plans/plans.ts';
import { findUserByName } from '../../store/users.ts';
import { removeTarget, showTargets } from '../../targets/admin/verbs.ts';
import { openKeys } from '../installation.ts';
import type { Visit } from '../visit.ts';
import { demo } from '../../core/demo.ts';
import { decisionsOf } from '../commands/plan.ts';
import { allPeople, clients, fileTargets, groups, targets } from './cast.ts';

const MOST_PLANS = 1_000;
const HOUR_MS = 3_600_000;

/** Tokens, good for an hour, of the clients that play the identity provider and the administrator; left-overs of a demo that was cut off end. */
export async function issueTokens({
  directory,
  by,
}: Visit): Promise<{ readonly idp: string; readonly admin: string }> {
  const issue = async (name: string, scopes: readonly Scope[]): Promise<string> => {
    const expiresAt = new Date(Date.now() + HOUR_MS);
    const material = { kind: 'random' as const, bytes: randomBytes(TOKEN_BYTES) };
    const { result } = await perform(directory, by, async (work) => {
      if ((await findClient(work.tx, name)) !== null) await endClient(work, name);
      const client = { name, profile: 'auto', namespace: 'all' as const, scopes, allow: [], expiresAt };
      return createClient(work, client, material);
    });
    return result.token;
  };
  return {
    idp: await issue(clients.idp, ['scim.read', 'scim.write']),
    admin: await issue(clients.admin, ['admin']),
  };
}

/** Ends clients that the demo worked with, and so their tokens. */
export async function endClients(
  { directory, by }: Visit,
  names: readonly string[] = Object.values(clients),
): Promise<void> {
  await perform(directory, by, async (work) => {
    for (const name of names) {
      if ((await findClient(work.tx, name)) !== null) await endClient(work, name);
    }
  });
}

/** Takes the demo's people and groups away; answers how many there were. */
export async function removeTraces({ directory, by }: Visit): Promise<number> {
  const { result } = await perform(directory, by, async (work) => {
    let removed = 0;
    for (const name of groups) {
      const group = await findGroupByName(work.tx, foldName(name), work.sourceN);
      if (group === null) continue;
      await deleteGroup(work, { group: group.id, ifMatch: null });
      removed += 1;
    }
    for (const name of allPeople) {
      const user = await findUserByName(work.tx, foldName(name), '');
      if (user === null) continue;
      await deleteUser(work, { user: user.id, ifMatch: null });
      removed += 1;
    }
    return removed;
  });
  return result;
}

/** Rejects the file that a guard held, so that it does not wait for groups that are gone. */
export async function rejectHeldFile(open: Visit): Promise<void> {
  const { database } = open.directory;
  const filter = { state: 'held' as const, kind: 'feed' as const, source: null };
  const held = await listPlans(database, filter, { after: 0, limit: MOST_PLANS });
  for (const plan of held.filter(({ title }) => title.startsWith(demo.poisonedFile))) {
    await rejectPlan(await decisionsOf(open), {
      ...{ plan: plan.id, hash: plan.hash, by: open.by },
      reason: 'The demo was taken away.',
    });
  }
}

/** Forgets the demo's targets. */
export async function forgetTargets(open: Visit): Promise<void> {
  const { masterKey } = await openKeys(open);
  const { database, wake } = open.directory;
  const at = targetsOf(database, { masterKey, dataDir: open.settings.dataDir }, wake);
  const names = new Set([...targets, ...fileTargets.map(({ name }) => name)]);
  for (const { id, name } of await showTargets(at)) {
    if (names.has(name)) await removeTarget(at, id, open.by);
  }
}
