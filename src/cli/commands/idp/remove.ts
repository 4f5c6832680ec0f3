import { removeProvider } from '../../../directory/identity-providers.ts';
import { perform } from '../../../directory/work.ts';
import { withCommonOptions, type Program } from '../../command.ts';
import { exit } from '../../exit.ts';
import { writeJson } from '../../terminal.ts';
import { visit, type CommonOptions } from '../../visit.ts';

/** `muster idp remove` */
export function addRemove({ io, run }: Program, parent: Program['root']): void {
  withCommonOptions(
    parent.command('remove <name>').description('take a provider out of use; what it asserted stays'),
  ).action(
    run(async (name: string, options: CommonOptions) => {
      await visit(io, { command: 'idp remove', options }, ({ directory, by }) =>
        perform(directory, by, (work) => removeProvider(work, name)),
      );
      if (options.json === true) writeJson(io.out, { removed: name });
      else io.err.write(`${name} is out of use.\n`);
      return exit.done;
    }),
  );
}
