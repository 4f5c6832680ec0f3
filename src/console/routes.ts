/** The screens, as a table. */
import type { Screen } from './screen.ts';
import { homeScreens } from './screens/home.tsx';
import { importScreens } from './screens/imports.tsx';
import { planScreens } from './screens/plans.tsx';

export const screens: readonly Screen[] = [...homeScreens, ...importScreens, ...planScreens];
