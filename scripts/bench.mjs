#!/usr/bin/env node
// npm run bench [-- NAME...] [--size small|full] [--seed N]: builds the program and runs the benchmarks of bench/.
import { spawnSync } from 'node:child_process';
import { ensureBuilt, root } from './prepare.mjs';

ensureBuilt();
const words = ['--import', 'tsx', 'bench/main.ts', ...process.argv.slice(2)];
process.exitCode = spawnSync(process.execPath, words, { cwd: root, stdio: 'inherit' }).status ?? 1;
