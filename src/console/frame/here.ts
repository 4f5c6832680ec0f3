/** What every part of a page may look at without being handed it: who is signed in, the time, the texts. */
import { createContext } from 'preact';
import { useContext } from 'preact/hooks';
import type { SignedIn } from '../../http/context.ts';
import type { Texts } from '../texts/en.ts';
import type { Notice } from './notice.ts';
import type { Theme } from './theme.ts';

export interface Here {
  readonly t: Texts;
  readonly now: Date;
  /** Who is signed in; null on pages for everybody. */
  readonly session: SignedIn | null;
  /** Path of the page that is shown. */
  readonly path: string;
  readonly theme: Theme;
  /** What the write that led here has to say. */
  readonly notice: Notice | null;
  /** How much waits, by path of the navigation. */
  readonly waiting: Readonly<Record<string, number>>;
}

const HereContext = createContext<Here | null>(null);

export const HereProvider = HereContext.Provider;

/** Where this part of a page is rendered. Fails outside of {@link HereProvider}, which would be a slip of ours. */
export function useHere(): Here {
  const here = useContext(HereContext);
  if (here === null) throw new Error('A part of a page was rendered outside of a page.');
  return here;
}

/** The texts of the page's language. */
export function useTexts(): Texts {
  return useHere().t;
}
