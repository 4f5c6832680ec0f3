/** Imports, as rows of the table. */
import type { Person } from '../../core/actor.ts';
import { may } from '../../core/policies.ts';
import { seesImports } from '../frame/navigation.ts';
import type { Screen } from '../screen.ts';
import { showImports } from './imports/list.tsx';
import { getRejects, showRun } from './imports/run.tsx';
import { getExample, postUpload, showUpload } from './imports/upload.tsx';

const mayImport = (person: Person): boolean => may('manage-sources', person);

export const importScreens: readonly Screen[] = [
  { method: 'GET', path: '/imports', who: seesImports, handle: showImports },
  { method: 'POST', path: '/imports', who: mayImport, takes: 'file', handle: postUpload },
  { method: 'GET', path: '/imports/new', who: mayImport, handle: showUpload },
  { method: 'GET', path: '/imports/examples/:name', who: mayImport, handle: getExample },
  { method: 'GET', path: '/imports/:id', who: seesImports, handle: showRun },
  { method: 'GET', path: '/imports/:id/rejects.csv', who: seesImports, handle: getRejects },
];
