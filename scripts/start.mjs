/**
 * `npm start`: installs, compiles, and becomes the daemon, in this same process so that signals arrive where they
 * should.
 */
import { execFile } from 'node:child_process';
import { runProgram } from '../bin/program.mjs';
import { ensureBuilt, ensureInstalled, requireNode } from './prepare.mjs';

requireNode();
ensureInstalled();
ensureBuilt();

const parent = process.ppid;
process.argv.splice(2, 0, 'serve');
runProgram();
if (process.env.npm_lifecycle_event === 'start') stopWithNpm();

/**
 * npm hands signals on, but cannot when it is killed itself; then nobody is left who would ever stop us. Between
 * npm and us stands the shell that it runs scripts with, unless that has given us its place.
 */
function stopWithNpm() {
  execFile('ps', ['-o', 'ppid=,comm=', '-p', String(process.ppid)], (error, found) => {
    const [, above, command] = /^\s*(\d+)\s+(\S+)/.exec(error === null ? found : '') ?? [];
    const npm = /(^|\/)-?(da|ba|z|k)?sh$/.test(command ?? '') ? Number(above) : parent;
    setInterval(() => {
      if (!isAlive(npm)) process.kill(process.pid, 'SIGTERM');
    }, 200).unref();
  });
}

function isAlive(pid) {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return error.code === 'EPERM';
  }
}
