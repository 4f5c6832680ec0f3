/** What every command is made with. */
import type { Command } from 'commander';
import type { ExitCode } from './exit.ts';
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

/** Adds the options that every command has. */
export function withCommonOptions(command: Command): Command {
  return command
    .option('--json', 'write data, and failures, as JSON')
    .option('--config <file>', 'settings file instead of muster.json');
}
