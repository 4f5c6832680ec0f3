import { cpSync, existsSync, lstatSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, describe, expect, it } from '@jest/globals';
import { chooseAccount } from '../../src/store/embedded/account.ts';
import { findBinaries } from '../../src/store/embedded/binaries.ts';
import { ensureCluster } from '../../src/store/embedded/cluster.ts';

// Only root has this to do, and only root can set it up.
const asRoot = process.getuid?.() === 0 ? describe : describe.skip;

asRoot('PostgreSQL of a Muster that runs as root', () => {
  const closed = mkdtempSync(join(tmpdir(), 'muster-closed-'));
  afterAll(() => rmSync(closed, { recursive: true, force: true }));

  it('is run by another account, also where programs and data lie below a folder that only root can enter', async () => {
    const ours = findBinaries();
    cpSync(dirname(dirname(ours.initdb)), join(closed, 'native'), {
      recursive: true,
      verbatimSymlinks: true,
    });
    const bin = join(closed, 'native/bin');
    const binaries = { ...ours, initdb: join(bin, 'initdb'), postgres: join(bin, 'postgres') };
    const folder = join(closed, 'data/postgres');

    const account = chooseAccount(folder, binaries.initdb);
    const cluster = await ensureCluster(folder, { binaries, account, durable: false });

    expect(existsSync(join(cluster, 'PG_VERSION'))).toBe(true);
    expect(lstatSync(cluster).uid).not.toBe(0);
    expect(account.prefix.join(' ')).not.toMatch(/dac_override/);
  });
});
