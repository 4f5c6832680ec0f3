/**
 * Tokens that Microsoft Entra ID signs itself: its provisioning sends one where the field for a secret was left
 * empty. The tenant that it names finds the client; its signature, audience and time decide.
 */
import { errors, jwtVerify, type JWTVerifyGetKey } from 'jose';
import { findTenantOwner } from '../store/clients.ts';
import type { Connection } from '../store/database.ts';
import { HttpProblem } from './problem.ts';
import { type Authenticate, identityOf } from './token.ts';

export interface EntraTokenParts {
  readonly connection: Connection;
  /** Keys of a tenant; asked for only when a client of that tenant is known. */
  readonly keysOf: (tenant: string) => JWTVerifyGetKey;
}

/** Entra's audience for every application that is not in its gallery. */
const AUDIENCE = '8adf8e6e-67b2-4cf2-a259-e3dc5476c621';
const CLOCK_SECONDS = 60;
const TENANT = /^https:\/\/sts\.windows\.net\/([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})\/$/;
const MAX_TOKEN = 8_192;

/**
 * Finds the client of the tenant that signed a token; null for any other token, and for one that is not good. Where
 * the tenant's keys cannot be had, 503: a provider that is told "not good" would stop for good.
 */
export function entraTokens({ connection, keysOf }: EntraTokenParts): Authenticate {
  const keys = new Map<string, JWTVerifyGetKey>();
  return async (token) => {
    const tenant = tenantIn(token);
    const owner = tenant === null ? null : await findTenantOwner(connection, tenant);
    if (tenant === null || owner === null) return null;
    const known = keys.get(tenant) ?? keysOf(tenant);
    keys.set(tenant, known);
    try {
      await jwtVerify(token, known, {
        issuer: `https://sts.windows.net/${tenant}/`,
        audience: AUDIENCE,
        algorithms: ['RS256'],
        clockTolerance: CLOCK_SECONDS,
        requiredClaims: ['exp'],
      });
    } catch (error) {
      if (isOfToken(error)) return null;
      throw new HttpProblem('not.ready', 'The keys of the tenant cannot be had just now.', {
        'Retry-After': '30',
      });
    }
    return identityOf(owner);
  };
}

/** True for a token that has the form of a JWT, which none of ours has. */
export function isJwt(token: string): boolean {
  return /^eyJ[\w-]*\.[\w-]+\.[\w-]+$/.test(token);
}

/** The tenant that a token claims to be of, before anything is verified. */
function tenantIn(token: string): string | null {
  if (token.length > MAX_TOKEN || !isJwt(token)) return null;
  try {
    const claims: unknown = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString());
    const isClaims = typeof claims === 'object' && claims !== null && 'iss' in claims;
    return isClaims && typeof claims.iss === 'string' ? (TENANT.exec(claims.iss)?.[1] ?? null) : null;
  } catch {
    return null;
  }
}

/** What is the token's own fault; all else is about fetching keys. */
function isOfToken(error: unknown): boolean {
  return (
    error instanceof errors.JOSEError &&
    !(error instanceof errors.JWKSTimeout) &&
    error.code !== 'ERR_JOSE_GENERIC' &&
    error.code !== 'ERR_JWKS_INVALID'
  );
}
