import { setTimeout as pause } from 'node:timers/promises';
import { InvalidArgumentError } from 'commander';
import { Unreachable } from '../../core/setup-problem.ts';
import {
  askForObservation,
  type DriftItem,
  type DriftView,
  type ObjectView,
  showDrift,
  showObjects,
} from '../../targets/admin/ledger.ts';
import { showTarget, type Targets } from '../../targets/admin/verbs.ts';
import { LISTED_STATES, type ListedState } from '../../store/targets/listing.ts';
import { withCommonOptions, type Program } from '../command.ts';
import { exit } from '../exit.ts';
import { readSeconds } from '../numbers.ts';
import { writeJson, writeTable } from '../terminal.ts';
import type { CommonOptions } from '../visit.ts';
import { withTargets } from '../targets.ts';

interface DriftOptions extends CommonOptions {
  readonly last?: boolean;
  readonly exitCode?: boolean;
  /** Milliseconds. */
  readonly patience: number;
}

const LOOK_EVERY_MS = 100;
const PAGE = 1_000;

/** `muster drift` */
export function addDriftCommand({ root, io, run }: Program): void {
  withCommonOptions(
    root
      .command('drift <target>')
      .description(
        'look at a target whole, and tell what is otherwise than Muster left it; the daemon looks',
      ),
  )
    .option('--last', 'tell what was found before, and when it was repaired (30 days), without another look')
    .option('--exit-code', 'end with 9 when something is otherwise')
    .option('--patience <seconds>', 'how long to wait for the end of the look', readSeconds, 300_000)
    .action(
      run(async (target: string, options: DriftOptions) => {
        const drift = await withTargets(io, { command: 'drift', options }, async (targets) => {
          if (options.last === true) return allDrift(targets, target);
          const since = await look(targets, target, options.patience);
          const drift = await allDrift(targets, target);
          return { ...drift, items: drift.items.filter(({ foundAt }) => foundAt >= since) };
        });
        if (options.json === true) writeJson(io.out, drift);
        else {
          writeTable(
            io,
            ['WHAT', 'TYPE', 'NAME', 'DETAIL', 'REPAIRED'],
            drift.items.map((item) => [
              ...[item.kind, item.object.type, item.object.name ?? item.object.remoteId, detailOf(item)],
              item.repairedAt ?? '',
            ]),
          );
          io.err.write(`${sentenceOf(drift)}\n`);
        }
        return options.exitCode === true && drift.items.length > 0 ? exit.different : exit.done;
      }),
    );
}

/** Asks for a look, waits for its end, and answers since when it was asked for. Fails (Unreachable) when nobody drives the target in time. */
async function look(targets: Targets, target: string, patienceMs: number): Promise<string> {
  const end = performance.now() + patienceMs;
  const since = await askForObservation(targets, target);
  for (;;) {
    const { askedAt } = await showDrift(targets, target, { after: 0, limit: 1 });
    if (askedAt === null) return since;
    if (performance.now() > end) {
      const { health } = await showTarget(targets, target);
      throw new Unreachable('Nobody has finished looking in time.', [
        ...(health.why === null ? [] : [`The target is ${health.state}: ${health.why}.`]),
        'It needs the daemon (npm start); it goes on by itself, and --last tells what it found.',
      ]);
    }
    await pause(LOOK_EVERY_MS);
  }
}

async function allDrift(targets: Targets, target: string): Promise<DriftView> {
  const items: DriftItem[] = [];
  let after = 0;
  for (;;) {
    const page = await showDrift(targets, target, { after, limit: PAGE });
    items.push(...page.items);
    if (page.next === null) return { ...page, items };
    after = page.next;
  }
}

function detailOf({ kind, detail, members, total }: DriftItem): string {
  if (!kind.startsWith('members')) return detail.join(', ');
  const names = [...members.map(({ id, userName }) => userName ?? id), ...detail];
  const shown = names.slice(0, 5).join(', ');
  return total > 5 ? `${shown} and ${total - 5} more` : shown;
}

function sentenceOf({ observedAt, items, open, unseen }: DriftView): string {
  if (observedAt === null) return 'Nobody has looked at it yet.';
  const found =
    items.length === 0 ? 'Everything is as Muster left it' : `${items.length} found, ${open} not repaired`;
  return `${found} (looked at ${observedAt})${unseen === null ? '.' : `; not seen: ${unseen}.`}`;
}

interface ObjectsOptions extends CommonOptions {
  readonly state?: ListedState;
}

/** `muster target objects` */
export function addObjectsCommand({ io, run }: Program, parent: Program['root']): void {
  withCommonOptions(
    parent
      .command('objects <target>')
      .description('users and groups of a target, and what stands in their way'),
  )
    .option('--state <state>', `only ${LISTED_STATES.join(', ')}`, readState)
    .action(
      run(async (target: string, options: ObjectsOptions) => {
        const objects = await withTargets(io, { command: 'target objects', options }, (targets) =>
          allObjects(targets, target, options.state ?? null),
        );
        if (options.json === true) writeJson(io.out, objects);
        else {
          writeTable(
            io,
            ['TYPE', 'NAME', 'STATE', 'HELD', 'MEMBERS', 'WAITING', 'BLOCKED', 'WHY'],
            objects.map(({ type, name, id, state, held, members, why }) => [
              ...[
                type,
                name ?? id,
                stateOf(state, members),
                held ?? '',
                members?.applied ?? '',
                members?.waiting ?? '',
                members?.blocked ?? '',
              ],
              why ?? members?.why ?? '',
            ]),
          );
        }
        return exit.done;
      }),
    );
}

/** How an object stands, a group with its members: what is found by `--state` is called so. */
function stateOf(state: string, members: ObjectView['members']): string {
  if (state !== 'settled' || members === null) return state;
  if (members.state !== 'settled') return members.state;
  return members.blocked > 0 ? 'blocked' : members.waiting > 0 ? 'waiting' : state;
}

async function allObjects(
  targets: Targets,
  target: string,
  state: ListedState | null,
): Promise<ObjectView[]> {
  const items: ObjectView[] = [];
  let after = 0;
  for (;;) {
    const query = { state, type: null, id: null, after, limit: PAGE };
    const page = await showObjects(targets, target, query);
    items.push(...page.items);
    if (page.next === null) return items;
    after = page.next;
  }
}

function readState(text: string): ListedState {
  const state = LISTED_STATES.find((known) => known === text);
  if (state === undefined) throw new InvalidArgumentError(`it is one of ${LISTED_STATES.join(', ')}.`);
  return state;
}
