import { randomUUID } from 'node:crypto';
import { undoPlan } from '../../api/plan-undo.ts';
import { feedsOf } from '../../boot/feeds.ts';
import { planKinds } from '../../boot/plan-kinds.ts';
import { registryOf } from '../../boot/schemas.ts';
import { targetsOf } from '../../boot/targets.ts';
import { planKinds as kindNames, planStates } from '../../core/plans/plan.ts';
import { approvePlan, type DecisionParts, rejectPlan, requirePlan } from '../../plans/decisions.ts';
import { operationsOf, type OperationView, viewOfPlan } from '../../plans/view.ts';
import type { Place } from '../../store/changes.ts';
import { listLeavingOfGroups, listLeavingOfTargets } from '../../store/plans/leaving.ts';
import { listPlans, type PlanRow } from '../../store/plans/plans.ts';
import { pushPlans } from '../../targets/admin/pushing.ts';
import { withCommonOptions, type Program } from '../command.ts';
import { isConfirmed } from '../confirmation.ts';
import { exit, type ExitCode } from '../exit.ts';
import { openKeys } from '../installation.ts';
import { type CommandIo, writeJson, writeTable } from '../terminal.ts';
import { visit, type CommonOptions, type Visit } from '../visit.ts';

type Parent = Program['root'];

interface ListOptions extends CommonOptions {
  readonly state?: string;
  readonly kind?: string;
  readonly source?: string;
  readonly limit: string;
}

interface ShowOptions extends CommonOptions {
  readonly operations: string;
}

interface DecideOptions extends CommonOptions {
  readonly reason: string;
  readonly hash?: string;
  readonly yes?: boolean;
}

/** Operations that are shown at most. */
const MOST_SHOWN = 1_000;
/** Groups that are shown with a plan. */
const GROUPS_SHOWN = 20;
/** Members that are named in one operation. */
const MEMBERS_SHOWN = 10;

/** `muster plan list|show|approve|reject|undo` */
export function addPlanCommands(program: Program): void {
  const plan = program.root
    .command('plan')
    .description('what feeds, group edits and pushes would do, and what waits for a person to decide');
  addList(program, plan);
  addShow(program, plan);
  addApprove(program, plan);
  addReject(program, plan);
  addUndo(program, plan);
}

function addList({ io, run }: Program, parent: Parent): void {
  withCommonOptions(parent.command('list').description('plans, the newest first'))
    .option('--state <state>', planStates.join(', '))
    .option('--kind <kind>', kindNames.join(', '))
    .option('--source <name>', 'only plans of this source')
    .option('--limit <number>', 'how many', '50')
    .action(
      run(async (options: ListOptions) =>
        visit(io, { command: 'plan list', options }, async (open) => {
          const state = planStates.find((name) => name === options.state) ?? null;
          const kind = kindNames.find((name) => name === options.kind) ?? null;
          const isUnknown =
            (options.state !== undefined && state === null) || (options.kind !== undefined && kind === null);
          const limit = Number(options.limit);
          if (isUnknown || !Number.isInteger(limit) || limit < 1) {
            io.err.write('There is no such state, kind or number; see --help.\n');
            return exit.usage;
          }
          const filter = { state, kind, source: options.source ?? null };
          const plans = await listPlans(open.directory.database, filter, { after: 0, limit });
          const cursorOf = await cursorsOf(open);
          if (options.json === true)
            writeJson(
              io.out,
              plans.map((plan) => viewOfPlan(plan, cursorOf)),
            );
          else {
            writeTable(
              io,
              ['ID', 'STATE', 'KIND', 'SOURCE', 'PEOPLE', 'MADE', 'TITLE'],
              plans.map(({ id, state: now, kind: of, source, people, created_at: made, title }) => [
                ...[id, now, of, source, people, made, title],
              ]),
            );
          }
          return exit.done;
        }),
      ),
    );
}

function addShow({ io, run }: Program, parent: Parent): void {
  withCommonOptions(
    parent.command('show <plan>').description('a plan: why it is held, whom it affects, what it does'),
  )
    .option('--operations <number>', 'how many operations to show', '20')
    .action(
      run(async (id: string, options: ShowOptions) =>
        visit(io, { command: 'plan show', options }, async (open) => {
          const plan = await requirePlan(open.directory.database, id);
          const shown = Math.min(Math.max(Number(options.operations) || 0, 0), MOST_SHOWN);
          await show(io, open, { plan, options, shown });
          return exit.done;
        }),
      ),
    );
}

function addApprove({ io, run }: Program, parent: Parent): void {
  withCommonOptions(
    parent.command('approve <plan>').description('approve a held plan and carry it out: exactly it, or less'),
  )
    .requiredOption('--reason <text>', 'why it is right; kept in the log')
    .option('--hash <hash>', 'only if it is the plan with this hash')
    .option('--yes', 'do not ask')
    .action(
      run(async (id: string, options: DecideOptions) =>
        decide(io, id, { command: 'plan approve', verb: 'Approve', options }, async (parts, plan, open) =>
          approvePlan(parts, {
            plan: plan.id,
            hash: options.hash ?? plan.hash,
            reason: options.reason,
            by: open.by,
          }),
        ),
      ),
    );
}

function addReject({ io, run }: Program, parent: Parent): void {
  withCommonOptions(parent.command('reject <plan>').description('reject a held plan; nothing of it is done'))
    .requiredOption('--reason <text>', 'why it is not right; kept in the log')
    .option('--hash <hash>', 'only if it is the plan with this hash')
    .option('--yes', 'do not ask')
    .action(
      run(async (id: string, options: DecideOptions) =>
        decide(io, id, { command: 'plan reject', verb: 'Reject', options }, async (parts, plan, open) =>
          rejectPlan(parts, {
            plan: plan.id,
            hash: options.hash ?? null,
            reason: options.reason,
            by: open.by,
          }),
        ),
      ),
    );
}

function addUndo({ io, run }: Program, parent: Parent): void {
  withCommonOptions(
    parent
      .command('undo <plan>')
      .description('make a plan that undoes an applied one; it waits to be approved'),
  ).action(
    run(async (id: string, options: CommonOptions) =>
      visit(io, { command: 'plan undo', options }, async (open) => {
        const { directory, settings, by } = open;
        const plan = await requirePlan(directory.database, id);
        const undo = await undoPlan({ directory, guards: settings.guards }, plan, by);
        await show(io, open, { plan: undo, options, shown: 0 });
        return exit.held;
      }),
    ),
  );
}

async function decide(
  io: CommandIo,
  id: string,
  {
    command,
    verb,
    options,
  }: { readonly command: string; readonly verb: string; readonly options: DecideOptions },
  work: (parts: DecisionParts, plan: PlanRow, open: Visit) => Promise<PlanRow>,
): Promise<ExitCode> {
  return visit(io, { command, options }, async (open) => {
    const plan = await requirePlan(open.directory.database, id);
    if (options.yes !== true && io.err.isTTY === true && plan.state === 'held') {
      await show({ ...io, out: io.err }, open, { plan, options: {}, shown: 0 });
      if (!(await isConfirmed(`${verb} this plan?`))) {
        io.err.write('Nothing was decided.\n');
        return exit.done;
      }
    }
    const decided = await work(await decisionsOf(open), plan, open);
    if (options.json === true) writeJson(io.out, viewOfPlan(decided, await cursorsOf(open)));
    else io.err.write(`Plan ${decided.id} is ${decided.state}.\n`);
    return exit.done;
  });
}

async function cursorsOf(open: Visit): Promise<(place: Place) => string> {
  const { cursors } = await openKeys(open);
  return ({ xid, seq }) => cursors.seal({ kind: 'row', xid, seq });
}

export async function decisionsOf(open: Visit): Promise<DecisionParts> {
  const { directory, settings } = open;
  const { database, wake } = directory;
  const { masterKey } = await openKeys(open);
  const imports = {
    ...{ database, directory, cursorOf: await cursorsOf(open), newId: randomUUID },
    watchDir: settings.watchDir,
    feeds: feedsOf(settings),
  };
  const kinds = planKinds({ directory, registry: registryOf(settings), guards: settings.guards, imports });
  const pushes = pushPlans(targetsOf(database, { masterKey, dataDir: settings.dataDir }, wake));
  return { database, wake, kinds: { ...kinds, ...pushes } };
}

interface Shown {
  readonly plan: PlanRow;
  readonly options: CommonOptions;
  /** How many operations. */
  readonly shown: number;
}

async function show(io: CommandIo, open: Visit, { plan, options, shown }: Shown): Promise<void> {
  const { database } = open.directory;
  const groups = await listLeavingOfGroups(database, plan.n, { after: 0, limit: GROUPS_SHOWN });
  const targets = await listLeavingOfTargets(database, plan.n);
  const operations = shown === 0 ? [] : await operationsOf(database, plan, { after: 0, limit: shown });
  if (options.json === true) {
    writeJson(io.out, { ...viewOfPlan(plan, await cursorsOf(open)), groups, targets, operations });
    return;
  }
  const say = (text: string): unknown => io.out.write(`${text}\n`);
  say(`${plan.title}: ${plan.kind}, ${plan.state}${plan.dry_run ? ' (dry run)' : ''}`);
  say(`  id     ${plan.id}`);
  say(`  hash   ${plan.hash}`);
  const counts = Object.entries(plan.counts).map(([name, count]) => `${count} ${wordsOf(name)}`);
  say(`  does   ${counts.join(', ') || 'nothing'}`);
  for (const { detail } of plan.guards) say(`  held   ${detail}`);
  if (plan.people > 0) say(`  people ${plan.people} stop being an effective member of something`);
  for (const { name, leaving, members } of groups) {
    say(`         ${leaving}${members === null ? '' : ` of ${members}`} leave ${name}`);
  }
  for (const { name, leaving } of targets) say(`         ${leaving} are taken from what ${name} gets`);
  if (plan.decided_by !== null) say(`  by     ${plan.decided_by}: ${plan.reason ?? ''}`);
  for (const operation of operations) say(`  ${lineOf(operation)}`);
  if (shown > 0 && shown < MOST_SHOWN && operations.length === shown) {
    say(`  … --operations ${MOST_SHOWN} shows more`);
  }
  if (plan.state === 'held') {
    say(`Approve it with: muster plan approve ${plan.id} --reason "why it is right"`);
    say(`Reject it with:  muster plan reject ${plan.id} --reason "why it is not"`);
  }
}

/** `membersRemoved` as `members removed`. */
function wordsOf(name: string): string {
  return name.replaceAll(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
}

function lineOf({ type, group, user, added, removed }: OperationView): string {
  const about = [group?.name, user?.name].filter((name) => name !== undefined && name !== null).join(' ');
  const named = (sign: string, members: OperationView['added']): string[] => {
    const some = members.slice(0, MEMBERS_SHOWN).map(({ name, id }) => `${sign}${name ?? id ?? '?'}`);
    const more = members.length - some.length;
    return more > 0 ? [...some, `… ${more} more`] : some;
  };
  return [type, about, ...named('-', removed), ...named('+', added)].join(' ');
}
