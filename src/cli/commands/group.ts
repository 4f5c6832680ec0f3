import { type Command, InvalidArgumentError } from 'commander';
import { groupBody } from '../../api/groups.ts';
import type { GroupId } from '../../core/ids.ts';
import { Refusal } from '../../core/refusal.ts';
import { perform } from '../../directory/work.ts';
import { deleteGroupUnderGuards, patchGroup } from '../../plans/edits/group-edits.ts';
import { type GroupPatch, makeGroup } from '../../plans/edits/group-patch.ts';
import type { Connection } from '../../store/database.ts';
import { findListedGroup } from '../../store/effective/listing.ts';
import { withCommonOptions, type Program } from '../command.ts';
import { exit } from '../exit.ts';
import { editPartsOf } from '../edit-parts.ts';
import { tellIfHeld } from '../held.ts';
import { memberCalled, requireGroup } from '../named.ts';
import { writeJson, type CommandIo } from '../terminal.ts';
import { visit, type CommonOptions, type Visit } from '../visit.ts';
import { addGroupMemberCommands } from './group-member.ts';

interface GroupOptions extends CommonOptions {
  readonly name?: string;
  readonly description?: string;
  readonly internal?: boolean;
  readonly hidden?: boolean;
  readonly open?: boolean;
  readonly public?: boolean;
  readonly restricted?: boolean;
  readonly autoLeave?: 'inherit' | 'on' | 'off';
  readonly reservedTo?: string;
  readonly consoleBesides?: boolean;
  readonly rule?: string;
  readonly roles?: readonly string[];
  readonly leaders?: readonly string[];
  readonly trust?: readonly string[];
}

/** `muster group create|show|edit|add|remove|delete` */
export function addGroupCommands(program: Program): void {
  const group = program.root.command('group').description('make and govern groups');
  addCreate(program, group);
  addShow(program, group);
  addEdit(program, group);
  addGroupMemberCommands(program, group);
  addDelete(program, group);
}

function addCreate({ io, run }: Program, parent: Command): void {
  withFlags(parent.command('create <name>').description('make a group')).action(
    run((name: string, options: GroupOptions) =>
      visit(io, { command: 'group create', options }, async (open) => {
        const patch = await patchOf(open.directory.database, options);
        const made = await perform(open.directory, open.by, (work) =>
          makeGroup(editPartsOf(open), work, { ...patch, name }),
        );
        return show(io, open, { group: made.result, options });
      }),
    ),
  );
}

function addShow({ io, run }: Program, parent: Command): void {
  withCommonOptions(parent.command('show <group>').description('a group with all that governs it')).action(
    run((text: string, options: CommonOptions) =>
      visit(io, { command: 'group show', options }, async (open) => {
        const { id } = await requireGroup(open.directory.database, text);
        return show(io, open, { group: id, options });
      }),
    ),
  );
}

function addEdit({ io, run }: Program, parent: Command): void {
  withFlags(parent.command('edit <group>').description('change a group; what is not named stays'))
    .option('--name <name>', 'rename it')
    .action(
      run((text: string, options: GroupOptions) =>
        visit(io, { command: 'group edit', options }, async (open) => {
          const { database } = open.directory;
          const { id } = await requireGroup(database, text);
          const patch = await patchOf(database, options);
          const { result: planned } = await patchGroup(editPartsOf(open), open.by, {
            group: id,
            ifMatch: null,
            patch,
          });
          const held = await tellIfHeld(io, { open, options, planned });
          return held ?? show(io, open, { group: id, options });
        }),
      ),
    );
}

function addDelete({ io, run }: Program, parent: Command): void {
  withCommonOptions(parent.command('delete <group>').description('delete a group'))
    .option('--yes', 'do it')
    .action(
      run((text: string, options: CommonOptions & { readonly yes?: boolean }) =>
        visit(io, { command: 'group delete', options }, async (open) => {
          const group = await requireGroup(open.directory.database, text);
          if (options.yes !== true) {
            io.err.write(`${group.name} would be deleted, with all its memberships. Add --yes to do it.\n`);
            return exit.usage;
          }
          const deletion = { group: group.id, ifMatch: null };
          const { result: planned } = await deleteGroupUnderGuards(editPartsOf(open), open.by, deletion);
          const held = await tellIfHeld(io, { open, options, planned });
          if (held !== null) return held;
          if (options.json === true) writeJson(io.out, { deleted: group.id });
          else io.err.write(`${group.name} is deleted.\n`);
          return exit.done;
        }),
      ),
    );
}

function withFlags(command: Command): Command {
  return withCommonOptions(command)
    .option('--description <text>', 'what it is for')
    .option('--internal <yes|no>', 'whether users neither see nor join it', readYesNo)
    .option('--hidden <yes|no>', 'whether only members and those with its link see it', readYesNo)
    .option('--open <yes|no>', 'whether joining takes effect at once', readYesNo)
    .option('--public <yes|no>', 'whether joining needs no permission', readYesNo)
    .option('--restricted <yes|no>', 'whether only administrators change its members', readYesNo)
    .option('--auto-leave <inherit|on|off>', 'whether members leave without asking', readAutoLeave)
    .option('--reserved-to <source>', 'the only source of its members; none for all')
    .option('--console-besides <yes|no>', 'whether people write them besides that source', readYesNo)
    .option('--rule <filter>', 'who its members are; none for those that are added')
    .option('--roles <list>', 'roles that it gives', readList)
    .option('--leaders <list>', 'users and groups that lead it', readList)
    .option('--trust <list>', 'sources that may change it although it is protected', readList);
}

async function patchOf(
  connection: Connection,
  { reservedTo, rule, ...options }: GroupOptions,
): Promise<GroupPatch> {
  const { name, description, internal, hidden, open, restricted, autoLeave, roles, consoleBesides } = options;
  const leaders: { type: 'user' | 'group'; id: string }[] = [];
  for (const text of options.leaders ?? []) leaders.push(await memberCalled(connection, text));
  return {
    ...{ name, description, internal, hidden, open, public: options.public, restricted, autoLeave },
    consoleBesides,
    reservedTo: reservedTo === 'none' ? null : reservedTo,
    rule: rule === 'none' ? null : rule,
    roles: roles === undefined ? undefined : [...roles],
    leaders: options.leaders === undefined ? undefined : leaders,
    trustedSources: options.trust === undefined ? undefined : [...options.trust],
  };
}

async function show(
  io: CommandIo,
  { directory }: Visit,
  { group, options }: { readonly group: GroupId; readonly options: CommonOptions },
): Promise<0> {
  const row = await findListedGroup(directory.database, group);
  if (row === null) throw new Refusal('group.not_found', { group });
  const body = groupBody(row);
  if (options.json === true) writeJson(io.out, body);
  else {
    for (const [name, value] of Object.entries(body)) {
      io.out.write(`${name.padEnd(16)}${typeof value === 'string' ? value : JSON.stringify(value)}\n`);
    }
  }
  return exit.done;
}

function readYesNo(text: string): boolean {
  if (text === 'yes' || text === 'true') return true;
  if (text === 'no' || text === 'false') return false;
  throw new InvalidArgumentError('say yes or no');
}

function readAutoLeave(text: string): 'inherit' | 'on' | 'off' {
  if (text === 'inherit' || text === 'on' || text === 'off') return text;
  throw new InvalidArgumentError('say inherit, on or off');
}

function readList(text: string): readonly string[] {
  return text === '' ? [] : text.split(',').map((part) => part.trim());
}
