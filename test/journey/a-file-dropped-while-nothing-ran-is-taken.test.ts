import { afterEach, describe, expect, it } from '@jest/globals';
import { copyFileSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { eventually } from '../support/eventually.ts';
import { type Installation, makeInstallation } from '../support/muster.ts';

describe('the daemon', () => {
  let installation: Installation;
  afterEach(() => installation.remove());

  it('takes a file that was dropped while nothing ran, and explains by file and line', async () => {
    installation = await makeInstallation();
    const first = await installation.serve();
    await first.end('SIGTERM');
    copyFileSync('test/fixtures/portal-groups.csv', join(installation.watchDir, 'portal-groups.csv'));
    const second = await installation.serve();
    const receipt = join(installation.watchDir, 'done/portal-groups.csv.receipt.json');
    const written = await eventually(() => readFileSync(receipt, 'utf8'), 30_000);
    expect(JSON.parse(written)).toMatchObject({
      rows: { total: 9, applied: 3, unchanged: 6 },
    });
    const explained = await installation.run('explain', 'user1', 'group1');
    expect(explained).toMatchObject({ code: 0 });
    expect(explained.out).toMatch(/portal-groups\.csv.*line 3/);
    await second.end('SIGTERM');
  }, 120_000);
});
