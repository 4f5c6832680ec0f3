import { readdirSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { freePort } from '../support/free-port.ts';
import { type Installation, makeInstallation } from '../support/muster.ts';

interface Told {
  readonly steps: readonly { readonly text: string; readonly ms: number | null }[];
}

type Kept = readonly { readonly name: string; readonly scope: { readonly groups: readonly unknown[] } }[];

describe('muster demo', () => {
  let installation: Installation;
  beforeAll(async () => {
    installation = await makeInstallation();
  });
  afterAll(() => installation.remove());

  it('plays the whole way once on an instance of its own, and can be played again', async () => {
    // What the instance is set to, by variables or by a file of its own, concerns none of the services.
    const metricsPort = await freePort();
    const config = join(installation.folder, 'muster.json');
    writeFileSync(config, JSON.stringify({ dataDir: join(installation.folder, 'data'), metricsPort }));
    const rounds = [
      () => installation.runWith({ MUSTER_METRICS_PORT: String(metricsPort) }, 'demo', '--json'),
      () => installation.runWith({ MUSTER_DATA_DIR: '' }, 'demo', '--json', '--config', config),
    ];
    for (const [round, play] of rounds.entries()) {
      const { code, out, err } = await play();
      expect({ round, code, err }).toMatchObject({ round, code: 0 });
      const { steps } = JSON.parse(out) as Told;
      const texts = steps.map(({ text }) => text);
      expect(steps.find(({ text }) => text.includes('left demo-university at'))?.ms).toEqual(
        expect.any(Number),
      );
      expect(texts).toEqual(
        expect.arrayContaining([
          expect.stringMatching(/pushed 5 people over SCIM/),
          expect.stringMatching(/holds the flattened members of demo-university/),
          expect.stringMatching(/through demo-lecturers, says csv \(demo-portal\.csv, line 2\)/),
          expect.stringMatching(/listed there, says demo-idp \(request\)/),
          expect.stringMatching(/left demo-university at the SCIM server/),
          expect.stringMatching(/The webhook was told, signed/),
          expect.stringMatching(/take every student out. A guard holds it/),
          expect.stringMatching(/tour of five steps waits in the console/),
        ]),
      );
    }
    const { out } = await installation.run('target', 'list', '--json');
    const kept = (JSON.parse(out) as Kept).map(({ name, scope }) => [name, scope.groups.length]);
    expect(kept).toEqual([
      ['demo-mailing-lists', 2],
      ['demo-library', 2],
    ]);
  }, 180_000);

  it('takes away what it made, and only that; plays nothing while another has one of its names', async () => {
    // Somebody gave a group of theirs the name of one that the demo made.
    expect(await installation.run('group', 'delete', 'demo-staff', '--yes')).toMatchObject({ code: 0 });
    expect(await installation.run('group', 'create', 'demo-staff')).toMatchObject({ code: 0 });
    // What remains is told as well: the log keeps what happened.
    expect(await installation.run('demo', '--remove')).toMatchObject({
      code: 0,
      err: expect.stringMatching(
        /^Removed 37 people and groups, 2 targets and 1 client of the demo\.\nWhat happened stays/,
      ),
    });
    expect(await installation.run('members', 'demo-university')).toMatchObject({ code: 2 });
    const again = await installation.run('demo', '--remove', '--json');
    expect(JSON.parse(again.out)).toEqual({ removed: 0, targets: 0, clients: 0 });
    const left = readdirSync(installation.folder, { recursive: true, encoding: 'utf8' });
    expect(left.filter((path) => basename(path).includes('demo'))).toEqual([]);
    expect(await installation.run('members', 'demo-staff')).toMatchObject({ code: 0 });
    const refused = await installation.run('demo');
    expect(refused).toMatchObject({ code: 3, err: expect.stringContaining('the group demo-staff') });
    expect(await installation.run('members', 'demo-staff')).toMatchObject({ code: 0 });
  }, 120_000);
});
