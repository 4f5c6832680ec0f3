import { testTarget } from '../../targets/admin/pushing.ts';
import {
  addTarget,
  pauseTarget,
  removeTarget,
  resumeTarget,
  showTarget,
  showTargets,
} from '../../targets/admin/verbs.ts';
import { replay, rotateSigningKey } from '../../targets/admin/webhooks.ts';
import { countHeldPlans } from '../../store/plans/plans.ts';
import { isMeant } from '../confirmation.ts';
import { exit } from '../exit.ts';
import { withCommonOptions, type Program } from '../command.ts';
import { writeJson, writeTable } from '../terminal.ts';
import { withTargets } from '../targets.ts';
import { addObjectsCommand } from './drift.ts';
import { addChangeCommand } from './target-change.ts';
import { addLogCommand } from './target-log.ts';
import { addTargetUndo } from './target-undo.ts';
import type { CommonOptions } from '../visit.ts';
import { assign, assignSecret, collect, groupIds } from './target-values.ts';

type Parent = Program['root'];

interface AddOptions extends CommonOptions {
  readonly type: string;
  readonly url?: string;
  readonly bearer?: string;
  readonly group: readonly string[];
  readonly allUsers?: boolean;
  readonly mode: string;
  readonly allowPrivate?: boolean;
  readonly set: Readonly<Record<string, unknown>>;
  readonly credential: Readonly<Record<string, unknown>>;
}

/** `muster target add|list|show|change|objects|log|test|pause|resume|remove|undo|replay|rotate` */
export function addTargetCommands(program: Program): void {
  const target = program.root
    .command('target')
    .description('services downstream that memberships are pushed to');
  addAdd(program, target);
  addList(program, target);
  addShow(program, target);
  addChangeCommand(program, target);
  addTest(program, target);
  addModes(program, target);
  addRemove(program, target);
  addObjectsCommand(program, target);
  addLogCommand(program, target);
  addTargetUndo(program, target);
  addWebhookVerbs(program, target);
}

function addAdd({ io, run }: Program, parent: Parent): void {
  withCommonOptions(
    parent
      .command('add <name>')
      .description('add a target; it observes until it is resumed, unless --mode says more'),
  )
    .requiredOption('--type <type>', 'scim, webhook, ldap, sql or file')
    .option('--url <url>', 'where it is')
    .option('--bearer <token>', 'what it is called with')
    .option('--group <name>', 'a group whose effective members it gets; may be repeated', collect, [])
    .option('--all-users', 'it gets every user, members or not')
    .option('--mode <mode>', 'off, observe or enforce', 'observe')
    .option('--allow-private', 'it is in a private network, or on this machine')
    .option('--set <name=value>', 'one more setting; may be repeated', assign, {})
    .option('--credential <name=value>', 'one more credential; may be repeated', assignSecret, {})
    .action(
      run(async (name: string, options: AddOptions) => {
        const made = await withTargets(io, { command: 'target add', options }, async (targets, open) => {
          const { url, bearer, allowPrivate } = options;
          return addTarget(
            targets,
            {
              name,
              type: options.type,
              mode: options.mode,
              scope: { groups: await groupIds(open, options.group), allUsers: options.allUsers === true },
              settings: {
                ...(url === undefined ? {} : { url }),
                ...(allowPrivate === true ? { allowPrivate: true } : {}),
                ...options.set,
              },
              credentials: { ...(bearer === undefined ? {} : { bearer }), ...options.credential },
            },
            open.by,
          );
        });
        if (options.json === true) writeJson(io.out, { ...made.target, ...made.once });
        else {
          io.err.write(`Added ${made.target.name} (${made.target.type}), mode ${made.target.mode}.\n`);
          const { type, scope } = made.target;
          if (type !== 'webhook' && !scope.allUsers && scope.groups.length === 0)
            io.err.write(
              `It has no scope, so nothing is sent: muster target change ${made.target.name} --group NAME\n`,
            );
          for (const [what, value] of Object.entries(made.once)) io.out.write(`${what} ${value}\n`);
          if (Object.keys(made.once).length > 0) io.err.write('It is shown this once.\n');
        }
        return exit.done;
      }),
    );
}

function addList({ io, run }: Program, parent: Parent): void {
  withCommonOptions(parent.command('list').description('the targets, and how each is doing')).action(
    run(async (options: CommonOptions) => {
      const { targets, held } = await withTargets(io, { command: 'target list', options }, async (all) => {
        const plans = await countHeldPlans(all.database);
        const pushes = plans.filter(({ kind }) => kind === 'push').map(({ plans: count }) => count);
        return { targets: await showTargets(all), held: pushes.reduce((sum, count) => sum + count, 0) };
      });
      if (options.json === true) writeJson(io.out, targets);
      else {
        writeTable(
          io,
          ['NAME', 'TYPE', 'MODE', 'HEALTH', 'GROUPS', 'WHY'],
          targets.map(({ name, type, mode, health, scope }) => [
            ...[name, type, mode, health.state],
            scope.allUsers ? `${scope.groups.length} and all users` : scope.groups.length,
            health.why,
          ]),
        );
        if (held > 0)
          io.err.write(`Pushes that a guard holds: ${held} (muster plan list --state held --kind push).\n`);
      }
      return exit.done;
    }),
  );
}

function addShow({ io, run }: Program, parent: Parent): void {
  withCommonOptions(
    parent.command('show <target>').description('what a target holds, and what is to be done'),
  ).action(
    run(async (name: string, options: CommonOptions) => {
      writeJson(
        io.out,
        await withTargets(io, { command: 'target show', options }, (all) => showTarget(all, name)),
      );
      return exit.done;
    }),
  );
}

function addTest({ io, run }: Program, parent: Parent): void {
  withCommonOptions(
    parent
      .command('test <target>')
      .description('ask a target whether it is there and lets us in; one that is back is pushed to at once'),
  ).action(
    run(async (name: string, options: CommonOptions) => {
      const tested = await withTargets(io, { command: 'target test', options }, (all, { by }) =>
        testTarget(all, name, by.actor.id),
      );
      if (options.json === true) writeJson(io.out, tested);
      else {
        for (const { method, url, status, ms } of tested.exchanges) {
          io.err.write(`${method} ${url} -> ${status ?? 'no answer'} (${Math.round(ms)} ms)\n`);
        }
        io.out.write(`${tested.ok ? 'ok' : 'failed'}: ${tested.says}\n`);
      }
      return tested.ok ? exit.done : exit.unreachable;
    }),
  );
}

function addModes({ io, run }: Program, parent: Parent): void {
  for (const { word, does, change } of [
    { word: 'pause', does: 'send nothing to a target until it is resumed', change: pauseTarget },
    { word: 'resume', does: 'push to a target, from a comparison of everything', change: resumeTarget },
  ]) {
    withCommonOptions(parent.command(`${word} <target>`).description(does)).action(
      run(async (name: string, options: CommonOptions) => {
        const view = await withTargets(io, { command: `target ${word}`, options }, (all, { by }) =>
          change(all, name, by),
        );
        if (options.json === true) writeJson(io.out, view);
        else io.err.write(`${view.name} is in mode ${view.mode}.\n`);
        return exit.done;
      }),
    );
  }
}

function addRemove({ io, run }: Program, parent: Parent): void {
  withCommonOptions(
    parent
      .command('remove <target>')
      .description('forget a target and its credentials; what it holds stays there'),
  )
    .option('--yes', 'do not ask')
    .action(
      run(async (name: string, options: CommonOptions & { readonly yes?: boolean }) => {
        const what = `This forgets ${name}, its ledger and its credentials.`;
        if (!(await isMeant(io, options, what))) return exit.usage;
        await withTargets(io, { command: 'target remove', options }, (all, { by }) =>
          removeTarget(all, name, by),
        );
        if (options.json === true) writeJson(io.out, { removed: name });
        else io.err.write(`${name} is forgotten; what it holds stays there.\n`);
        return exit.done;
      }),
    );
}

function addWebhookVerbs({ io, run }: Program, parent: Parent): void {
  withCommonOptions(
    parent.command('replay <target>').description('have a webhook send again what the change log still has'),
  )
    .option('--after <cursor>', 'only what came after this place in the change log', 'oldest')
    .action(
      run(async (name: string, options: CommonOptions & { readonly after: string }) => {
        await withTargets(io, { command: 'target replay', options }, (all, { by, cursors }) => {
          const after = options.after === 'oldest' ? 'oldest' : cursors.open(options.after);
          return replay(all, name, { after, by });
        });
        if (options.json === true) writeJson(io.out, { replayed: name });
        else io.err.write(`${name} is sent everything again from there.\n`);
        return exit.done;
      }),
    );
  withCommonOptions(
    parent
      .command('rotate <target>')
      .description('give a webhook a new signing key; the old one signs besides'),
  )
    .option('--end', 'the receiver has the new key: sign with the old ones no longer')
    .action(
      run(async (name: string, options: CommonOptions & { readonly end?: boolean }) => {
        const step = options.end === true ? 'end' : 'begin';
        const { target, once } = await withTargets(io, { command: 'target rotate', options }, (all, { by }) =>
          rotateSigningKey(all, name, { step, by }),
        );
        if (options.json === true) writeJson(io.out, { ...target, ...once });
        else {
          for (const [what, value] of Object.entries(once)) io.out.write(`${what} ${value}\n`);
          io.err.write(
            step === 'end'
              ? `${target.name} signs with its newest key alone.\n`
              : `It is shown this once. End the rotation with: muster target rotate ${target.name} --end\n`,
          );
        }
        return exit.done;
      }),
    );
}
