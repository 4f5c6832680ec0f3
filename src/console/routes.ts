/** The screens, as a table. */
import type { Screen } from './screen.ts';
import { homeScreens } from './screens/home.tsx';

export const screens: readonly Screen[] = [...homeScreens];
