#!/usr/bin/env node
/**
 * The command `muster`. In a checkout it compiles first when that is needed, so that `npx muster` always runs the
 * sources one sees; an installed package has no sources and is ready as it is.
 */
import { existsSync } from 'node:fs';
import { runProgram } from './program.mjs';

const sources = new URL('../scripts/prepare.mjs', import.meta.url);

if (existsSync(sources)) {
  const { ensureBuilt, ensureInstalled, requireNode } = await import(sources.href);
  requireNode();
  ensureInstalled();
  ensureBuilt();
}
runProgram();
