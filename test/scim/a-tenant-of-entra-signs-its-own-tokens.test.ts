import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { randomBytes } from 'node:crypto';
import { createLocalJWKSet, exportJWK, generateKeyPair, type JWTVerifyGetKey, SignJWT } from 'jose';
import { TOKEN_BYTES } from '../../src/core/token.ts';
import { createClient, endClient } from '../../src/directory/clients.ts';
import { entraTokens, isJwt } from '../../src/http/entra-token.ts';
import type { Authenticate } from '../../src/http/token.ts';
import { openDirectory, type TestDirectory } from './directory.ts';

const TENANT = '6f9619ff-8b86-4d01-b42d-00cf4fc964ff';
const AUDIENCE = '8adf8e6e-67b2-4cf2-a259-e3dc5476c621';

let test: TestDirectory;
let keys: Awaited<ReturnType<typeof generateKeyPair>>;
let strange: Awaited<ReturnType<typeof generateKeyPair>>;
let known: JWTVerifyGetKey;
let authenticate: Authenticate;
const asked: string[] = [];
beforeAll(async () => {
  test = await openDirectory();
  keys = await generateKeyPair('RS256');
  strange = await generateKeyPair('RS256');
  known = createLocalJWKSet({ keys: [{ ...(await exportJWK(keys.publicKey)), kid: 'k1', alg: 'RS256' }] });
  authenticate = entraTokens({
    connection: test.database,
    keysOf: (tenant) => {
      asked.push(tenant);
      return known;
    },
  });
  await make('entra', TENANT);
});
afterAll(() => test.close());

const make = (name: string, entraTenant: string) =>
  test.write((work) =>
    createClient(
      work,
      {
        ...{ name, entraTenant, profile: 'entra', namespace: 'all', allow: [], expiresAt: null },
        scopes: ['scim.read', 'scim.write'],
      },
      { kind: 'random', bytes: randomBytes(TOKEN_BYTES) },
    ),
  );

function sign(
  claims: { issuer?: string; audience?: string; expires?: string | null; key?: CryptoKey } = {},
): Promise<string> {
  const token = new SignJWT({ appid: '00000014-0000-0000-c000-000000000000' })
    .setProtectedHeader({ alg: 'RS256', kid: 'k1' })
    .setIssuer(claims.issuer ?? `https://sts.windows.net/${TENANT}/`)
    .setAudience(claims.audience ?? AUDIENCE)
    .setIssuedAt();
  if (claims.expires !== null) token.setExpirationTime(claims.expires ?? '1h');
  return token.sign(claims.key ?? keys.privateKey);
}

describe('A token that Entra ID signed itself (EN-34)', () => {
  it('speaks for the client of its tenant', async () => {
    expect(await authenticate(await sign())).toMatchObject({ name: 'entra', profile: 'entra' });
    expect(isJwt(await sign())).toBe(true);
  });

  it('is not good when it is of another key, tenant, audience or time, or not signed at all', async () => {
    const other = '00000000-8b86-4d01-b42d-00cf4fc964ff';
    const [header, payload] = (await sign()).split('.');
    const unsigned = Buffer.from('{"alg":"none"}').toString('base64url');
    for (const token of [
      await sign({ key: strange.privateKey }),
      await sign({ issuer: `https://sts.windows.net/${other}/` }),
      await sign({ issuer: `https://sts.windows.net.example/${TENANT}/` }),
      await sign({ audience: 'https://graph.microsoft.com' }),
      await sign({ expires: '-5m' }),
      await sign({ expires: null }),
      `${unsigned}.${payload}.`,
      `${unsigned}.${payload}.AA`,
      `${header}.${payload}.AA`,
      `eyJ.${'A'.repeat(20_000)}.AA`,
      'eyJhbGciOiJSUzI1NiJ9.bm90IGpzb24.AA',
    ]) {
      expect({ token: token.slice(0, 60), client: await authenticate(token) }).toMatchObject({
        client: null,
      });
    }
    expect(new Set(asked)).toEqual(new Set([TENANT]));
  });

  it('is answered 503, not 401, while the keys of the tenant cannot be had', async () => {
    const cut = entraTokens({
      connection: test.database,
      keysOf: () => () => Promise.reject(new TypeError('fetch failed')),
    });
    await expect(cut(await sign())).rejects.toMatchObject({ code: 'not.ready', status: 503 });
  });

  it('is of one client at a time, and of none once that is revoked', async () => {
    await expect(make('entra 2', TENANT.toUpperCase())).rejects.toMatchObject({ code: 'client.invalid' });
    await expect(make('entra 3', 'contoso')).rejects.toMatchObject({ code: 'client.invalid' });
    await test.write((work) => endClient(work, 'entra'));
    expect(await authenticate(await sign())).toBeNull();
    await make('entra 4', TENANT);
    expect(await authenticate(await sign())).toMatchObject({ name: 'entra 4' });
  });
});
