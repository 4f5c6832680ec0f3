import { existsSync } from 'node:fs';
import { SetupProblem, Unreachable } from '../../core/setup-problem.ts';
import { lookAtClosure, lookAtFeed, lookAtIndex } from '../doctor/derived.ts';
import { lookAtClocks, lookAtMasterKey, lookAtServer, lookAtTokens } from '../../boot/doctor/database.ts';
import { bad, good, type Finding } from '../../boot/doctor/finding.ts';
import {
  lookAtAddress,
  lookAtDaemon,
  lookAtDataFolder,
  lookAtWatchedFolder,
} from '../../boot/doctor/surroundings.ts';
import { exit, type ExitCode } from '../exit.ts';
import { withCommonOptions, type Program } from '../command.ts';
import { writeJson, type CommandIo } from '../terminal.ts';
import { settingsOf, visit, type CommonOptions } from '../visit.ts';

/** `muster doctor` */
export function addDoctorCommand({ root, io, run }: Program): void {
  withCommonOptions(
    root
      .command('doctor')
      .description('look the installation over, and say what to mend and how')
      .option('--verify', 'recompute what is derived: closure, index, feed; mend what is wrong')
      .option('--exit-code', 'end with 9 when --verify found something wrong, mended or not'),
  ).action(
    run(async (options: DoctorOptions) => {
      const { findings, code } = await examine(io, options);
      const healthy = findings.every(({ state }) => state !== 'bad');
      if (options.json === true) writeJson(io.out, { healthy, findings });
      else for (const finding of findings) io.out.write(lineOf(finding));
      return code;
    }),
  );
}

interface DoctorOptions extends CommonOptions {
  readonly verify?: boolean;
  readonly exitCode?: boolean;
}

/** Everything that can be looked at: what cannot, such as a database that does not answer, is a finding itself. */
async function examine(
  io: CommandIo,
  options: DoctorOptions,
): Promise<{ findings: Finding[]; code: ExitCode }> {
  const settings = settingsOf(io, options);
  const findings: Finding[] = [
    good('settings', 'They are right.'),
    good('Node.js', process.versions.node),
    lookAtDataFolder(settings),
    lookAtWatchedFolder(settings),
    lookAtAddress(settings),
    await lookAtDaemon(settings),
  ];
  if (settings.databaseUrl === null && !existsSync(settings.dataDir)) {
    if (options.verify !== true) return { findings, code: exit.done };
    findings.push(bad('database', 'There is none, and so nothing was verified.', whereItMayBe));
    return { findings, code: exit.configuration };
  }
  let isUnreachable = false;
  try {
    await visit(io, { command: 'doctor', options }, async (visited) => {
      const { directory, directUrl } = visited;
      const { database } = directory;
      findings.push(
        ...(await lookAtServer(settings, directUrl)),
        await lookAtClocks(database),
        await lookAtMasterKey(settings, database),
        await lookAtTokens(database),
      );
      if (options.verify !== true) return;
      for (const look of [lookAtClosure, lookAtIndex, lookAtFeed]) findings.push(await look(visited));
    });
  } catch (error) {
    if (!(error instanceof SetupProblem)) throw error;
    isUnreachable = error instanceof Unreachable;
    findings.push(bad('database', error.message, error.steps.join(' ')));
  }
  if (isUnreachable) return { findings, code: exit.unreachable };
  const isBad = findings.some(({ state }) => state === 'bad');
  const isDifferent = findings.some(
    ({ state, check }) => state === 'mended' || (state === 'bad' && check === 'index'),
  );
  if (options.exitCode === true && isDifferent) return { findings, code: exit.different };
  return { findings, code: isBad ? exit.configuration : exit.done };
}

const whereItMayBe = 'Name the data folder (MUSTER_DATA_DIR) or the database (DATABASE_URL).';

const marks = { good: 'ok    ', notice: 'notice', mended: 'mended', bad: 'BAD   ' } as const;

function lineOf({ check, state, says, fix }: Finding): string {
  const line = `${marks[state]}  ${check}: ${says}\n`;
  return fix === null ? line : `${line}        ${fix}\n`;
}
