import type { Planned } from '../plans/guarded.ts';
import { viewOfPlan } from '../plans/view.ts';
import type { PlanRow } from '../store/plans/plans.ts';
import { exit, type ExitCode } from './exit.ts';
import { openKeys } from './installation.ts';
import { type CommandIo, writeJson } from './terminal.ts';
import type { CommonOptions, Visit } from './visit.ts';

interface Held {
  readonly open: Visit;
  readonly options: CommonOptions;
  readonly planned: Planned<unknown>;
}

/** Tells of an edit that a guard held, and answers the exit code of that; null where it was done. */
export async function tellIfHeld(io: CommandIo, { open, options, planned }: Held): Promise<ExitCode | null> {
  const { kind, plan } = planned;
  if (kind !== 'held') return null;
  if (options.json === true) {
    const { cursors } = await openKeys(open);
    writeJson(
      io.out,
      viewOfPlan(plan, ({ xid, seq }) => cursors.seal({ kind: 'row', xid, seq })),
    );
  } else tellHeld(io, plan);
  return exit.held;
}

/** Says why a plan is held and what a person does about it. */
export function tellHeld(io: CommandIo, { id, guards }: PlanRow): void {
  const steps = [
    ...guards.map(({ detail }) => detail),
    `See what it would do: muster plan show ${id}`,
    `Do it: muster plan approve ${id} --reason "why it is right"`,
    `Or not: muster plan reject ${id} --reason "why it is not"`,
  ];
  io.err.write(
    ['Held by a guard; nothing was changed.', ...steps.map((step) => `  ${step}`)].join('\n') + '\n',
  );
}
