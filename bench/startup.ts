import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { Bench, Benchmark } from './benchmark.ts';
import { absolute, type Figure } from './figure.ts';
import { landmarks } from './generator/groups.ts';
import { findLandmark } from './ground.ts';
import { openApi } from './http/api.ts';
import { startDaemon } from './http/processes.ts';
import { spreadOf } from './interleave.ts';
import { withClient } from './kept-databases.ts';

/** What the daemon holds in memory, and how long it takes to start (P16). */
export const startup: Benchmark = {
  name: 'startup',
  goals: ['P16'],
  run: async (bench) => [await memory(bench), ...(await starts())],
};

const IDLE_MS = 10_000;
const INDEX_WITHIN_MS = 120_000;

async function memory({ url, size }: Bench): Promise<Figure> {
  const group = await withClient(url, (client) => findLandmark(client, landmarks.nested));
  const daemon = await startDaemon({ databaseUrl: url });
  const api = openApi(daemon.address, 1);
  try {
    const began = performance.now();
    while (!(await api.isIndexed(String(group.id)))) {
      if (performance.now() - began > INDEX_WITHIN_MS) throw new Error('The index was not filled.');
      await pause(50);
    }
    const filled = performance.now() - began;
    await pause(IDLE_MS);
    const { resident, highest } = memoryOf(daemon.pid);
    return absolute({
      goal: 'P16',
      what: `resident memory, ${size} directory, index filled, idle`,
      unit: 'MB',
      ours: resident,
      limit: { atMost: size === 'full' ? 700 : 120 },
      note: `at most ${highest.toFixed(0)} MB so far; ready after ${daemon.readyAfter.toFixed(0)} ms, index ${filled.toFixed(0)} ms later`,
    });
  } finally {
    await api.close();
    await daemon.stop();
  }
}

/** Of the process alone, from the kernel; PostgreSQL's processes are others. */
function memoryOf(pid: number): { readonly resident: number; readonly highest: number } {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  const megabytes = (name: string): number =>
    Number(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(status)?.[1] ?? NaN) / 1_000;
  return { resident: megabytes('VmRSS'), highest: megabytes('VmHWM') };
}

const ROUNDS = 5;

/** Each round on a data folder of its own: a first start, which makes the database, and a second one. */
async function starts(): Promise<Figure[]> {
  const first: number[] = [];
  const second: number[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    const dataDir = join(dirname(fileURLToPath(import.meta.url)), 'data', `startup-${process.pid}-${round}`);
    mkdirSync(dataDir, { recursive: true });
    try {
      for (const times of [first, second]) {
        const daemon = await startDaemon({ databaseUrl: null, dataDir });
        times.push(daemon.readyAfter);
        await daemon.stop();
      }
    } finally {
      rmSync(dataDir, { recursive: true, force: true });
    }
  }
  const figure = (what: string, times: readonly number[], atMost: number): Figure =>
    absolute({
      goal: 'P16',
      what,
      unit: 's',
      ours: spreadOf(times).p50 / 1_000,
      limit: { atMost },
      note: `longest of ${ROUNDS}: ${(spreadOf(times).longest / 1_000).toFixed(2)} s`,
    });
  return [
    figure('first start on an embedded database, until ready', first, 2),
    figure('second start', second, 1),
  ];
}
