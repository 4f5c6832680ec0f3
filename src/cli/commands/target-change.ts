import { changeTarget } from '../../targets/admin/verbs.ts';
import { withCommonOptions, type Program } from '../command.ts';
import { exit } from '../exit.ts';
import { withTargets } from '../targets.ts';
import { writeJson } from '../terminal.ts';
import type { CommonOptions } from '../visit.ts';
import { assign, assignSecret, collect, groupIds } from './target-values.ts';

interface ChangeOptions extends CommonOptions {
  readonly name?: string;
  readonly url?: string;
  readonly bearer?: string;
  readonly group: readonly string[];
  readonly allUsers?: boolean;
  readonly mode?: string;
  readonly allowPrivate?: boolean;
  readonly set: Readonly<Record<string, unknown>>;
  readonly credential: Readonly<Record<string, unknown>>;
  readonly guard: Readonly<Record<string, unknown>>;
}

/** `muster target change` */
export function addChangeCommand({ io, run }: Program, parent: Program['root']): void {
  withCommonOptions(
    parent
      .command('change <target>')
      .description('change a target; what is not named stays, and everything is compared anew'),
  )
    .option('--name <name>', 'another name')
    .option('--url <url>', 'where it is; another host wants its credentials again')
    .option('--bearer <token>', 'what it is called with')
    .option('--group <name>', 'the groups that it gets from now on; may be repeated', collect, [])
    .option('--all-users', 'it gets every user, members or not')
    .option('--no-all-users', 'it gets the members of its groups alone')
    .option('--mode <mode>', 'off, observe or enforce')
    .option('--allow-private', 'it is in a private network, or on this machine')
    .option('--no-allow-private', 'it is not')
    .option('--set <name=value>', 'a setting, null for its default; may be repeated', assign, {})
    .option('--credential <name=value>', 'a credential; may be repeated', assignSecret, {})
    .option('--guard <name=value>', 'percent or atLeast; may be repeated', assign, {})
    .action(
      run(async (target: string, options: ChangeOptions) => {
        const view = await withTargets(io, { command: 'target change', options }, async (targets, open) => {
          const { name, mode, url, bearer, allUsers, allowPrivate } = options;
          const groups = options.group.length === 0 ? undefined : await groupIds(open, options.group);
          const parts = {
            name,
            mode,
            scope: given({ groups, allUsers }),
            settings: given({ url, allowPrivate, ...options.set }),
            credentials: given({ bearer, ...options.credential }),
            guards: given(options.guard),
          };
          return changeTarget(targets, target, { change: given(parts) ?? {}, by: open.by });
        });
        if (options.json === true) writeJson(io.out, view);
        else io.err.write(`${view.name} was changed; it is in mode ${view.mode}.\n`);
        return exit.done;
      }),
    );
}

/** What was given; undefined when nothing was. */
function given(parts: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> | undefined {
  const named = Object.entries(parts).filter(([, value]) => value !== undefined);
  return named.length === 0 ? undefined : Object.fromEntries(named);
}
