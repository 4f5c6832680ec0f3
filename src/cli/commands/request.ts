import { type Command, InvalidArgumentError } from 'commander';
import { requestBody } from '../../api/requests.ts';
import type { Attribution } from '../../core/attribution.ts';
import {
  approveRequest,
  cancelRequest,
  denyRequest,
  joinGroup,
  leaveGroup,
} from '../../directory/requests.ts';
import { perform } from '../../directory/work.ts';
import { listRequests, type RequestRow, type RequestState } from '../../store/requests.ts';
import { exit } from '../exit.ts';
import { requireGroup, requireUser } from '../named.ts';
import { withCommonOptions, type Program } from '../command.ts';
import { writeJson, writeTable, type CommandIo } from '../terminal.ts';
import { visit, type CommonOptions } from '../visit.ts';

interface WishOptions extends CommonOptions {
  readonly user: string;
  readonly reason?: string;
}

/** `muster join GROUP --user USER` */
export function addJoinCommand(program: Program): void {
  addWish(program, { name: 'join', summary: 'let a user join a group, or ask for it', verb: joinGroup });
}

/** `muster leave GROUP --user USER` */
export function addLeaveCommand(program: Program): void {
  addWish(program, { name: 'leave', summary: 'let a user leave a group, or ask for it', verb: leaveGroup });
}

interface WishCommand {
  readonly name: string;
  readonly summary: string;
  readonly verb: typeof joinGroup;
}

function addWish({ root, io, run }: Program, { name, summary, verb }: WishCommand): void {
  withCommonOptions(root.command(`${name} <group>`).description(summary))
    .requiredOption('--user <user>', 'in whose name')
    .option('--reason <text>', 'told to those who decide')
    .action(
      run((groupText: string, options: WishOptions) =>
        visit(io, { command: name, options }, async ({ directory, by }) => {
          const group = await requireGroup(directory.database, groupText);
          const user = await requireUser(directory.database, options.user);
          const wish = { group: group.id, user: user.id, reason: options.reason ?? null };
          const inName: Attribution = { ...by, source: 'self-service', onBehalfOf: user.id };
          const { result } = await perform(directory, inName, (work) => verb(work, wish));
          if (options.json === true) {
            const request = result.outcome === 'requested' ? { request: requestBody(result.request) } : {};
            writeJson(io.out, { outcome: result.outcome, ...request });
          } else if (result.outcome === 'requested') {
            io.out.write(`${result.request.id}\n`);
            io.err.write(`${user.name} asks to ${name} ${group.name}; somebody has to decide.\n`);
          } else io.err.write(`${user.name} has ${result.outcome} ${group.name}.\n`);
          return exit.done;
        }),
      ),
    );
}

/** `muster requests list|approve|deny|cancel` */
export function addRequestCommands(program: Program): void {
  const requests = program.root.command('requests').description('requests to join and to leave');
  addList(program, requests);
  addDecision(program, requests, { name: 'approve', verb: approveRequest });
  addDecision(program, requests, { name: 'deny', verb: denyRequest });
  addDecision(program, requests, { name: 'cancel', verb: cancelRequest });
}

interface ListOptions extends CommonOptions {
  readonly state: RequestState | 'all';
  readonly group?: string;
  readonly user?: string;
}

/** More than anybody reads; the API has pages. */
const MOST = 1_000;

function addList({ io, run }: Program, parent: Command): void {
  withCommonOptions(parent.command('list').description('requests, the oldest first'))
    .option('--state <state>', 'pending, approved, denied, cancelled, expired or all', readState, 'pending')
    .option('--group <group>', 'only for this group')
    .option('--user <user>', 'only of this user')
    .action(
      run((options: ListOptions) =>
        visit(io, { command: 'requests list', options }, async ({ directory: { database } }) => {
          const group = options.group === undefined ? null : await requireGroup(database, options.group);
          const user = options.user === undefined ? null : await requireUser(database, options.user);
          const state = options.state === 'all' ? null : options.state;
          const filter = { state, group: group?.n ?? null, user: user?.n ?? null };
          const rows = await listRequests(database, { after: 0, limit: MOST }, { ...filter, visible: null });
          if (options.json === true) writeJson(io.out, rows.map(requestBody));
          else tell(io, rows);
          return exit.done;
        }),
      ),
    );
}

function tell(io: CommandIo, rows: readonly RequestRow[]): void {
  writeTable(
    io,
    ['REQUEST', 'KIND', 'USER', 'GROUP', 'STATE', 'SINCE', 'REASON'],
    rows.map((row) => [
      ...[row.id, row.kind, row.user_name ?? row.user_id, row.group_name, row.state, row.created_at],
      row.reason,
    ]),
  );
}

interface DecisionCommand {
  readonly name: 'approve' | 'deny' | 'cancel';
  readonly verb: typeof approveRequest;
}

function addDecision({ io, run }: Program, parent: Command, { name, verb }: DecisionCommand): void {
  withCommonOptions(parent.command(`${name} <request>`).description(`${name} a request`))
    .option('--reason <text>', 'kept with the decision, and told to who asked')
    .option('--as <user>', 'decide in the name of this user, who must be allowed to')
    .action(
      run((request: string, options: CommonOptions & { readonly reason?: string; readonly as?: string }) =>
        visit(io, { command: `requests ${name}`, options }, async ({ directory, by }) => {
          const decider = options.as === undefined ? null : await requireUser(directory.database, options.as);
          const inName: Attribution = { ...by, source: 'self-service', onBehalfOf: decider?.id ?? null };
          const deciding = { request, reason: options.reason ?? null };
          const { result } = await perform(directory, inName, (work) => verb(work, deciding));
          if (options.json === true) writeJson(io.out, requestBody(result));
          else io.err.write(`The request of ${result.user_name ?? result.user_id} is ${result.state}.\n`);
          return exit.done;
        }),
      ),
    );
}

/** Never null: commander takes that for a missing value. */
function readState(text: string): RequestState | 'all' {
  if (text === 'all') return text;
  const states: readonly RequestState[] = ['pending', 'approved', 'denied', 'cancelled', 'expired'];
  const state = states.find((one) => one === text);
  if (state === undefined) throw new InvalidArgumentError(`say one of ${states.join(', ')}, all`);
  return state;
}
