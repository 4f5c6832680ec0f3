/**
 * `npm start`: installs, compiles, and becomes the daemon, in this same process so that signals arrive where they
 * should.
 */
import { runProgram } from '../bin/program.mjs';
import { ensureBuilt, ensureInstalled, requireNode } from './prepare.mjs';

requireNode();
ensureInstalled();
ensureBuilt();

const npm = process.ppid;
process.argv.splice(2, 0, 'serve');
runProgram();
if (process.env.npm_lifecycle_event === 'start') stopWithNpm();

/**
 * npm hands signals on, but cannot when it is killed itself; then nobody is left who would ever stop us. The shell
 * that it runs scripts with has given us its place (`exec` in package.json): one that stays would keep the signals.
 */
function stopWithNpm() {
  setInterval(() => {
    if (process.ppid !== npm) process.kill(process.pid, 'SIGTERM');
  }, 200).unref();
}
