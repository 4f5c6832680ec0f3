/** Where somebody arrives: what a page is rendered with, and the page that they were on the way to. */
import type { DoorContext } from '../../http/context.ts';
import { en } from '../texts/en.ts';
import type { Here } from './here.ts';
import type { Notice } from './notice.ts';
import { themeIn } from './theme.ts';

const COOKIE = 'muster-next';
const QUARTER_SECONDS = 900;

/** What a page is rendered with; `now` in milliseconds since 1970. */
export function hereOf(
  context: DoorContext,
  now: number,
  {
    notice = null,
    waiting = {},
  }: { readonly notice?: Notice | null; readonly waiting?: Here['waiting'] } = {},
): Here {
  return {
    t: en,
    now: new Date(now),
    session: context.state.session ?? null,
    path: context.path,
    theme: themeIn(context),
    notice,
    waiting,
  };
}

/** Keeps the page that somebody asked for who has to sign in first. */
export function rememberGoal(context: DoorContext): void {
  const goal = encodeURIComponent(context.url);
  context.append(
    'Set-Cookie',
    `${COOKIE}=${goal}; Path=/; HttpOnly; SameSite=Lax; Max-Age=${QUARTER_SECONDS}`,
  );
}

/** The page that was kept; null for none. Only a path of ours. */
export function goalIn(context: DoorContext): string | null {
  const text = decoded(context.cookies.get(COOKIE) ?? '');
  return /^\/(?![/\\])[^\0-\x20\\]*$/.test(text) && text !== '/' ? text : null;
}

/** Forgets it. */
export function forgetGoal(context: DoorContext): void {
  context.append('Set-Cookie', `${COOKIE}=; Path=/; HttpOnly; SameSite=Lax; Max-Age=0`);
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return '';
  }
}
