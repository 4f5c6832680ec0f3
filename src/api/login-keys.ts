/** Login keys: by what an identity provider says of somebody, they are signed in as this user (D-08, D-10). */
import { z } from 'zod';
import { Refusal } from '../core/refusal.ts';
import { releaseKey } from '../directory/identity-providers.ts';
import { bindLoginKey, type GivenLoginKey, releaseLoginKey } from '../directory/login-keys.ts';
import { perform } from '../directory/work.ts';
import { answers, answersNothing, takes } from '../http/operation.ts';
import { findUserRef } from '../store/effective/refs.ts';
import { listLoginKeys } from '../store/login-keys.ts';
import { readBody, userIdIn } from './input.ts';
import { type ApiParts, writtenAt } from './parts.ts';
import type { Call, Route } from './route.ts';
import { pageOf, time } from './shapes.ts';

const kind = z.enum(['targetedId', 'eppn']);
const keyBody = z.strictObject({
  kind,
  issuer: z.string().min(1).max(1_000).describe('Entity id of the identity provider that says it.'),
  value: z.string().min(1).max(500),
});
const keyShape = z
  .object({ kind, issuer: z.string(), value: z.string(), since: time, source: z.string() })
  .meta({ id: 'LoginKey' });
const releaseBody = z.strictObject({ key: z.string().min(1).max(500) });
const path = '/users/:id/login-keys';

export function loginKeyRoutes(parts: ApiParts): readonly Route[] {
  const { directory } = parts;
  const given = async (call: Call): Promise<GivenLoginKey> => ({
    user: userIdIn(call.params),
    ...readBody(keyBody, await call.json()),
  });
  return [
    {
      method: 'GET',
      path,
      scope: 'admin',
      summary: 'By what a user is known to identity providers',
      answers: { 200: answers(pageOf(keyShape)) },
      handle: async ({ params }) => {
        const user = await findUserRef(directory.database, userIdIn(params));
        if (user === null) throw new Refusal('user.not_found', { user: params.id ?? '' });
        const rows = await listLoginKeys(directory.database, user.n);
        const items = rows.map(({ since, ...row }) => ({ ...row, since: since.toISOString() }));
        return { status: 200, body: { items, next: null } };
      },
    },
    {
      method: 'POST',
      path,
      scope: 'admin',
      summary: 'Binds a login key to a user: who the provider says it of is signed in as that user',
      body: takes(keyBody),
      answers: { 204: answersNothing('Muster-Cursor') },
      handle: async (call) => {
        const key = await given(call);
        const performed = await perform(directory, call.by, (work) => bindLoginKey(work, key));
        return { status: 204, headers: await writtenAt(parts, performed), body: null };
      },
    },
    {
      method: 'POST',
      path: `${path}/release`,
      scope: 'admin',
      summary: 'Takes a login key from a user, and ends the sessions that its provider began',
      body: takes(keyBody),
      answers: { 204: answersNothing('Muster-Cursor') },
      handle: async (call) => {
        const key = await given(call);
        const performed = await perform(directory, call.by, (work) => releaseLoginKey(work, key));
        return { status: 204, headers: await writtenAt(parts, performed), body: null };
      },
    },
    {
      method: 'POST',
      path: '/quarantine/release',
      scope: 'admin',
      summary: 'Lets a name or login key be signed in by that belonged to somebody else until recently',
      body: takes(releaseBody),
      answers: { 204: answersNothing('Muster-Cursor') },
      handle: async (call) => {
        const { key } = readBody(releaseBody, await call.json());
        const performed = await perform(directory, call.by, (work) => releaseKey(work, key));
        return { status: 204, headers: await writtenAt(parts, performed), body: null };
      },
    },
  ];
}
