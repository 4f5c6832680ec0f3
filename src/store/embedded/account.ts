import { spawnSync } from 'node:child_process';
import { chownSync, lstatSync, mkdirSync, readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { SetupProblem } from '../../core/setup-problem.ts';

/**
 * As whom PostgreSQL runs. It refuses root, so a Muster started as root hands it to the owner of the data
 * folder, `nobody` at first.
 */
export interface Account {
  /** What a command line starts with to run as this account; empty: as ourselves. */
  readonly prefix: readonly string[];
  /** Ids for spawn; null: as ourselves. */
  readonly ids: { readonly uid: number; readonly gid: number } | null;
}

/**
 * Makes the folder that holds the cluster and decides who runs PostgreSQL in it. Refuses a folder of somebody
 * else, and one that the unprivileged account cannot reach by any means.
 *
 * Below a folder that only root can enter (/root), the account can reach neither the programs nor the data by
 * itself. Then PostgreSQL is given the one capability that lets it pass: to read, or where a container has not
 * even that, to pass over file modes. PostgreSQL looks for its own programs with access(2), for which the kernel
 * drops an unprivileged account's capabilities unless `no_setuid_fixup` is set. The ladder takes the first rung that
 * works; `initdb --show` tries all of this and makes nothing. An account without capabilities needs no such trial.
 */
export function chooseAccount(folder: string, initdb: string): Account {
  const self = process.getuid?.();
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const owner = lstatSync(folder);
  if (self !== 0) {
    if (self !== undefined && owner.uid !== self) refuseOwner(folder, owner.uid, self);
    return { prefix: [], ids: null };
  }
  const ids = owner.uid === 0 ? nobody() : { uid: owner.uid, gid: owner.gid };
  if (owner.uid === 0) chownSync(folder, ids.uid, ids.gid);
  for (const rung of ladder(ids)) {
    if (reaches(rung, folder, initdb)) return rung;
  }
  throw unreachable(folder, initdb);
}

function* ladder(ids: { uid: number; gid: number }): Generator<Account> {
  yield { prefix: [], ids };
  const reuid = [
    'setpriv',
    `--reuid=${ids.uid}`,
    `--regid=${ids.gid}`,
    '--clear-groups',
    '--securebits=+no_setuid_fixup',
  ];
  for (const capability of ['+dac_read_search', '+dac_override']) {
    yield { prefix: [...reuid, `--inh-caps=${capability}`, `--ambient-caps=${capability}`], ids: null };
  }
}

function reaches({ prefix, ids }: Account, folder: string, initdb: string): boolean {
  const runs = prefix.length === 0 ? 'test -x "$2"' : '"$2" --show -D "$1/cluster"';
  const [command, ...rest] = [...prefix, '/bin/sh', '-c', `test -w "$1" && ${runs}`, 'sh', folder, initdb];
  return spawnSync(command, rest, { ...ids, cwd: '/', stdio: 'ignore' }).status === 0;
}

function nobody(): { uid: number; gid: number } {
  try {
    const entry = /^nobody:[^:]*:(\d+):(\d+):/m.exec(readFileSync('/etc/passwd', 'utf8'));
    if (entry !== null) return { uid: Number(entry[1]), gid: Number(entry[2]) };
  } catch {
    // A system without /etc/passwd has the customary number all the same.
  }
  return { uid: 65_534, gid: 65_534 };
}

function refuseOwner(folder: string, owner: number, self: number): never {
  throw new SetupProblem(
    `The database in ${folder} belongs to the account with uid ${owner}, and Muster runs as uid ${self}.`,
    [
      'It was probably started as root once. Start it as root again, or hand the data over:',
      `sudo chown -R ${self} ${resolve(dirname(folder))}`,
    ],
  );
}

function unreachable(folder: string, initdb: string): SetupProblem {
  return new SetupProblem(
    'PostgreSQL refuses to run as root, and an unprivileged account can reach neither its programs nor its data here.',
    [
      `Programs: ${initdb}`,
      `Data: ${folder}`,
      'Any of these mends it: run Muster as an ordinary user; move the checkout out of the folder that only root can enter;',
      'install setpriv (package util-linux); or set DATABASE_URL to a PostgreSQL of your own.',
    ],
  );
}
