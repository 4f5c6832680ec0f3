/** Light, dark or as the system says: a choice of the browser's own, in a cookie, so that it works without scripts. */
import type { DoorContext } from '../../http/context.ts';

export const themes = ['auto', 'light', 'dark'] as const;

export type Theme = (typeof themes)[number];

const COOKIE = 'muster-theme';
const YEAR_SECONDS = 31_536_000;

/** What the browser chose; `auto` when nothing. */
export function themeIn(context: DoorContext): Theme {
  return readTheme(context.cookies.get(COOKIE) ?? '');
}

/** Reads a choice; `auto` for what is none. */
export function readTheme(text: string): Theme {
  return themes.find((theme) => theme === text) ?? 'auto';
}

/** Keeps a choice. */
export function keepTheme(context: DoorContext, theme: Theme): void {
  context.append(
    'Set-Cookie',
    `${COOKIE}=${theme}; Path=/; HttpOnly; SameSite=Lax; Max-Age=${theme === 'auto' ? 0 : YEAR_SECONDS}`,
  );
}
