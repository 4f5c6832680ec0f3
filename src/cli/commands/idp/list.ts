import { listProviders } from '../../../store/saml/providers.ts';
import { withCommonOptions, type Program } from '../../command.ts';
import { exit } from '../../exit.ts';
import { writeJson, writeTable } from '../../terminal.ts';
import { visit, type CommonOptions } from '../../visit.ts';
import { providerBody } from './provider-text.ts';

/** `muster idp list` */
export function addList({ io, run }: Program, parent: Program['root']): void {
  withCommonOptions(parent.command('list').description('the providers in use')).action(
    run(async (options: CommonOptions) => {
      const told = await visit(io, { command: 'idp list', options }, async ({ directory, settings }) =>
        (await listProviders(directory.database)).map((row) => ({ row, baseUrl: settings.baseUrl })),
      );
      if (options.json === true) writeJson(io.out, told.map(providerBody));
      else {
        writeTable(
          io,
          ['NAME', 'ENTITY ID', 'CERTIFICATES', 'SCOPES', 'REFRESHED', 'LAST LOGIN', 'TROUBLE'],
          told.map(({ row }) => [
            ...[row.name, row.entity_id, row.metadata.certificates.length],
            row.metadata.scopes.map(({ value }) => value).join(' '),
            ...[row.refreshed_at, row.last_login_at, row.expired ? 'metadata are too old' : row.last_error],
          ]),
        );
      }
      return exit.done;
    }),
  );
}
