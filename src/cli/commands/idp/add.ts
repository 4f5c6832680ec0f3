import { resolve } from 'node:path';
import { addByMetadata } from '../../../sources/saml/admin.ts';
import { isAddress } from '../../../sources/saml/metadata/load.ts';
import { withCommonOptions, type Program } from '../../command.ts';
import { visit, type CommonOptions } from '../../visit.ts';
import { tellProvider } from './provider-text.ts';
import { providersIn, readText } from './providers.ts';
import { type SettingOptions, settingsIn, withSettings } from './settings.ts';

interface AddOptions extends CommonOptions, SettingOptions {
  readonly metadata: string;
  readonly entityId?: string;
  readonly signer?: string;
}

/** `muster idp add` */
export function addAdd({ io, run }: Program, parent: Program['root']): void {
  const command = parent
    .command('add <name>')
    .description('add a provider by its metadata; its name stands in our addresses')
    .requiredOption('--metadata <address|file>', 'where its metadata are')
    .option('--entity-id <id>', 'which provider, where the metadata describe several')
    .option('--signer <file>', 'certificate (PEM) that the metadata must be signed with');
  withSettings(withCommonOptions(command)).action(
    run(async (name: string, options: AddOptions) => {
      const { metadata, entityId = null, signer } = options;
      const told = await visit(io, { command: 'idp add', options }, async (open) => ({
        row: await addByMetadata(providersIn(open), open.by, {
          name,
          metadata: isAddress(metadata) ? metadata : resolve(io.folder, metadata),
          entityId,
          signer: signer === undefined ? null : readText(io, signer),
          settings: settingsIn(options),
        }),
        baseUrl: open.settings.baseUrl,
      }));
      return tellProvider(io, options, told);
    }),
  );
}
