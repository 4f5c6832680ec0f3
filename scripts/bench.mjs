#!/usr/bin/env node
// npm run bench [-- NAME...] [--size small|full] [--seed N]: builds the program and runs the benchmarks of bench/.
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const run = (...args) => {
  const { status } = spawnSync(process.execPath, args, { cwd: root, stdio: 'inherit' });
  if (status !== 0) process.exit(status ?? 1);
};

run('node_modules/typescript/bin/tsc', '-p', 'tsconfig.build.json');
run('--import', 'tsx', 'bench/main.ts', ...process.argv.slice(2));
