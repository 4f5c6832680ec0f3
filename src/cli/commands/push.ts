import { setTimeout as pause } from 'node:timers/promises';
import { Unreachable } from '../../core/setup-problem.ts';
import { askForPush, type PushView, showPush } from '../../targets/admin/pushing.ts';
import { showTarget, type Targets } from '../../targets/admin/verbs.ts';
import { exit, type ExitCode } from '../exit.ts';
import { readSeconds } from '../numbers.ts';
import { withCommonOptions, type Program } from '../command.ts';
import { writeJson } from '../terminal.ts';
import type { CommonOptions } from '../visit.ts';
import { withTargets } from '../targets.ts';

interface PushOptions extends CommonOptions {
  readonly user?: string;
  readonly full?: boolean;
  readonly dryRun?: boolean;
  /** Milliseconds. */
  readonly patience: number;
}

const LOOK_EVERY_MS = 50;

/** `muster push` */
export function addPushCommand({ root, io, run }: Program): void {
  withCommonOptions(
    root
      .command('push <target>')
      .description('push to a target at once and print each step; the daemon does it'),
  )
    .option('--user <user>', 'only this one, by id or userName')
    .option('--full', 'compare everything, and look at every object at the target')
    .option('--dry-run', 'say what would be sent, and send nothing')
    .option('--patience <seconds>', 'how long to wait for the end', readSeconds, 60_000)
    .action(
      run(async (target: string, options: PushOptions) => {
        const { push, left } = await withTargets(
          io,
          { command: 'push', options },
          async (targets, { by }) => {
            const asked = await askForPush(targets, target, {
              user: options.user ?? null,
              full: options.full === true,
              dryRun: options.dryRun === true,
              by: by.actor.id,
            });
            const push = await untilEnded(targets, asked, options.patience, (step) => {
              if (options.json !== true) io.out.write(`${step.operation}  ${step.what}  ${step.outcome}\n`);
            });
            const { blocked, conflicts } = await showTarget(targets, target);
            return { push, left: blocked + conflicts };
          },
        );
        if (options.json === true) writeJson(io.out, push);
        else if (push.steps.length === 0) io.err.write('Nothing to push.\n');
        if (left > 0 && options.dryRun !== true) io.err.write(leftSentence(target, left));
        return codeOf(push);
      }),
    );
}

/** What was refused is no fault of the push; who asked for it is told all the same. */
function leftSentence(target: string, left: number): string {
  const look = `muster target objects ${target} --state blocked (or conflict)`;
  return `${left} refused or in conflict, and not sent again by itself: ${look}; muster target resume ${target} sends it again.\n`;
}

/** What stood in the way is told by a step of its own. */
function codeOf({ state, steps }: PushView): ExitCode {
  if (steps.some(({ operation }) => operation === 'guard')) return exit.held;
  const isAway = state === 'failed' || steps.some(({ operation }) => operation === 'circuit');
  return isAway ? exit.unreachable : exit.done;
}

/** Tells steps as they come. Fails (Unreachable) when nobody drives the target in time. */
async function untilEnded(
  targets: Targets,
  asked: PushView,
  patienceMs: number,
  tell: (step: PushView['steps'][number]) => void,
): Promise<PushView> {
  const end = performance.now() + patienceMs;
  let told = 0;
  for (;;) {
    const push = await showPush(targets, asked.id);
    if (push === null) throw new Unreachable('The push is gone: was the target removed?');
    push.steps.slice(told).forEach(tell);
    told = push.steps.length;
    if (push.state === 'done' || push.state === 'failed') return push;
    if (performance.now() > end) {
      throw new Unreachable('Nobody has finished the push in time.', [
        'It needs the daemon (npm start); it goes on by itself.',
      ]);
    }
    await pause(LOOK_EVERY_MS);
  }
}
