import { listSettings, loadSettings, settingsJsonSchema, type LoadedSettings } from '../../config.ts';
import { exit } from '../exit.ts';
import { withCommonOptions, type Program } from '../command.ts';
import { writeJson, writeTable } from '../terminal.ts';
import type { CommonOptions } from '../visit.ts';

/** `muster config check|print|schema` */
export function addConfigCommands({ root, io, run }: Program): void {
  const config = root.command('config').description('the settings: check, print, schema');
  const load = ({ config: file }: CommonOptions): LoadedSettings =>
    loadSettings({ environment: io.environment, folder: io.folder, file, isTerminal: io.err.isTTY === true });

  withCommonOptions(config.command('check').description('say whether the settings are right')).action(
    run(async (options: CommonOptions) => {
      load(options);
      if (options.json === true) writeJson(io.out, { right: true });
      else io.err.write('The settings are right.\n');
      return exit.done;
    }),
  );
  withCommonOptions(
    config.command('print').description('every setting, its value and where it came from'),
  ).action(
    run(async (options: CommonOptions) => {
      const lines = listSettings(load(options));
      if (options.json === true) writeJson(io.out, lines);
      else
        writeTable(
          io,
          ['SETTING', 'VALUE', 'FROM'],
          lines.map(({ name, value, origin }) => [name, value, origin]),
        );
      return exit.done;
    }),
  );
  config
    .command('schema')
    .description('JSON Schema of muster.json, for editors')
    .option('--json', 'as it is anyway')
    .action(
      run(async () => {
        writeJson(io.out, settingsJsonSchema());
        return exit.done;
      }),
    );
}
