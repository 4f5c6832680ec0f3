import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Command, CommanderError } from 'commander';
import { addClientCommands } from './commands/client.ts';
import { addConfigCommands } from './commands/config.ts';
import { addDoctorCommand } from './commands/doctor.ts';
import { addDemoCommand } from './commands/demo.ts';
import { addImportCommand } from './commands/import.ts';
import { addPushCommand } from './commands/push.ts';
import { addTargetCommands } from './commands/target.ts';
import { addExplainCommand } from './commands/explain.ts';
import { addMembershipCommands } from './commands/membership.ts';
import { addMigrateCommand } from './commands/migrate.ts';
import { addServeCommand } from './commands/serve.ts';
import { exit, tellFailure, type ExitCode } from './exit.ts';
import type { CommandIo } from './terminal.ts';

/** A command's work: it writes to `io` and answers the exit code. */
export type Run<Arguments extends unknown[]> = (...given: Arguments) => Promise<ExitCode>;

/** What commands are added to. */
export interface Program {
  readonly root: Command;
  readonly io: CommandIo;
  /** Wraps a command's work: its answer becomes the exit code, what it throws a sentence and the exit code for it. */
  readonly run: <Arguments extends unknown[]>(work: Run<Arguments>) => (...given: Arguments) => Promise<void>;
}

/** Runs a command line, without the program's name; answers the exit code. */
export async function runCommandLine(words: readonly string[], io: CommandIo): Promise<number> {
  let code: number = exit.done;
  const root = new Command('muster')
    .description(
      'Directory sync and SCIM provisioning: one directory of people and groups, kept in step downstream.',
    )
    .version(ownVersion(), '-V, --version')
    .exitOverride()
    .configureOutput({ writeOut: (text) => io.out.write(text), writeErr: (text) => io.err.write(text) })
    .showHelpAfterError('(add --help for what there is)')
    .addHelpText('after', exitCodesHelp);
  const form = words.includes('--json') ? 'json' : 'text';
  const program: Program = {
    root,
    io,
    run:
      (work) =>
      async (...given) => {
        try {
          code = await work(...given);
        } catch (error) {
          code = tellFailure(error, io, form);
        }
      },
  };
  for (const add of [
    addServeCommand,
    addMigrateCommand,
    addConfigCommands,
    addClientCommands,
    addMembershipCommands,
    addExplainCommand,
    addDoctorCommand,
    addDemoCommand,
    addImportCommand,
    addTargetCommands,
    addPushCommand,
  ])
    add(program);
  try {
    await root.parseAsync([...words], { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    return error.exitCode === 0 ? exit.done : exit.usage;
  }
  return code;
}

/** Adds the options that every command has. */
export function withCommonOptions(command: Command): Command {
  return command
    .option('--json', 'write data, and failures, as JSON')
    .option('--config <file>', 'settings file instead of muster.json');
}

const exitCodesHelp = `
Exit codes: 0 done, 1 unexpected, 2 usage, 3 configuration, 4 some rows refused, 5 held by a guard,
6 something unreachable, 7 not allowed, 8 stale plan or conflict, 9 differences found (--exit-code).`;

/** Of the nearest package.json above: sources and compiled program lie at different depths. */
function ownVersion(): string {
  for (let folder = dirname(fileURLToPath(import.meta.url)); ; folder = dirname(folder)) {
    const file = join(folder, 'package.json');
    if (existsSync(file)) return (JSON.parse(readFileSync(file, 'utf8')) as { version: string }).version;
  }
}
