import { access, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { openDatabase, type Database } from '../../src/store/database.ts';
import { findPlan } from '../../src/store/plans/plans.ts';
import { freshDatabase, type TestDatabase } from '../support/database.ts';
import { eventually } from '../support/eventually.ts';
import { type Installation, makeInstallation } from '../support/muster.ts';

// Commands and a daemon are started, which takes its time on a busy machine.
jest.setTimeout(120_000);

const program = fileURLToPath(new URL('../../bin/muster.mjs', import.meta.url));
const rows = (count: number, action = ''): string =>
  `group,role,username,isgroup,action\n${Array.from({ length: count }, (_, at) => `crew,,sailor${at},,${action}\n`).join('')}`;

describe('an approval whose process is killed', () => {
  let fresh: TestDatabase;
  let database: Database;
  let muster: Installation;
  beforeAll(async () => {
    fresh = await freshDatabase();
    database = openDatabase({ url: fresh.url, poolSize: 2, applicationName: 'muster-test' });
    muster = await makeInstallation({ DATABASE_URL: fresh.url });
  });
  afterAll(async () => {
    await muster.remove();
    await database.close();
    await fresh.close();
  });

  it('is carried out by the next process, wholly and once; the commands say what is held and where it stands', async () => {
    const file = join(muster.folder, 'crew.csv');
    await writeFile(file, rows(40));
    expect((await muster.run('import', file)).code).toBe(0);
    await writeFile(file, rows(30, 'delete'));
    const held = await muster.run('import', file, '--json');
    expect(held.code).toBe(5);
    const { plan } = JSON.parse(held.out) as { plan: string };
    const shown = await muster.run('plan', 'show', plan);
    expect(shown.out).toContain('30 memberships would end');

    const child = spawn(
      process.execPath,
      [program, 'plan', 'approve', plan, '--reason', 'ship sold', '--yes'],
      {
        env: {
          ...process.env,
          DATABASE_URL: fresh.url,
          MUSTER_DATA_DIR: join(muster.folder, 'data'),
          MUSTER_WATCH_DIR: muster.watchDir,
        },
        stdio: 'ignore',
      },
    );
    const exited = new Promise((resolve) => child.once('exit', resolve));
    await eventually(async () => {
      expect((await findPlan(database, plan))?.state).not.toBe('held');
    });
    child.kill('SIGKILL');
    await exited;

    const daemon = await muster.serve();
    await eventually(async () => {
      expect(await findPlan(database, plan)).toMatchObject({ state: 'applied', reason: 'ship sold' });
      await access(join(muster.watchDir, 'done', 'crew.csv'));
    });
    const applied = await database.rows(
      { text: `select 1 from change where type = 'plan.applied' and after ->> 'plan' = $1` },
      [plan],
    );
    expect(applied).toHaveLength(1);
    const members = await database.rows({
      text: `select 1 from assertion a join groups g on g.n = a.group_n where g.name = 'crew' and not a.suppressed`,
    });
    expect(members).toHaveLength(10);
    const again = await muster.run('plan', 'approve', plan, '--reason', 'twice', '--yes');
    expect(again.code).toBe(8);
    await daemon.end('SIGTERM');
  });
});
