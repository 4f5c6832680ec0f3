import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from '@jest/globals';

const program = fileURLToPath(new URL('../../bin/muster.mjs', import.meta.url));
const kept = fileURLToPath(
  new URL(`../../dist/bundle/cache/${process.version}-${process.arch}-command`, import.meta.url),
);

it('a command keeps what Node.js compiled, and a damaged file of it is replaced, not believed', () => {
  const run = (): string =>
    execFileSync(process.execPath, [program, 'config', 'schema'], { encoding: 'utf8' });
  const said = run();
  mkdirSync(dirname(kept), { recursive: true });
  writeFileSync(kept, 'neither code nor data');
  expect(run()).toBe(said);
  expect(readFileSync(kept).length).toBeGreaterThan(100_000);
  expect(run()).toBe(said);
});
