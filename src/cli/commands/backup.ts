import { resolve } from 'node:path';
import { restoreBackup } from '../../boot/backup/restore.ts';
import { writeBackup } from '../../boot/backup/write.ts';
import { createLog } from '../../observe/log.ts';
import { withCommonOptions, type Program } from '../command.ts';
import { exit } from '../exit.ts';
import { openKeys } from '../installation.ts';
import { ownVersion } from '../own-version.ts';
import { writeJson } from '../terminal.ts';
import { settingsOf, visit, type CommonOptions } from '../visit.ts';

/** `muster backup` */
export function addBackupCommand({ root, io, run }: Program): void {
  withCommonOptions(
    root
      .command('backup <file>')
      .description(
        'write all of the database to one compressed file, beside the daemon; the master key is not in it',
      ),
  ).action(
    run((name: string, options: CommonOptions) =>
      visit(io, { command: 'backup', options }, async (open) => {
        const file = resolve(io.folder, name);
        const { masterKey } = await openKeys(open);
        const { database } = open.directory;
        const parts = { database, masterKey, version: ownVersion(), now: () => new Date() };
        const bytes = await writeBackup({ ...parts, file });
        if (options.json === true) writeJson(io.out, { file, bytes });
        else io.out.write(`${file}: ${(bytes / 1_000_000).toFixed(1)} MB.\n`);
        if (open.settings.masterKey === null) {
          io.err.write(
            `Keep ${open.settings.dataDir}/master.key apart from it: without that it cannot be restored.\n`,
          );
        } else io.err.write('Keep MUSTER_MASTER_KEY apart from it: without that it cannot be restored.\n');
        return exit.done;
      }),
    ),
  );
}

/** `muster restore` */
export function addRestoreCommand({ root, io, run }: Program): void {
  withCommonOptions(
    root
      .command('restore <file>')
      .description(
        'fill a new, empty database with a backup; no daemon may run, and the master key must be the same',
      ),
  ).action(
    run(async (name: string, options: CommonOptions) => {
      const settings = settingsOf(io, options);
      const log = createLog({ level: 'warn', format: settings.logFormat });
      const { head, tables } = await restoreBackup({ settings, file: resolve(io.folder, name), log });
      const rows = Object.values(tables).reduce((sum, table) => sum + table.rows, 0);
      if (options.json === true) {
        writeJson(io.out, { madeAt: head.madeAt, version: head.version, rows, tables });
      } else io.out.write(`Restored the backup of ${head.madeAt}: ${rows} rows.\n`);
      io.err.write(AFTERWARDS);
      return exit.done;
    }),
  );
}

const AFTERWARDS = `A new epoch begins: readers of changes start from a snapshot, and everybody signs in again.
No target is written to until it is resumed (muster target list, muster target resume).
Tokens that were revoked since are good again: look at muster client list.
`;
