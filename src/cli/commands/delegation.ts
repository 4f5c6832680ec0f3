import type { Command } from 'commander';
import { delegate, endDelegation } from '../../directory/delegations.ts';
import { perform } from '../../directory/work.ts';
import { listDelegations } from '../../store/governance.ts';
import { withCommonOptions, type Program } from '../command.ts';
import { exit } from '../exit.ts';
import { requireGroup, requireUser } from '../named.ts';
import { writeJson, writeTable } from '../terminal.ts';
import { visit, type CommonOptions } from '../visit.ts';

interface Rights extends CommonOptions {
  readonly add?: boolean;
  readonly remove?: boolean;
}

/** `muster delegation list|set|end` */
export function addDelegationCommands(program: Program): void {
  const delegation = program.root
    .command('delegation')
    .description('members who may add or remove members of their group');
  addList(program, delegation);
  addSet(program, delegation);
  addEnd(program, delegation);
}

function addList({ io, run }: Program, parent: Command): void {
  withCommonOptions(parent.command('list <group>').description('who may add or remove members')).action(
    run((text: string, options: CommonOptions) =>
      visit(io, { command: 'delegation list', options }, async ({ directory: { database } }) => {
        const group = await requireGroup(database, text);
        const rows = await listDelegations(database, group.n);
        if (options.json === true) {
          const shown = rows.map(
            ({ id, user_name: userName, can_add: canAdd, can_remove: canRemove, since }) => ({
              ...{ user: id, userName, canAdd, canRemove },
              since: since.toISOString(),
            }),
          );
          writeJson(io.out, shown);
        } else {
          const word = (may: boolean): string => (may ? 'yes' : 'no');
          const cells = rows.map((row) => [
            ...[row.user_name ?? row.id, word(row.can_add), word(row.can_remove), row.since],
          ]);
          writeTable(io, ['USER', 'ADD', 'REMOVE', 'SINCE'], cells);
        }
        return exit.done;
      }),
    ),
  );
}

function addSet({ io, run }: Program, parent: Command): void {
  withCommonOptions(
    parent
      .command('set <group> <user>')
      .description('let a direct member add members, remove members, or both'),
  )
    .option('--add', 'it may add members')
    .option('--remove', 'it may remove members')
    .action(
      run((groupText: string, userText: string, options: Rights) =>
        visit(io, { command: 'delegation set', options }, async ({ directory, by }) => {
          const [canAdd, canRemove] = [options.add === true, options.remove === true];
          if (!canAdd && !canRemove) {
            io.err.write('Say --add, --remove or both; "muster delegation end" takes it away.\n');
            return exit.usage;
          }
          const group = await requireGroup(directory.database, groupText);
          const user = await requireUser(directory.database, userText);
          await perform(directory, by, (work) =>
            delegate(work, { group: group.id, user: user.id, canAdd, canRemove }),
          );
          if (options.json === true) writeJson(io.out, { group: group.id, user: user.id, canAdd, canRemove });
          else {
            const rights = [...(canAdd ? ['add'] : []), ...(canRemove ? ['remove'] : [])].join(' and ');
            io.err.write(`${user.name} may ${rights} members of ${group.name}.\n`);
          }
          return exit.done;
        }),
      ),
    );
}

function addEnd({ io, run }: Program, parent: Command): void {
  withCommonOptions(parent.command('end <group> <user>').description('take a delegation away')).action(
    run((groupText: string, userText: string, options: CommonOptions) =>
      visit(io, { command: 'delegation end', options }, async ({ directory, by }) => {
        const group = await requireGroup(directory.database, groupText);
        const user = await requireUser(directory.database, userText);
        await perform(directory, by, (work) => endDelegation(work, { group: group.id, user: user.id }));
        if (options.json === true) writeJson(io.out, { group: group.id, user: user.id, ended: true });
        else io.err.write(`${user.name} has no delegation in ${group.name}.\n`);
        return exit.done;
      }),
    ),
  );
}
