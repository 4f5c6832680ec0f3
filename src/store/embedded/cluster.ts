import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { SetupProblem } from '../../core/setup-problem.ts';
import type { Account } from './account.ts';
import type { Binaries } from './binaries.ts';

/** Superuser of the embedded server, and the name of its database. */
export const OWNER = 'muster';

const PASSWORD_FILE = 'muster.password';

/**
 * Makes the cluster where there is none. It comes into being whole: it is made aside with its password and moved
 * into place by one rename, so that of two processes that start together one wins and the other uses its work.
 * Refuses a cluster of another major version, with the steps to carry the data over.
 */
export async function ensureCluster(
  folder: string,
  { binaries, account, durable }: ClusterMaker,
): Promise<string> {
  const cluster = join(folder, 'cluster');
  if (!existsSync(join(cluster, 'PG_VERSION'))) {
    const aside = join(folder, `init-${randomBytes(6).toString('hex')}`);
    try {
      await initialise(aside, { binaries, account, durable });
      moveIntoPlace(join(aside, 'cluster'), cluster);
    } finally {
      rmSync(aside, { recursive: true, force: true });
    }
  }
  refuseOtherMajor(cluster, binaries.major);
  return cluster;
}

export interface ClusterMaker {
  readonly binaries: Binaries;
  readonly account: Account;
  /** False for throw-away data: nothing is flushed to disk. */
  readonly durable: boolean;
}

/** The superuser's password, readable by the owner of the cluster and root only. */
export function readPassword(cluster: string): string {
  return readFileSync(join(cluster, PASSWORD_FILE), 'utf8').trim();
}

// The locale is PostgreSQL's own C.UTF-8, so that sorting and folding do not depend on the machine.
const initialiseScript = `
set -e
umask 077
mkdir "$2"
cat > "$2/password"
"$1" -D "$2/cluster" --username=${OWNER} --pwfile="$2/password" --auth=scram-sha-256 --encoding=UTF8 --locale=C \
  --locale-provider=builtin --builtin-locale=C.UTF-8 --no-instructions $3 2>&1
mv "$2/password" "$2/cluster/${PASSWORD_FILE}"
`;

async function initialise(aside: string, { binaries, account, durable }: ClusterMaker): Promise<void> {
  const arguments_ = ['sh', binaries.initdb, aside, durable ? '' : '--no-sync'];
  const [command = '', ...rest] = [...account.prefix, '/bin/sh', '-c', initialiseScript, ...arguments_];
  const child = spawn(command, rest, {
    ...account.ids,
    cwd: '/',
    stdio: ['pipe', 'pipe', 'inherit'],
    env: quietEnvironment(),
  });
  child.stdin.end(`${randomBytes(24).toString('base64url')}\n`);
  const ended = new Promise<number | null>((resolve, reject) =>
    child.once('error', reject).once('close', resolve),
  );
  const said = await text(child.stdout);
  if ((await ended) !== 0)
    throw new SetupProblem('The embedded database could not be created.', said.trim().split('\n').slice(-8));
}

function moveIntoPlace(made: string, cluster: string): void {
  try {
    renameSync(made, cluster);
  } catch (error) {
    if (!existsSync(join(cluster, 'PG_VERSION'))) throw error;
  }
}

function refuseOtherMajor(cluster: string, major: number): void {
  const found = readFileSync(join(cluster, 'PG_VERSION'), 'utf8').trim();
  if (found === String(major)) return;
  throw new SetupProblem(
    `The data in ${cluster} was written by PostgreSQL ${found}; this version of Muster brings PostgreSQL ${major}.`,
    [
      `1. With the earlier version of Muster: npx muster backup muster.dump`,
      `2. Move the folder away: mv ${cluster} ${cluster}-${found}`,
      `3. With this version: npx muster restore muster.dump`,
    ],
  );
}

/** What a PostgreSQL program gets to see of our environment: nothing that could steer it elsewhere. */
export function quietEnvironment(): NodeJS.ProcessEnv {
  return { PATH: process.env.PATH ?? '/usr/bin:/bin', LC_ALL: 'C', TZ: 'UTC' };
}
