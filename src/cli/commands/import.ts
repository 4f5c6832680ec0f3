import { randomUUID } from 'node:crypto';
import { readdir, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { Presets, SingleBar } from 'cli-progress';
import { feedsOf } from '../../boot/feeds.ts';
import { MANIFEST } from '../../core/feeds/manifest.ts';
import { Refusal } from '../../core/refusal.ts';
import { mayBeTaken } from '../../sources/feeds/folders.ts';
import { type ImportParts, importFile } from '../../sources/feeds/import-file.ts';
import type { ImportProgress } from '../../sources/feeds/progress.ts';
import { type ImportView, viewOfRun } from '../../sources/feeds/run-view.ts';
import { listOutcomes } from '../../store/feeds/outcomes.ts';
import type { RunRow } from '../../store/feeds/run-rows.ts';
import { findPlan } from '../../store/plans/plans.ts';
import { ensureFeedSource } from '../../store/sources.ts';
import { exit, type ExitCode } from '../exit.ts';
import { tellHeld } from '../held.ts';
import { openKeys } from '../installation.ts';
import { withCommonOptions, type Program } from '../command.ts';
import { writeJson, writeTable, type CommandIo } from '../terminal.ts';
import { visit, type CommonOptions, type Visit } from '../visit.ts';

interface ImportOptions extends CommonOptions {
  readonly source: string;
  readonly dryRun?: boolean;
}

/** Refused rows that are shown; the rest is counted. */
const SHOWN = 20;

/** `muster import` */
export function addImportCommand({ root, io, run }: Program): void {
  withCommonOptions(
    root
      .command('import <path>')
      .description(
        'import a file, a set of files with a manifest, or every file of a folder in the order of their names',
      ),
  )
    .option('--source <name>', 'the feed that it belongs to', 'csv')
    .option('--dry-run', 'say what would happen and change nothing')
    .option('--wait', 'answer when it has ended, which it always does')
    .action(
      run(async (path: string, options: ImportOptions) => {
        const files = await filesAt(resolve(io.folder, path));
        return visit(io, { command: 'import', options }, (open) => importAll(io, options, { open, files }));
      }),
    );
}

async function importAll(
  io: CommandIo,
  options: ImportOptions,
  { open, files }: { readonly open: Visit; readonly files: readonly string[] },
): Promise<ExitCode> {
  const { database } = open.directory;
  const feeds = feedsOf(open.settings);
  if (feeds.has(options.source)) await ensureFeedSource(database, options.source);
  const { cursors } = await openKeys(open);
  const parts: ImportParts = {
    database,
    directory: open.directory,
    newId: randomUUID,
    watchDir: open.settings.watchDir,
    feeds,
    cursorOf: ({ xid, seq }) => cursors.seal({ kind: 'row', xid, seq }),
  };
  const ended: { readonly row: RunRow; readonly view: ImportView }[] = [];
  for (const path of files) {
    const bar = progressBar(io);
    const row = await importFile(parts, {
      path,
      source: options.source,
      dryRun: options.dryRun === true,
      actor: open.by.actor,
      requestId: null,
      onProgress: bar.show,
    }).finally(bar.end);
    ended.push({ row, view: viewOfRun(row, parts.cursorOf) });
    if (options.json !== true) await tell(io, open, row);
  }
  const views = ended.map(({ view }) => view);
  if (options.json === true) writeJson(io.out, views.length === 1 ? views[0] : views);
  return worst(ended.map(({ row }) => row));
}

/** The file itself, or the files of a folder that a watched one would take. Refuses `import.unreadable`. */
async function filesAt(path: string): Promise<string[]> {
  const found = await stat(path).catch(() => null);
  if (found === null) throw new Refusal('import.no_file', { file: path });
  const isSet = (await stat(join(path, MANIFEST)).catch(() => null))?.isFile() === true;
  if (!found.isDirectory() || isSet) return [path];
  const names = (await readdir(path)).filter(mayBeTaken).sort();
  const files: string[] = [];
  for (const name of names) if ((await stat(join(path, name))).isFile()) files.push(join(path, name));
  if (files.length === 0) {
    throw new Refusal('import.unreadable', {
      file: path,
      why: 'no file in it can be imported. Put CSV files into it, or name one.',
    });
  }
  return files;
}

async function tell(io: CommandIo, open: Visit, run: RunRow): Promise<void> {
  const { rows, state, error } = viewOfRun(run, () => '');
  const verb = run.dry_run ? 'would be' : 'were';
  if (state === 'rejected') {
    io.out.write(`${run.file}: rejected, nothing of it ${run.dry_run ? 'would be' : 'was'} applied.\n`);
    io.err.write(`  ${error?.detail ?? error?.code ?? 'no reason given'}\n`);
    return;
  }
  const counts = Object.entries(rows ?? {})
    .filter(([name, count]) => name !== 'total' && count > 0)
    .map(([name, count]) => `${count} ${name}`);
  io.out.write(`${run.file}: of ${rows?.total ?? 0} rows ${verb} ${counts.join(', ') || 'none'}.\n`);
  const plan = run.plan === null ? null : await findPlan(open.directory.database, run.plan);
  if (plan !== null && state === 'held') tellHeld(io, plan);
  if (plan !== null && run.dry_run)
    for (const { detail } of plan.guards) io.out.write(`It would be held: ${detail}\n`);
  if ((run.refused ?? 0) === 0) return;
  const refused = await listOutcomes(open.directory.database, {
    run: run.n,
    after: 0,
    limit: SHOWN,
    outcome: 'refused',
  });
  writeTable(
    io,
    ['LINE', 'CODE', 'WHY'],
    refused.map(({ line, file, file_line: inFile, code, detail }) => [
      file === null ? line : `${file}:${inFile ?? line}`,
      code,
      detail,
    ]),
  );
  const more = (run.refused ?? 0) - refused.length;
  if (more > 0) io.err.write(`… and ${more} more.\n`);
}

function worst(runs: readonly RunRow[]): ExitCode {
  if (runs.some(({ state }) => state === 'held')) return exit.held;
  const isFaulty = runs.some(({ state, refused }) => state === 'rejected' || (refused ?? 0) > 0);
  return isFaulty ? exit.rowsRefused : exit.done;
}

interface Bar {
  readonly show: (progress: ImportProgress) => void;
  readonly end: () => void;
}

/** A bar on a terminal, nothing elsewhere. */
function progressBar({ err }: CommandIo): Bar {
  if (err.isTTY !== true) return { show: () => undefined, end: () => undefined };
  const bar = new SingleBar(
    { format: '{state} {bar} {value} of {total} rows', stream: process.stderr, clearOnComplete: true },
    Presets.shades_classic,
  );
  let isShown = false;
  return {
    show: ({ state, done, total }) => {
      if (!isShown) bar.start(total ?? done, done, { state });
      isShown = true;
      bar.setTotal(Math.max(total ?? done, 1));
      bar.update(done, { state });
    },
    end: () => {
      if (isShown) bar.stop();
    },
  };
}
