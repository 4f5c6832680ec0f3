/** What a demo leaves in the directory, and taking it away again. */
import { randomBytes } from 'node:crypto';
import type { Scope } from '../../core/scopes.ts';
import { foldName } from '../../core/names.ts';
import { TOKEN_BYTES } from '../../core/token.ts';
import { createClient, endClient } from '../../directory/clients.ts';
import { deleteGroup } from '../../directory/groups.ts';
import { deleteUser } from '../../directory/users.ts';
import { perform } from '../../directory/work.ts';
import { findClient } from '../../store/clients.ts';
import { findGroupByName } from '../../store/groups.ts';
import { findUserByName } from '../../store/users.ts';
import type { Visit } from '../visit.ts';
import { clients, groups, people } from './cast.ts';

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

/** Ends the clients that the demo worked with, and so their tokens. */
export async function endClients({ directory, by }: Visit): Promise<void> {
  await perform(directory, by, async (work) => {
    for (const name of Object.values(clients)) {
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
    for (const name of people) {
      const user = await findUserByName(work.tx, foldName(name), '');
      if (user === null) continue;
      await deleteUser(work, { user: user.id, ifMatch: null });
      removed += 1;
    }
    return removed;
  });
  return result;
}
