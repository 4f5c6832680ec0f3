import { createLog } from '../../observe/log.ts';
import { openStorage } from '../../boot/storage.ts';
import { exit } from '../exit.ts';
import { withCommonOptions, type Program } from '../command.ts';
import { writeJson } from '../terminal.ts';
import { settingsOf, type CommonOptions } from '../visit.ts';

/** `muster migrate` */
export function addMigrateCommand({ root, io, run }: Program): void {
  withCommonOptions(root.command('migrate').description('bring the database to the newest schema')).action(
    run(async (options: CommonOptions) => {
      const settings = settingsOf(io, options);
      const storage = await openStorage(
        settings,
        'visit',
        createLog({ level: 'warn', format: settings.logFormat }),
      );
      await storage.close();
      const { applied, unknown } = storage.migrated;
      if (options.json === true) writeJson(io.out, { applied, unknown });
      else io.out.write(applied.length === 0 ? 'Nothing to do.\n' : `${applied.join('\n')}\n`);
      return exit.done;
    }),
  );
}
