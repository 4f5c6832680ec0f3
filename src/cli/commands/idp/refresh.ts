import { Unreachable } from '../../../core/setup-problem.ts';
import { refreshProvider, requireProvider } from '../../../sources/saml/admin.ts';
import { listProviders } from '../../../store/saml/providers.ts';
import { withCommonOptions, type Program } from '../../command.ts';
import { exit } from '../../exit.ts';
import { writeJson } from '../../terminal.ts';
import { visit, type CommonOptions } from '../../visit.ts';
import { providersIn } from './providers.ts';

/** `muster idp refresh` */
export function addRefresh({ io, run }: Program, parent: Program['root']): void {
  withCommonOptions(
    parent.command('refresh [name]').description('look for newer metadata of one provider, or of all'),
  ).action(
    run(async (name: string | undefined, options: CommonOptions) => {
      const failed = await visit(io, { command: 'idp refresh', options }, async (open) => {
        const rows =
          name === undefined
            ? await listProviders(open.directory.database)
            : [await requireProvider(open.directory.database, name)];
        const failures: string[] = [];
        for (const row of rows) {
          const fresh = await refreshProvider(providersIn(open), open.by, row);
          if (fresh === null) {
            const { last_error: why } = await requireProvider(open.directory.database, row.name);
            failures.push(`${row.name}: ${why ?? 'not refreshed'}`);
          } else if (options.json !== true) io.err.write(`${row.name} is up to date.\n`);
        }
        return failures;
      });
      if (failed.length > 0) throw new Unreachable('The last good copy stays.', failed);
      if (options.json === true) writeJson(io.out, { refreshed: true });
      return exit.done;
    }),
  );
}
