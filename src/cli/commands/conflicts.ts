import { type Command, InvalidArgumentError } from 'commander';
import {
  type ConflictBody,
  conflictBody,
  conflictKinds,
  conflictStates,
  disagreementBody,
  pageOfConflicts,
} from '../../api/conflict-views.ts';
import { registryOf } from '../../boot/schemas.ts';
import { findPlace } from '../../core/feeds/stated.ts';
import { isUuid } from '../../core/ids.ts';
import { Refusal } from '../../core/refusal.ts';
import { answerConflict, type ConflictAnswer, revokeGrant } from '../../directory/conflicts.ts';
import { decideDisagreement } from '../../directory/disagreements.ts';
import { perform } from '../../directory/work.ts';
import type { Resolution } from '../../store/feeds/disagreement-rows.ts';
import { withCommonOptions, type Program } from '../command.ts';
import { isConfirmed } from '../confirmation.ts';
import { exit } from '../exit.ts';
import { requireUser } from '../named.ts';
import { type CommandIo, writeJson, writeTable } from '../terminal.ts';
import { visit, type CommonOptions } from '../visit.ts';

/**
 * `muster conflicts list|grant|dismiss|revoke|merge|separate|keep`: names that clients found taken outside of their
 * namespace, and what files and the directory disagree about.
 */
export function addConflictCommands(program: Program): void {
  const conflicts = program.root
    .command('conflicts')
    .description('names that clients found taken, and what files and the directory disagree about');
  addList(program, conflicts);
  addAnswer(program, conflicts, {
    verb: 'grant',
    decision: 'granted',
    summary: 'let the client have the user or group whose name it asked for',
  });
  addAnswer(program, conflicts, {
    verb: 'dismiss',
    decision: 'dismissed',
    summary: 'leave a name with whom it belongs to; the next time opens the conflict anew',
  });
  addRevoke(program, conflicts);
  addMerge(program, conflicts);
  addResolve(program, conflicts, {
    resolution: 'separate',
    summary: 'a row of a file names different people, or a login key is not this user’s',
  });
  addResolve(program, conflicts, {
    resolution: 'keep',
    summary: 'the directory is right, and the file is not',
  });
}

interface ListOptions extends CommonOptions {
  readonly state: (typeof conflictStates)[number];
  readonly kind: (typeof conflictKinds)[number] | null;
  readonly limit: number;
}

function addList({ io, run }: Program, parent: Command): void {
  withCommonOptions(parent.command('list').description('conflicts, the newest first'))
    .option('--state <state>', conflictStates.join(', '), oneOf(conflictStates), 'open')
    .option('--kind <kind>', conflictKinds.join(', '), oneOf(conflictKinds), null)
    .option('--limit <number>', 'how many', readLimit, 50)
    .action(
      run((options: ListOptions) =>
        visit(io, { command: 'conflicts list', options }, async ({ directory: { database } }) => {
          const { state, kind, limit } = options;
          const { rows } = await pageOfConflicts(database, { state, kind, limit, before: null });
          const bodies = rows.map(({ body }) => body);
          if (options.json === true) writeJson(io.out, bodies);
          else tell(io, bodies);
          return exit.done;
        }),
      ),
    );
}

function tell(io: CommandIo, bodies: readonly ConflictBody[]): void {
  writeTable(
    io,
    ['ID', 'KIND', 'FROM', 'WHAT', 'TIMES', 'LAST', 'DECIDE BY'],
    bodies.map((body) => {
      const common = [body.times, body.lastAt];
      return 'client' in body
        ? [body.id, body.kind, body.client, body.name, ...common, body.decision ?? 'grant, dismiss']
        : [
            body.id,
            body.kind,
            body.source,
            body.detail,
            ...common,
            body.resolution ?? 'merge, separate, keep',
          ];
    }),
  );
}

interface DecisionOptions extends CommonOptions {
  readonly reason?: string;
}

interface Answer {
  readonly verb: 'grant' | 'dismiss';
  readonly decision: ConflictAnswer['decision'];
  readonly summary: string;
}

function addAnswer({ io, run }: Program, parent: Command, { verb, decision, summary }: Answer): void {
  withCommonOptions(parent.command(`${verb} <conflict>`).description(summary))
    .option('--reason <text>', 'kept with the decision')
    .action(
      run((text: string, options: DecisionOptions) =>
        visit(io, { command: `conflicts ${verb}`, options }, async ({ directory, by }) => {
          const answer = { conflict: readId(text), decision, reason: options.reason ?? null };
          const { result } = await perform(directory, by, (work) => answerConflict(work, answer));
          if (options.json === true) writeJson(io.out, conflictBody(result));
          else io.err.write(`${result.client} and ${result.name}: ${decision}.\n`);
          return exit.done;
        }),
      ),
    );
}

function addRevoke({ io, run }: Program, parent: Command): void {
  withCommonOptions(
    parent.command('revoke <conflict>').description('take back what a conflict granted'),
  ).action(
    run((text: string, options: CommonOptions) =>
      visit(io, { command: 'conflicts revoke', options }, async ({ directory, by }) => {
        const conflict = readId(text);
        await perform(directory, by, (work) => revokeGrant(work, conflict));
        if (options.json === true) writeJson(io.out, { revoked: conflict });
        else io.err.write('The grant is taken back.\n');
        return exit.done;
      }),
    ),
  );
}

interface ResolveOptions extends DecisionOptions {
  readonly into?: string;
  readonly yes?: boolean;
}

function addMerge(program: Program, parent: Command): void {
  const merge = addResolve(program, parent, {
    resolution: 'merge',
    summary: 'the users are one person, the login key is this user’s, or the file’s value is right',
  });
  merge
    .option('--into <user>', 'of two users the one that stays; the older one unless said')
    .option('--yes', 'do not ask');
}

interface Resolving {
  readonly resolution: Resolution;
  readonly summary: string;
}

function addResolve({ io, run }: Program, parent: Command, { resolution, summary }: Resolving): Command {
  return withCommonOptions(parent.command(`${resolution} <conflict>`).description(summary))
    .option('--reason <text>', 'kept with the decision')
    .action(
      run((text: string, options: ResolveOptions) =>
        visit(io, { command: `conflicts ${resolution}`, options }, async ({ directory, by, settings }) => {
          const isAsked = resolution === 'merge' && options.yes !== true && io.err.isTTY === true;
          if (isAsked && !(await isConfirmed('A merge cannot be undone. Merge?'))) {
            io.err.write('Nothing was decided.\n');
            return exit.done;
          }
          const into =
            options.into === undefined ? null : await requireUser(directory.database, options.into);
          const { user } = registryOf(settings);
          const { result } = await perform(directory, by, (work) =>
            decideDisagreement(work, {
              ...{
                disagreement: readId(text),
                resolution,
                reason: options.reason ?? null,
                into: into?.id ?? null,
              },
              placeOf: (spelling) => findPlace(user, spelling),
            }),
          );
          if (options.json === true) writeJson(io.out, disagreementBody(result));
          else io.err.write(`${result.detail}\nDecided: ${resolution}.\n`);
          return exit.done;
        }),
      ),
    );
}

function readId(text: string): string {
  if (!isUuid(text)) throw new Refusal('conflict.not_found', { conflict: text });
  return text;
}

function oneOf<Name extends string>(names: readonly Name[]): (text: string) => Name {
  return (text) => {
    const name = names.find((known) => known === text);
    if (name === undefined) throw new InvalidArgumentError(`say one of ${names.join(', ')}`);
    return name;
  };
}

function readLimit(text: string): number {
  const limit = Number(text);
  if (Number.isInteger(limit) && limit >= 1 && limit <= 1_000) return limit;
  throw new InvalidArgumentError('say a number from 1 to 1000');
}
