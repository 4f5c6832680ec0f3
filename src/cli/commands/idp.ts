import type { Program } from '../command.ts';
import { addAdd } from './idp/add.ts';
import { addKeys } from './idp/keys.ts';
import { addList } from './idp/list.ts';
import { addRefresh } from './idp/refresh.ts';
import { addRemove } from './idp/remove.ts';
import { addSet } from './idp/set.ts';
import { addTest } from './idp/trial.ts';

/** `muster idp add|set|list|refresh|test|remove|keys` */
export function addIdpCommands(program: Program): void {
  const idp = program.root.command('idp').description('identity providers that people sign in by (SAML)');
  addAdd(program, idp);
  addSet(program, idp);
  addList(program, idp);
  addRefresh(program, idp);
  addTest(program, idp);
  addRemove(program, idp);
  addKeys(program, idp);
}
