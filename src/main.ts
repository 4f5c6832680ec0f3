/** The program: the command line with everything that a process has. */
import { errorCode } from './core/error-code.ts';
import { runCommandLine } from './cli/program.ts';
import { outputOf } from './cli/terminal.ts';

// Who reads our output may stop reading, as `head` does: then we are done.
for (const stream of [process.stdout, process.stderr]) {
  stream.on('error', (error) => {
    if (errorCode(error) !== 'EPIPE') throw error;
    process.exit();
  });
}

void runCommandLine(process.argv.slice(2), {
  environment: process.env,
  folder: process.cwd(),
  out: outputOf(process.stdout),
  err: outputOf(process.stderr),
}).then((code) => {
  process.exitCode = code;
});
