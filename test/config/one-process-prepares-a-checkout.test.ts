import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { eventually } from '../support/eventually.ts';

const script = new URL('../../scripts/alone.mjs', import.meta.url).href;

describe('of processes that would compile at once', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'muster-test-'));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  const lock = (): string => join(folder, 'dist/.preparing');
  const told = (): string =>
    existsSync(join(folder, 'log')) ? readFileSync(join(folder, 'log'), 'utf8') : '';
  /** Notes when it begins and ends; the first one ends once it is let. */
  const code = (name: string, waitsFor: string | null): string => `
    import { appendFileSync, existsSync } from 'node:fs';
    import { alone } from ${JSON.stringify(script)};
    const note = (what) => appendFileSync(${JSON.stringify(join(folder, 'log'))}, what + ' ${name}\\n');
    note('asks');
    alone(${JSON.stringify(lock())}, () => {
      note('begins');
      while (${waitsFor === null ? 'false' : `!existsSync(${JSON.stringify(waitsFor)})`}) continue;
      note('ends');
    });`;
  const words = (...given: Parameters<typeof code>): string[] => [
    '--input-type=module',
    '-e',
    code(...given),
  ];

  it('one does, and the other goes on when that has ended', async () => {
    const go = join(folder, 'go');
    const first = spawn(process.execPath, words('first', go), { stdio: 'inherit' });
    const ends = [once(first, 'exit')];
    await eventually(() => expect(told()).toContain('begins first'));
    const second = spawn(process.execPath, words('second', null), { stdio: 'inherit' });
    ends.push(once(second, 'exit'));
    await eventually(() => expect(told()).toContain('asks second'));
    expect(told()).not.toContain('begins second');
    writeFileSync(go, '');
    expect((await Promise.all(ends)).map(([status]: unknown[]) => status)).toEqual([0, 0]);
    expect(told().split('\n').slice(-4, -1)).toEqual(['ends first', 'begins second', 'ends second']);
    expect(existsSync(lock())).toBe(false);
  });

  it('one that died in it holds nobody up', () => {
    const { pid } = spawnSync(process.execPath, ['-e', '']);
    spawnSync(process.execPath, words('before', null));
    writeFileSync(lock(), String(pid));
    expect(spawnSync(process.execPath, words('after', null)).status).toBe(0);
    expect(told()).toContain('ends after');
  });
});
