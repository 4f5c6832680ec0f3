/**
 * The browser's side of a login under way: a secret in a cookie of its own, to which the request's row is bound. The
 * provider's answer comes from its site, so the cookie must travel across sites (SameSite=None), which browsers only
 * allow over https; on loopback there is no SameSite at all, and browsers let it pass for two minutes.
 */
import { REQUEST_MINUTES } from '../../core/saml/guard.ts';
import { SECRET_BYTES } from '../../core/session.ts';
import type { DoorContext } from '../../http/context.ts';
import type { Site } from '../../http/site.ts';

const nameOn = ({ isSecure }: Site): string => (isSecure ? '__Host-muster-login' : 'muster-login');

/** The secret of this browser; a new one where it has none. Several logins may be under way in one. */
export function openTransaction(context: DoorContext, site: Site, random: (bytes: number) => Buffer): string {
  const standing = readTransaction(context, site);
  const secret = standing ?? random(SECRET_BYTES).toString('base64url');
  const across = site.isSecure ? '; SameSite=None; Secure' : '';
  context.append(
    'Set-Cookie',
    `${nameOn(site)}=${secret}; Path=/; HttpOnly${across}; Max-Age=${REQUEST_MINUTES * 60}`,
  );
  return secret;
}

/** The secret that the browser sent along; null for none. */
export function readTransaction(context: DoorContext, site: Site): string | null {
  const secret = context.cookies.get(nameOn(site)) ?? '';
  return /^[\w-]{43}$/.test(secret) ? secret : null;
}
