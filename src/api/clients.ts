/** Clients: programs with a token of their own. */
import { z } from 'zod';
import { scopes, type Scope } from '../core/scopes.ts';
import { TOKEN_BYTES } from '../core/token.ts';
import { createClient, endClient } from '../directory/clients.ts';
import { perform } from '../directory/work.ts';
import { answers, answersNothing, takes } from '../http/operation.ts';
import { HttpProblem } from '../http/problem.ts';
import { type ClientRow, listClients } from '../store/clients.ts';
import { allows } from '../core/scopes.ts';
import { readBody, readPaging } from './input.ts';
import { type ApiParts, writtenAt } from './parts.ts';
import type { Answer, Call, Route } from './route.ts';
import { id, pageOf, paging, time } from './shapes.ts';

const TOKEN_DAYS = 365;
const DAY_MS = 86_400_000;

const creation = z.strictObject({
  name: z.string(),
  profile: z.string().default('auto'),
  namespace: z.enum(['all', 'own']).default('all'),
  scopes: z.array(z.enum(scopes)).min(1),
  allow: z.array(z.string()).max(1_000).default([]),
  ratePerSecond: z.int().min(1).max(100_000).nullable().default(null),
  entraTenant: z.uuid().nullable().default(null),
  expiresAt: z.iso.datetime({ offset: true }).nullable().optional(),
});

const clientShape = z
  .object({
    id,
    name: z.string(),
    profile: z.string(),
    namespace: z.string(),
    scopes: z.array(z.string()),
    allow: z.array(z.string()),
    ratePerSecond: z.int().nullable(),
    entraTenant: id.nullable(),
    created: time,
  })
  .meta({ id: 'Client' });
const madeShape = clientShape.extend({
  token: z.string(),
  expiresAt: z.iso.datetime({ offset: true }).nullable(),
  scimBaseUrl: z.string(),
});

export function clientRoutes(parts: ApiParts): readonly Route[] {
  return [
    {
      method: 'GET',
      path: '/clients',
      scope: 'clients.write',
      summary: 'Clients in use',
      query: paging,
      answers: { 200: answers(pageOf(clientShape)) },
      handle: async ({ query }) => {
        const pages = readPaging(parts.listKey, query, 'clients');
        const clients = (await listClients(parts.directory.database)).filter(({ n }) => n > pages.page.after);
        const rows = clients.slice(0, pages.page.limit);
        return {
          status: 200,
          body: { items: rows.map(clientBody), next: pages.next(rows.length, rows.at(-1)?.n) },
        };
      },
    },
    {
      method: 'POST',
      path: '/clients',
      scope: 'clients.write',
      summary: 'Creates a client and shows its token, once',
      body: takes(creation),
      answers: { 201: answers(madeShape, 'Muster-Cursor') },
      handle: (call) => postClient(parts, call),
    },
    {
      method: 'DELETE',
      path: '/clients/:id',
      scope: 'clients.write',
      summary: 'Ends a client and its tokens',
      answers: { 204: answersNothing('Muster-Cursor') },
      handle: async (call) => {
        const performed = await perform(parts.directory, call.by, (work) =>
          endClient(work, call.params.id ?? ''),
        );
        return { status: 204, headers: await writtenAt(parts, performed), body: null };
      },
    },
  ];
}

/** Nobody gives a scope that they do not hold (J-19). */
async function postClient(parts: ApiParts, call: Call): Promise<Answer> {
  const wanted = readBody(creation, await call.json());
  const foreign = wanted.scopes.find((scope: Scope) => !allows(call.client.scopes, scope));
  if (foreign !== undefined) {
    throw new HttpProblem('auth.scope', `This token does not hold the scope ${foreign} that it would give.`);
  }
  const expiresAt = endOf(wanted.expiresAt, parts.now());
  const performed = await perform(parts.directory, call.by, (work) =>
    createClient(work, { ...wanted, expiresAt }, { kind: 'random', bytes: parts.random(TOKEN_BYTES) }),
  );
  const { client, token } = performed.result;
  return {
    status: 201,
    headers: await writtenAt(parts, performed),
    body: {
      ...clientBody(client),
      token,
      expiresAt: expiresAt?.toISOString() ?? null,
      scimBaseUrl: `${parts.baseUrl}/scim/v2`,
    },
  };
}

/** A token ends after a year unless it is said when, or that it never does (null). */
function endOf(said: string | null | undefined, now: number): Date | null {
  if (said === undefined) return new Date(now + TOKEN_DAYS * DAY_MS);
  return said === null ? null : new Date(said);
}

function clientBody(row: ClientRow): object {
  return {
    id: row.id,
    name: row.name,
    profile: row.profile,
    namespace: row.namespace,
    scopes: row.scopes,
    allow: row.allow,
    ratePerSecond: row.rate_per_second,
    entraTenant: row.entra_tenant,
    created: row.created_at.toISOString(),
  };
}
