import { execFileSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { type Installation, makeInstallation } from '../support/muster.ts';

// Daemons are started one after the other, which takes its time on a busy machine.
jest.setTimeout(120_000);

const TOKEN = 'mst_the-token-of-the-copied-files-0123456789-0123456789';

describe('an embedded database whose files are copied back to where they were (P-01)', () => {
  let muster: Installation;
  beforeAll(async () => {
    muster = await makeInstallation({ MUSTER_BOOTSTRAP_TOKEN: TOKEN });
  });
  afterAll(async () => {
    await muster.remove();
  });

  const ask = (method: string, path: string, body?: object): Promise<Response> =>
    fetch(`${muster.address}/api/v1${path}`, {
      method,
      headers: { Authorization: `Bearer ${TOKEN}`, 'Content-Type': 'application/json' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
  const write = async (name: string): Promise<string> =>
    (await ask('POST', '/groups', { name })).headers.get('Muster-Cursor') ?? '';
  const statusAfter = async (cursor: string): Promise<number> =>
    (await ask('GET', `/changes?after=${cursor}`)).status;

  it('answers 410 to cursors of before the copy and of after it, and to none as long as nothing is copied', async () => {
    const [data, copy] = [join(muster.folder, 'data'), join(muster.folder, 'copy')];
    let daemon = await muster.serve();
    const early = await write('early');
    await daemon.end('SIGTERM');
    execFileSync('cp', ['-a', data, copy]);

    daemon = await muster.serve();
    expect(await statusAfter(early)).toBe(200);
    const late = await write('late');
    await daemon.end('SIGTERM');
    rmSync(data, { recursive: true });
    execFileSync('cp', ['-a', copy, data]);

    daemon = await muster.serve();
    expect([await statusAfter(early), await statusAfter(late)]).toEqual([410, 410]);
    const anew = await write('anew');
    await daemon.end('SIGTERM');
    await muster.serve();
    expect(await statusAfter(anew)).toBe(200);
  });
});
