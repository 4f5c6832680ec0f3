/**
 * Runs benchmarks: `npm run bench [-- NAME…] [--size small|full] [--seed N]`. NAME is a benchmark's name or a
 * goal's number; none means all. `generate` only makes the directory and what is kept beside it, `list` names the benchmarks, `forget`
 * removes every kept directory. Prints a table, writes JSON, and never judges by its exit code;
 * only a benchmark that could not run makes it fail.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import type { Bench, Benchmark } from './benchmark.ts';
import { type Figure, isMet, table } from './figure.ts';
import { shapes, type Size } from './generator/shape.ts';
import { forgetAll, keptDatabase, openServer, withClient } from './kept-databases.ts';
import { describeMachine, type Machine } from './machine.ts';
import { delivery } from './delivery.ts';
import { depth } from './depth.ts';
import { consoleScreens } from './console-screens.ts';
import { csvImport } from './csv-import.ts';
import { httpPatch } from './http-patch.ts';
import { httpReads } from './http-reads.ts';
import { indexAndLedger } from './index-and-ledger.ts';
import { instances } from './instances.ts';
import { memberChange } from './member-change.ts';
import { nesting } from './nesting.ts';
import { peers } from './peers.ts';
import { storePairs } from './pairs.ts';
import { reads } from './reads.ts';
import { ruleEdit } from './rule-edit.ts';
import { samlGuard } from './saml-guard.ts';
import { samlLogin } from './saml-login.ts';
import { startup } from './startup.ts';
import { targetArrival } from './target-arrival.ts';
import { targetLatency } from './target-latency.ts';
import { targetPush } from './target-push.ts';

const benchmarks: readonly Benchmark[] = [
  memberChange,
  nesting,
  ruleEdit,
  reads,
  indexAndLedger,
  httpReads,
  httpPatch,
  csvImport,
  delivery,
  instances,
  depth,
  samlGuard,
  samlLogin,
  startup,
  peers,
  targetArrival,
  targetLatency,
  targetPush,
  consoleScreens,
];
const RESULTS = join(dirname(fileURLToPath(import.meta.url)), 'results');

const say = (text: string): void => void process.stderr.write(`${text}\n`);

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { size: { type: 'string', default: 'small' }, seed: { type: 'string', default: '1' } },
});
const seed = Number(values.seed);

if (positionals[0] === 'list') {
  for (const { name, goals } of benchmarks) process.stdout.write(`${name.padEnd(20)} ${goals.join(' ')}\n`);
} else if (positionals[0] === 'forget') {
  forgetAll();
} else if (!isSize(values.size) || !Number.isSafeInteger(seed)) {
  usage(`--size is ${Object.keys(shapes).join(' or ')}, --seed a whole number.`);
} else if (positionals[0] === 'generate') {
  const server = await openServer();
  const url = await keptDatabase(server, { name: values.size, shape: shapes[values.size], seed, say });
  say('effective pairs, as a baseline');
  await withClient(url, storePairs);
  await server.stop();
} else {
  const chosen = choose(positionals);
  if (chosen.length === 0) usage('No benchmark or goal of that name; `npm run bench -- list` names them.');
  else await runAll(chosen, values.size);
}

function isSize(text: string): text is Size {
  return text in shapes;
}

function usage(text: string): void {
  say(text);
  process.exitCode = 2;
}

function choose(names: readonly string[]): readonly Benchmark[] {
  if (names.length === 0) return benchmarks;
  return benchmarks.filter(({ name, goals }) =>
    names.some((wanted) => wanted === name || goals.includes(wanted.toUpperCase())),
  );
}

async function runAll(chosen: readonly Benchmark[], size: Size): Promise<void> {
  const server = await openServer();
  const at = new Date().toISOString();
  try {
    const url = await keptDatabase(server, { name: size, shape: shapes[size], seed, say });
    const machine = await withClient(url, describeMachine);
    say(told(machine, size));
    const figures: Figure[] = [];
    for (const benchmark of chosen) {
      say(`${benchmark.name} (${benchmark.goals.join(', ')})`);
      figures.push(
        ...(await measured(benchmark, { server, size, seed, url, say: (text) => say(`  ${text}`) })),
      );
      write({ at, machine, size, seed, figures });
    }
    process.stdout.write(`\n${table(figures, size)}\n`);
    say(`\nWritten to ${write({ at, machine, size, seed, figures })}`);
  } finally {
    await server.stop();
  }
}

/** Figures of one benchmark; one that fails is told, and the others go on. */
async function measured(benchmark: Benchmark, bench: Bench): Promise<readonly Figure[]> {
  const began = performance.now();
  try {
    const figures = await benchmark.run(bench);
    bench.say(`${Math.round((performance.now() - began) / 1000)} s\n${table(figures, bench.size)}\n`);
    return figures;
  } catch (error) {
    bench.say(`failed: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`);
    process.exitCode = 1;
    return [];
  }
}

function told({ cores, processor, memoryGb, load, node, postgres }: Machine, size: Size): string {
  const { users, groups, memberships } = shapes[size];
  return (
    `${cores} cores (${processor}), ${memoryGb} GB, load ${load}; Node ${node}, PostgreSQL ${postgres}; ` +
    `${size}: ${users} users, ${groups} groups, about ${memberships} direct memberships, seed ${seed}`
  );
}

interface Result {
  readonly at: string;
  readonly machine: Machine;
  readonly size: Size;
  readonly seed: number;
  readonly figures: readonly Figure[];
}

function write(result: Result): string {
  mkdirSync(RESULTS, { recursive: true });
  const path = join(RESULTS, `${result.at.replaceAll(':', '-')}-${result.size}.json`);
  const figures = result.figures.map((figure) => ({ ...figure, met: isMet(figure) }));
  writeFileSync(path, `${JSON.stringify({ ...result, figures }, null, 2)}\n`);
  return path;
}
