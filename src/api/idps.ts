/** Identity providers: who people sign in by. */
import { z } from 'zod';
import {
  absentPolicies,
  logoutPlaces,
  PROVIDER_NAME,
  type ProviderSettings,
  trustedKeys,
  userNameSources,
} from '../core/saml/provider.ts';
import { changeProvider, removeProvider } from '../directory/identity-providers.ts';
import { perform } from '../directory/work.ts';
import { answers, answersNothing, takes } from '../http/operation.ts';
import { addressesFor } from '../sources/saml/addresses.ts';
import {
  addByMetadata,
  type Providers,
  refreshProvider,
  requireProvider,
  tryAttributes,
} from '../sources/saml/admin.ts';
import { listProviders, type ProviderRow } from '../store/saml/providers.ts';
import { readBody } from './input.ts';
import type { Call, Route } from './route.ts';
import { id, pageOf, time } from './shapes.ts';

const settings = z.strictObject({
  provision: z.enum(['create', 'refuse']),
  trustedFor: z.array(z.enum(trustedKeys)),
  userName: z.enum(userNameSources),
  scopes: z.array(z.string().min(1).max(255)).max(100),
  absent: z.enum(absentPolicies),
  graceHours: z.int().min(1).max(99_999),
  ttlDays: z.int().min(1).max(99_999),
  wantResponseSigned: z.boolean(),
  logout: z.enum(logoutPlaces),
  title: z.string().min(1).max(200).nullable(),
});

const change = settings.partial();

const creation = z.strictObject({
  name: z.string().regex(PROVIDER_NAME, 'must be of small letters, digits and dashes'),
  metadata: z
    .string()
    .regex(/^https?:\/\//i, 'must be an address; files are added on the host with muster idp add'),
  entityId: z.string().min(1).nullable().default(null),
  signer: z.string().min(1).nullable().default(null),
  settings: change.default({}),
});

const attributes = z.strictObject({ attributes: z.record(z.string(), z.array(z.string())) });

const providerShape = z
  .object({
    ...{
      id,
      name: z.string(),
      entityId: z.string(),
      title: z.string().nullable(),
      metadata: z.string(),
      settings,
    },
    scopes: z.array(z.object({ value: z.string(), isPattern: z.boolean() })),
    certificates: z.array(z.string()),
    ...{ created: time, refreshed: time, validUntil: time.nullable(), lastLogin: time.nullable() },
    ...{ trouble: z.string().nullable(), expired: z.boolean() },
    addresses: z.object({ entityId: z.string(), acs: z.string(), logout: z.string() }),
  })
  .meta({ id: 'IdentityProvider' });

const trialShape = z
  .object({
    refused: z.object({ reason: z.string(), why: z.string() }).nullable(),
    claims: z.record(z.string(), z.unknown()),
    outcome: z.record(z.string(), z.unknown()).nullable(),
  })
  .meta({ id: 'TriedLogin' });

export interface IdpRouteParts {
  readonly providers: Providers;
  readonly baseUrl: string;
}

export function idpRoutes({ providers, baseUrl }: IdpRouteParts): readonly Route[] {
  const { directory } = providers;
  const body = (row: ProviderRow): object => bodyOf(row, baseUrl);
  const nameIn = ({ params }: Call): Promise<ProviderRow> =>
    requireProvider(directory.database, params.id ?? '');
  return [
    {
      method: 'GET',
      path: '/idps',
      scope: 'directory.read',
      summary: 'Identity providers in use',
      answers: { 200: answers(pageOf(providerShape)) },
      handle: async () => {
        const rows = await listProviders(directory.database);
        return { status: 200, body: { items: rows.map(body), next: null } };
      },
    },
    {
      method: 'POST',
      path: '/idps',
      scope: 'admin',
      summary: 'Adds an identity provider by the address of its metadata',
      body: takes(creation),
      answers: { 201: answers(providerShape, 'Location') },
      handle: async (call) => {
        const wanted = readBody(creation, await call.json());
        const row = await addByMetadata(providers, call.by, {
          ...wanted,
          settings: givenIn(wanted.settings),
        });
        return { status: 201, headers: { Location: `${baseUrl}/api/v1/idps/${row.id}` }, body: body(row) };
      },
    },
    {
      method: 'GET',
      path: '/idps/:id',
      scope: 'directory.read',
      summary: 'An identity provider, by id or name',
      answers: { 200: answers(providerShape) },
      handle: async (call) => ({ status: 200, body: body(await nameIn(call)) }),
    },
    {
      method: 'PATCH',
      path: '/idps/:id',
      scope: 'admin',
      summary: 'Changes what is set for an identity provider',
      body: takes(change, ['application/json', 'application/merge-patch+json']),
      answers: { 200: answers(providerShape) },
      handle: async (call) => {
        const read = readBody(change, await call.json(['application/json', 'application/merge-patch+json']));
        const { name } = await nameIn(call);
        const { result } = await perform(directory, call.by, (work) =>
          changeProvider(work, { name, change: givenIn(read) }),
        );
        return { status: 200, body: body(result) };
      },
    },
    {
      method: 'DELETE',
      path: '/idps/:id',
      scope: 'admin',
      summary: 'Takes an identity provider out of use; its sessions end, what it asserted stays',
      answers: { 204: answersNothing() },
      handle: async (call) => {
        const { name } = await nameIn(call);
        await perform(directory, call.by, (work) => removeProvider(work, name));
        return { status: 204, body: null };
      },
    },
    {
      method: 'POST',
      path: '/idps/:id/refresh',
      scope: 'admin',
      summary: 'Looks for newer metadata; where there are none that are good, the last good copy stays',
      answers: { 200: answers(providerShape) },
      handle: async (call) => {
        const row = await nameIn(call);
        await refreshProvider(providers, call.by, row);
        return { status: 200, body: body(await nameIn(call)) };
      },
    },
    {
      method: 'POST',
      path: '/idps/:id/test',
      scope: 'admin',
      summary: 'Shows what a login with these attributes would do; nothing of it is kept',
      body: takes(attributes),
      answers: { 200: answers(trialShape) },
      handle: async (call) => {
        const given = Object.entries(readBody(attributes, await call.json()).attributes);
        const { name } = await nameIn(call);
        const said = given.map(([attribute, values]) => ({ name: attribute, values }));
        return { status: 200, body: await tryAttributes(providers, call.by, { name, attributes: said }) };
      },
    },
  ];
}

/** Only what was given: an absent setting stays as it is. */
function givenIn(read: z.output<typeof change>): Partial<ProviderSettings> {
  return Object.fromEntries(Object.entries(read).filter(([, value]) => value !== undefined));
}

function bodyOf(row: ProviderRow, baseUrl: string): object {
  const text = (moment: Date | null): string | null => moment?.toISOString() ?? null;
  return {
    ...{ id: row.id, name: row.name, entityId: row.entity_id, title: row.metadata.title },
    ...{ metadata: row.metadata_from, settings: row.settings, scopes: row.metadata.scopes },
    certificates: row.metadata.certificates,
    ...{
      created: text(row.created_at),
      refreshed: text(row.refreshed_at),
      validUntil: text(row.valid_until),
    },
    ...{ lastLogin: text(row.last_login_at), trouble: row.last_error, expired: row.expired },
    addresses: addressesFor(baseUrl, row.name),
  };
}
