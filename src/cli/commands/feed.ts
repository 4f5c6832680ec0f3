import { stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { feedsOf } from '../../boot/feeds.ts';
import { Refusal } from '../../core/refusal.ts';
import { type CheckedRow, checkFile, type FileCheck } from '../../sources/feeds/check.ts';
import { exit } from '../exit.ts';
import { withCommonOptions, type Program } from '../command.ts';
import { type CommandIo, writeJson, writeTable } from '../terminal.ts';
import { type CommonOptions, settingsOf } from '../visit.ts';

interface CheckOptions extends CommonOptions {
  readonly source: string;
}

/** Refused rows that are shown; the rest is counted. */
const SHOWN = 20;

/** `muster feed check` */
export function addFeedCommands({ root, io, run }: Program): void {
  const feed = root.command('feed').description('files before they are dropped');
  withCommonOptions(
    feed
      .command('check <file>')
      .description('say what would be read, refused and planned, without an instance, in an empty directory'),
  )
    .option('--source <name>', 'the feed of the settings that it is for', 'csv')
    .action(
      run(async (file: string, options: CheckOptions) => {
        const path = resolve(io.folder, file);
        if ((await stat(path).catch(() => null)) === null)
          throw new Refusal('import.no_file', { file: path });
        const settings = feedsOf(settingsOf(io, options)).get(options.source);
        if (settings === undefined) throw new Refusal('source.not_found', { source: options.source });
        const check = await checkFile(path, settings);
        if (options.json === true) writeJson(io.out, check);
        else tell(io, check);
        return check.error === null && check.rows.refused === 0 ? exit.done : exit.rowsRefused;
      }),
    );
}

function tell(io: CommandIo, { file, encoding, parts, rows, refused, plan, error }: FileCheck): void {
  for (const part of parts) {
    const delimiter = part.delimiter === '\t' ? 'tab' : part.delimiter;
    io.out.write(`${part.file ?? file}: format ${part.format}, ${encoding ?? ''}, delimiter ${delimiter}\n`);
  }
  if (error !== null) io.out.write(`${file}: would be rejected (${error.code}). ${error.detail}\n`);
  else io.out.write(`${file}: ${rows.accepted} of ${rows.total} rows would be accepted.\n`);
  if (plan !== null) {
    const counts = Object.entries(plan).filter(([, count]) => count > 0);
    const words = counts.map(([name, count]) => `${count} ${name === 'leftOut' ? 'left out' : name}`);
    io.out.write(`In an empty directory: ${words.join(', ') || 'nothing'}.\n`);
  }
  if (refused.length > 0) showRefused(io, refused);
}

function showRefused(io: CommandIo, refused: readonly CheckedRow[]): void {
  const shown = refused.slice(0, SHOWN);
  writeTable(
    io,
    ['LINE', 'CODE', 'WHY'],
    shown.map(({ file, line, code, detail }) => [file === null ? line : `${file}:${line}`, code, detail]),
  );
  if (refused.length > shown.length) io.err.write(`… and ${refused.length - shown.length} more.\n`);
}
