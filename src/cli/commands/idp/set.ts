import { changeProvider } from '../../../directory/identity-providers.ts';
import { perform } from '../../../directory/work.ts';
import { withCommonOptions, type Program } from '../../command.ts';
import { visit, type CommonOptions } from '../../visit.ts';
import { tellProvider } from './provider-text.ts';
import { type SettingOptions, settingsIn, withSettings } from './settings.ts';

/** `muster idp set` */
export function addSet({ io, run }: Program, parent: Program['root']): void {
  const command = parent.command('set <name>').description('change what is set for a provider');
  withSettings(withCommonOptions(command)).action(
    run(async (name: string, options: CommonOptions & SettingOptions) => {
      const told = await visit(io, { command: 'idp set', options }, async ({ directory, by, settings }) => {
        const change = settingsIn(options);
        const { result } = await perform(directory, by, (work) => changeProvider(work, { name, change }));
        return { row: result, baseUrl: settings.baseUrl };
      });
      return tellProvider(io, options, told);
    }),
  );
}
