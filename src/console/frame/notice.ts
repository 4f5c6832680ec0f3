/**
 * What a write says on the page that it leads to. It travels in a cookie that only the session's own token could have
 * signed, is shown once, and is gone.
 */
import { createHmac, timingSafeEqual } from 'node:crypto';
import type { DoorContext, SignedIn } from '../../http/context.ts';

export interface Notice {
  readonly tone: 'done' | 'problem' | 'held';
  readonly text: string;
  /** Where to look closer. */
  readonly link?: { readonly href: string; readonly text: string };
}

const COOKIE = 'muster-notice';
const MINUTE_SECONDS = 60;
const MAX_TEXT = 600;

/** Leaves a notice for the next page of this session. */
export function leaveNotice(context: DoorContext, session: SignedIn, notice: Notice): void {
  const body = Buffer.from(JSON.stringify({ ...notice, text: notice.text.slice(0, MAX_TEXT) })).toString(
    'base64url',
  );
  const cookie = `${COOKIE}=${body}.${sign(session, body)}`;
  context.append('Set-Cookie', `${cookie}; Path=/; HttpOnly; SameSite=Lax; Max-Age=${MINUTE_SECONDS}`);
}

/** Takes the notice that was left, if any: the next page will not show it. */
export function takeNotice(context: DoorContext, session: SignedIn): Notice | null {
  const text = context.cookies.get(COOKIE) ?? '';
  if (text === '') return null;
  context.append('Set-Cookie', `${COOKIE}=; Path=/; HttpOnly; SameSite=Lax; Max-Age=0`);
  const [body = '', signature = ''] = text.split('.');
  const [own, given] = [Buffer.from(sign(session, body)), Buffer.from(signature)];
  if (own.length !== given.length || !timingSafeEqual(own, given)) return null;
  // Signed by us, so it is what leaveNotice wrote.
  return JSON.parse(Buffer.from(body, 'base64url').toString('utf8')) as Notice;
}

function sign({ csrfToken }: SignedIn, body: string): string {
  return createHmac('sha256', csrfToken).update(`notice ${body}`).digest('base64url');
}
