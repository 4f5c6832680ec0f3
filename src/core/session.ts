/** Sessions and sign-in links: how long they last, and what is made of the secret that the browser holds. */
import { createHash, createHmac, timingSafeEqual } from 'node:crypto';

/** Random bytes of a session's secret, of a link's, and of a login transaction's. */
export const SECRET_BYTES = 32;
/** A session that is not used for so long has ended. */
export const IDLE_MINUTES = 30;
/** A session ends after so long, however busy. */
export const ABSOLUTE_HOURS = 12;
/** A sign-in link is good for so long, once. */
export const LINK_MINUTES = 15;

/** What is stored of a secret, and looked up by. */
export function hashSecret(secret: string): Buffer {
  return createHash('sha256').update(secret, 'utf8').digest();
}

/** What a form of this session carries, so that no other site can send it. */
export function csrfTokenOf(secret: string): string {
  return createHmac('sha256', secret).update('csrf').digest('base64url');
}

/** True when a form or header carries the session's own token. */
export function isCsrfToken(secret: string, token: string): boolean {
  const [own, given] = [Buffer.from(csrfTokenOf(secret)), Buffer.from(token)];
  return own.length === given.length && timingSafeEqual(own, given);
}
