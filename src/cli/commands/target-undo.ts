import { InvalidArgumentError } from 'commander';
import { viewOfPlan } from '../../plans/view.ts';
import { planUndoSince } from '../../targets/admin/undoing.ts';
import { withCommonOptions, type Program } from '../command.ts';
import { exit } from '../exit.ts';
import { withTargets } from '../targets.ts';
import { writeJson } from '../terminal.ts';
import type { CommonOptions } from '../visit.ts';

interface UndoOptions extends CommonOptions {
  readonly since: Date;
}

const UNITS_MS = { m: 60_000, h: 3_600_000, d: 86_400_000 } as const;

/** `muster target undo` */
export function addTargetUndo({ io, run }: Program, parent: Program['root']): void {
  withCommonOptions(
    parent
      .command('undo <target>')
      .description('make a plan that puts back what was taken from a target; it waits to be approved'),
  )
    .requiredOption('--since <time>', '30m, 2h, 3d, or a time such as 2027-06-30T08:00:00Z', readSince)
    .action(
      run(async (name: string, options: UndoOptions) => {
        const { since } = options;
        const plan = await withTargets(
          io,
          { command: 'target undo', options },
          async (targets, { by, cursors }) =>
            viewOfPlan(await planUndoSince(targets, name, { since, by }), ({ xid, seq }) =>
              cursors.seal({ kind: 'row', xid, seq }),
            ),
        );
        if (options.json === true) writeJson(io.out, plan);
        else {
          io.out.write(`${plan.id}\n`);
          io.err.write(`Look at it with: muster plan show ${plan.id}\n`);
          io.err.write(`Approve it with: muster plan approve ${plan.id} --reason "why it is right"\n`);
        }
        return exit.held;
      }),
    );
}

/** A moment that is over: so long ago, or a time. */
export function readSince(text: string): Date {
  const [, count, unit = ''] = /^(\d{1,5})([mhd])$/.exec(text) ?? [];
  const ms = Object.entries(UNITS_MS).find(([letter]) => letter === unit)?.[1];
  const since =
    count !== undefined && ms !== undefined ? new Date(Date.now() - Number(count) * ms) : new Date(text);
  const isTime = ms !== undefined || /^\d{4}-\d\d-\d\dT/.test(text);
  if (isTime && since.getTime() < Date.now()) return since;
  throw new InvalidArgumentError('say 30m, 2h, 3d, or a time that is over such as 2027-06-30T08:00:00Z.');
}
