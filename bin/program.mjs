/**
 * Runs the bundled program, and keeps beside it what Node.js compiled of it: reading four megabytes of sources takes
 * longer than everything else at a start. Node.js 22 has `module.enableCompileCache` for this; 20 has its pieces.
 */
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import vm from 'node:vm';

const filename = fileURLToPath(new URL('../dist/bundle/muster.cjs', import.meta.url));

/**
 * Another version of Node.js refuses what this one compiled, and a daemon uses other functions than a command: each
 * has its file. What does not fit is refused by V8 and compiled anew.
 */
const kept = join(
  dirname(filename),
  `cache/${process.version}-${process.arch}-${process.argv[2] === 'serve' ? 'daemon' : 'command'}`,
);

/** A daemon has used most of what it needs by then. */
const WARM_AFTER_MS = 5_000;

export function runProgram() {
  // As Node.js 21 and later have it. pg asks for it first, and otherwise for `Response`, with which all of fetch is loaded.
  globalThis.navigator ??= { userAgent: `Node.js/${process.versions.node.split('.')[0]}` };
  const cachedData = read(kept);
  // esbuild writes ASCII alone, which is read faster by this name.
  const script = new vm.Script(readFileSync(filename, 'latin1'), { filename, cachedData });
  const program = { exports: {} };
  // What was compiled before cannot import any more: it is handed our own way to.
  const importFrom = (specifier) => import(specifier);
  const scope = [program.exports, createRequire(filename), program, filename, dirname(filename), importFrom];
  script.runInThisContext()(...scope);
  if (cachedData !== undefined && script.cachedDataRejected === false) return;
  const keep = once(() => write(kept, script.createCachedData()));
  process.once('exit', keep);
  setTimeout(keep, WARM_AFTER_MS).unref();
}

function read(path) {
  try {
    return readFileSync(path);
  } catch {
    return undefined;
  }
}

/** Wholly or not at all. */
function write(path, data) {
  try {
    mkdirSync(dirname(path), { recursive: true });
    const part = `${path}.${process.pid}`;
    writeFileSync(part, data);
    renameSync(part, path);
  } catch {
    // A folder that cannot be written costs nothing but the time of compiling.
  }
}

function once(act) {
  let isDone = false;
  return () => {
    if (!isDone) act();
    isDone = true;
  };
}
