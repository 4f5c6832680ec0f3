import { type PlanView, viewOfPlan } from '../../plans/view.ts';
import { planRetirement } from '../../plans/edits/retiring.ts';
import { withCommonOptions, type Program } from '../command.ts';
import { editPartsOf } from '../edit-parts.ts';
import { exit } from '../exit.ts';
import { tellIfHeld } from '../held.ts';
import { openKeys } from '../installation.ts';
import { type CommandIo, writeJson } from '../terminal.ts';
import { visit, type CommonOptions } from '../visit.ts';

interface RetireOptions extends CommonOptions {
  readonly handTo?: string;
  readonly dryRun?: boolean;
  readonly yes?: boolean;
}

/** `muster source retire` */
export function addSourceCommands({ root, io, run }: Program): void {
  const source = root.command('source').description('who asserts facts: clients, feeds, providers');
  withCommonOptions(
    source
      .command('retire <name>')
      .description("take a source out of use: what it asserts ends, or becomes another source's"),
  )
    .option('--hand-to <source>', 'the source that takes over; nobody joins or leaves anything then')
    .option('--dry-run', 'only say what it would do')
    .option('--yes', 'do it')
    .action(
      run((name: string, options: RetireOptions) =>
        visit(io, { command: 'source retire', options }, async (open) => {
          const into = options.handTo ?? null;
          const dryRun = options.dryRun === true;
          if (!dryRun && options.yes !== true) {
            const end = into === null ? 'what it asserts would end' : `${into} would take over`;
            io.err.write(
              `${name} would be retired for good; ${end}. Look first with --dry-run, then add --yes.\n`,
            );
            return exit.usage;
          }
          const mode = dryRun ? 'dry-run' : 'unless-guarded';
          const retirement = { source: name, into, mode } as const;
          const { result: planned } = await planRetirement(editPartsOf(open), open.by, retirement);
          const held = await tellIfHeld(io, { open, options, planned });
          if (held !== null) return held;
          const { plan } = planned;
          if (plan === null) throw new Error('A retirement came to no plan.');
          const { cursors } = await openKeys(open);
          const view = viewOfPlan(plan, ({ xid, seq }) => cursors.seal({ kind: 'row', xid, seq }));
          if (options.json === true) writeJson(io.out, view);
          else tell(io, view, name);
          return exit.done;
        }),
      ),
    );
}

function tell(io: CommandIo, { id, dryRun, counts, people, guards }: PlanView, name: string): void {
  const { membersRemoved = 0, nestingsRemoved = 0, usersDeactivated = 0 } = counts;
  const amounts = `${membersRemoved} memberships, ${nestingsRemoved} nestings, ${usersDeactivated} users deactivated, ${people} people leave a group`;
  io.out.write(dryRun ? `${name} would be retired: ${amounts}.\n` : `${name} is retired: ${amounts}.\n`);
  for (const { detail } of guards) io.out.write(`It would be held: ${detail}\n`);
  io.err.write(`One by one: muster plan show ${id}\n`);
}
