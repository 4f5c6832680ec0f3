import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { SetupProblem, Unreachable } from '../../core/setup-problem.ts';
import { lookAtClocks, lookAtMasterKey, lookAtServer, lookAtTokens } from '../doctor/database.ts';
import { bad, good, type Finding } from '../doctor/finding.ts';
import {
  lookAtAddress,
  lookAtDaemon,
  lookAtDataFolder,
  lookAtWatchedFolder,
} from '../doctor/surroundings.ts';
import { exit, type ExitCode } from '../exit.ts';
import { withCommonOptions, type Program } from '../command.ts';
import { writeJson, type CommandIo } from '../terminal.ts';
import { settingsOf, visit, type CommonOptions } from '../visit.ts';

/** `muster doctor` */
export function addDoctorCommand({ root, io, run }: Program): void {
  withCommonOptions(
    root.command('doctor').description('look the installation over, and say what to mend and how'),
  ).action(
    run(async (options: CommonOptions) => {
      const { findings, code } = await examine(io, options);
      if (options.json === true) writeJson(io.out, { healthy: code === exit.done, findings });
      else for (const finding of findings) io.out.write(lineOf(finding));
      return code;
    }),
  );
}

/** Everything that can be looked at: what cannot, such as a database that does not answer, is a finding itself. */
async function examine(
  io: CommandIo,
  options: CommonOptions,
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
  if (settings.databaseUrl === null && !existsSync(settings.dataDir)) return { findings, code: exit.done };
  let isUnreachable = false;
  try {
    await visit(io, { command: 'doctor', options }, async ({ directory: { database }, directUrl }) => {
      findings.push(
        ...(await lookAtServer(settings, directUrl)),
        await lookAtClocks(database),
        await lookAtMasterKey(settings, database, randomBytes),
        await lookAtTokens(database),
      );
    });
  } catch (error) {
    if (!(error instanceof SetupProblem)) throw error;
    isUnreachable = error instanceof Unreachable;
    findings.push(bad('database', error.message, error.steps.join(' ')));
  }
  if (isUnreachable) return { findings, code: exit.unreachable };
  const isBad = findings.some(({ state }) => state === 'bad');
  return { findings, code: isBad ? exit.configuration : exit.done };
}

const marks = { good: 'ok    ', notice: 'notice', bad: 'BAD   ' } as const;

function lineOf({ check, state, says, fix }: Finding): string {
  const line = `${marks[state]}  ${check}: ${says}\n`;
  return fix === null ? line : `${line}        ${fix}\n`;
}
