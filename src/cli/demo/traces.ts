/** What a demo leaves in the directory, and taking it away again. */
import { randomBytes } from 'node:crypto';
import { targetsOf } from '../../boot/targets.ts';
import type { Scope } from '../../core/scopes.ts';
import { SetupProblem } from '../../core/setup-problem.ts';
import { foldName } from '../../core/names.ts';
import { TOKEN_BYTES } from '../../core/token.ts';
import { createClient, endClient } from '../../directory/clients.ts';
import { deleteGroup } from '../../directory/groups.ts';
import { deleteUser } from '../../directory/users.ts';
import { perform } from '../../directory/work.ts';
import { rejectPlan } from '../../plans/decisions.ts';
import { findClient } from '../../store/clients.ts';
import { namesMadeBy, nodesMadeBy, type Makers } from '../../store/creations.ts';
import type { Connection } from '../../store/database.ts';
import { findGroupCalled, type NamedGroup } from '../../store/lookup.ts';
import { listPlans } from '../../store/plans/plans.ts';
import { listTargets } from '../../store/targets/targets.ts';
import { findUserByName, type UserRow } from '../../store/users.ts';
import { removeTarget, showTargets } from '../../targets/admin/verbs.ts';
import { openKeys } from '../installation.ts';
import type { Visit } from '../visit.ts';
import { demo } from '../../core/demo.ts';
import { decisionsOf } from '../commands/plan.ts';
import { allPeople, clients, files, fileTargets, groups, targets } from './cast.ts';

const MOST_PLANS = 1_000;
const HOUR_MS = 3_600_000;

/** By whom all was made that the demo may take away: what others gave one of its names stays. */
const makers: Makers = {
  clients: Object.values(clients),
  origins: ['muster demo', ...files.map(({ name }) => name)],
};
const targetNames = [...targets, ...fileTargets.map(({ name }) => name)];

/** Tokens, good for an hour, of the clients that play the identity provider and the administrator. */
export async function issueTokens({
  directory,
  by,
}: Visit): Promise<{ readonly idp: string; readonly admin: string }> {
  const issue = async (name: string, scopes: readonly Scope[]): Promise<string> => {
    const expiresAt = new Date(Date.now() + HOUR_MS);
    const material = { kind: 'random' as const, bytes: randomBytes(TOKEN_BYTES) };
    const client = { name, profile: 'auto', namespace: 'all' as const, scopes, allow: [], expiresAt };
    return (await perform(directory, by, (work) => createClient(work, client, material))).result.token;
  };
  return {
    idp: await issue(clients.idp, ['scim.read', 'scim.write']),
    admin: await issue(clients.admin, ['admin']),
  };
}

/** Ends clients that the demo worked with, and so their tokens; answers how many there were. */
export async function endClients(
  { directory, by }: Visit,
  names: readonly string[] = Object.values(clients),
): Promise<number> {
  const { result } = await perform(directory, by, async (work) => {
    let ended = 0;
    for (const name of await namesMadeBy(work.tx, 'client.created', { names, makers })) {
      if ((await findClient(work.tx, name)) === null) continue;
      await endClient(work, name);
      ended += 1;
    }
    return ended;
  });
  return result;
}

/** Takes the demo's people and groups away; answers how many there were. */
export async function removeTraces({ directory, by }: Visit): Promise<number> {
  const { result } = await perform(directory, by, async (work) => {
    const found = await nodesCalled(work.tx);
    const ours = await nodesMadeBy(
      work.tx,
      [...found.groups, ...found.users].map(({ n }) => n),
      makers,
    );
    for (const { n, id } of found.groups) {
      if (ours.has(n)) await deleteGroup(work, { group: id, ifMatch: null });
    }
    for (const { n, id } of found.users) {
      if (ours.has(n)) await deleteUser(work, { user: id, ifMatch: null });
    }
    return ours.size;
  });
  return result;
}

/** Refuses to play while something of another has a name that the demo needs. */
export async function requireNamesFree({ directory: { database } }: Visit): Promise<void> {
  const found = await nodesCalled(database);
  const taken = [
    ...found.groups.map(({ name }) => `the group ${name}`),
    ...found.users.map(({ user_name: name }) => `the user ${name ?? ''}`),
  ];
  for (const name of Object.values(clients)) {
    if ((await findClient(database, name)) !== null) taken.push(`the client ${name}`);
  }
  const listed = (await listTargets(database)).filter(({ name }) => targetNames.includes(name));
  taken.push(...listed.map(({ name }) => `the target ${name}`));
  if (taken.length === 0) return;
  throw new SetupProblem(`The demo did not make ${taken.join(', ')}, and needs the name.`, [
    'Rename or delete what has the name, or play the demo on an instance of its own (MUSTER_DATA_DIR).',
  ]);
}

/** Groups and users that have names of the demo, whoever made them. */
async function nodesCalled(
  connection: Connection,
): Promise<{ readonly groups: readonly NamedGroup[]; readonly users: readonly UserRow[] }> {
  const found: { groups: NamedGroup[]; users: UserRow[] } = { groups: [], users: [] };
  for (const name of groups) {
    const group = await findGroupCalled(connection, name);
    if (group !== null) found.groups.push(group);
  }
  for (const name of allPeople) {
    const user = await findUserByName(connection, foldName(name), '');
    if (user !== null) found.users.push(user);
  }
  return found;
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

/** Forgets the demo's targets; answers how many there were. */
export async function forgetTargets(open: Visit): Promise<number> {
  const { masterKey } = await openKeys(open);
  const { database, wake } = open.directory;
  const at = targetsOf(database, { masterKey, dataDir: open.settings.dataDir }, wake);
  const ours = await namesMadeBy(database, 'target.created', { names: targetNames, makers });
  const there = (await showTargets(at)).filter(({ name }) => ours.has(name));
  for (const { id } of there) await removeTarget(at, id, open.by);
  return there.length;
}
