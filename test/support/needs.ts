import { existsSync } from 'node:fs';
import { isAbsolute, join } from 'node:path';
import { describe } from '@jest/globals';

/** Programs of the machine that tests use, where it has them; `npm test` lists what it could not run without. */
const BINARIES = {
  slapd: 'slapd',
  mariadb: 'mariadbd',
  chromium: 'chromium',
  php: 'php',
  simplesamlphp: '/usr/share/simplesamlphp/www/module.php',
} as const;

/** The program's path; null where this machine lacks it. */
export function findProgram(program: keyof typeof BINARIES): string | null {
  const binary = BINARIES[program];
  if (isAbsolute(binary)) return existsSync(binary) ? binary : null;
  const folders = [...(process.env.PATH ?? '').split(':'), '/usr/sbin', '/usr/local/sbin'];
  return folders.map((folder) => join(folder, binary)).find((path) => existsSync(path)) ?? null;
}

/**
 * `describe` for tests that need a program. Left out where it is missing, a failure where MUSTER_TEST_REQUIRE
 * names it.
 */
export function needs(program: keyof typeof BINARIES): typeof describe | typeof describe.skip {
  const required = (process.env.MUSTER_TEST_REQUIRE ?? '').split(',').includes(program);
  return findProgram(program) === null && !required ? describe.skip : describe;
}
