import { createRemoteJWKSet, type JWTVerifyGetKey } from 'jose';

const PATIENCE_MS = 5_000;

/** The keys that a tenant of Entra ID signs with, fetched when they are first asked for and kept by jose's own rules. */
export function entraKeys(tenant: string): JWTVerifyGetKey {
  const address = new URL(`https://login.microsoftonline.com/${tenant}/discovery/keys`);
  return createRemoteJWKSet(address, { timeoutDuration: PATIENCE_MS });
}
