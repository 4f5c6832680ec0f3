import { type Command, InvalidArgumentError } from 'commander';
import { edited, groupBody, type GroupPatch } from '../../api/groups.ts';
import { registryOf } from '../../boot/schemas.ts';
import type { GroupId } from '../../core/ids.ts';
import { Refusal } from '../../core/refusal.ts';
import { governGroup, type LeaderRef } from '../../directory/governance.ts';
import { changeGroup, createGroup, deleteGroup, newGroupState } from '../../directory/groups.ts';
import { addMember, removeMember } from '../../directory/memberships.ts';
import { setGroupRoles } from '../../directory/roles.ts';
import { perform, type Work } from '../../directory/work.ts';
import type { Connection } from '../../store/database.ts';
import { findListedGroup } from '../../store/effective/listing.ts';
import { findGroupCalled } from '../../store/lookup.ts';
import { exit } from '../exit.ts';
import { requireGroup, requireUser } from '../named.ts';
import { withCommonOptions, type Program } from '../command.ts';
import { writeJson, type CommandIo } from '../terminal.ts';
import { visit, type CommonOptions, type Visit } from '../visit.ts';

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
  addMemberships(program, group);
  addDelete(program, group);
}

function addCreate({ io, run }: Program, parent: Command): void {
  withFlags(parent.command('create <name>').description('make a group')).action(
    run((name: string, options: GroupOptions) =>
      visit(io, { command: 'group create', options }, async (open) => {
        const { result } = await perform(open.directory, open.by, async (work) => {
          const wanted = edited(registryIn(open), { ...newGroupState, name }, patchOf(options));
          const { id } = await createGroup(work, wanted);
          await govern(work, { group: id, options, at: 'creation' });
          return id;
        });
        return show(io, open, { group: result, options });
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
          const { id } = await requireGroup(open.directory.database, text);
          await perform(open.directory, open.by, async (work) => {
            await changeGroup(work, {
              group: id,
              ifMatch: null,
              edit: (current) => edited(registryIn(open), current, patchOf(options)),
            });
            await govern(work, { group: id, options, at: 'change' });
          });
          return show(io, open, { group: id, options });
        }),
      ),
    );
}

function addMemberships({ io, run }: Program, parent: Command): void {
  const verbs = { add: addMember, remove: removeMember };
  for (const [name, verb] of Object.entries(verbs)) {
    withCommonOptions(
      parent.command(`${name} <group> <member>`).description(`${name} a user or a group as a direct member`),
    ).action(
      run((groupText: string, memberText: string, options: CommonOptions) =>
        visit(io, { command: `group ${name}`, options }, async ({ directory, by }) => {
          const group = await requireGroup(directory.database, groupText);
          const member = (await leaderCalled(directory.database, memberText)).id;
          const { result } = await perform(directory, by, (work) => verb(work, { group: group.id, member }));
          const changed = result.added.length + result.removed.length;
          if (options.json === true) writeJson(io.out, { group: group.id, member, changed: changed > 0 });
          else io.err.write(changed > 0 ? 'Done.\n' : 'It was so already.\n');
          return exit.done;
        }),
      ),
    );
  }
}

function addDelete({ io, run }: Program, parent: Command): void {
  withCommonOptions(parent.command('delete <group>').description('delete a group'))
    .option('--yes', 'do it')
    .action(
      run((text: string, options: CommonOptions & { readonly yes?: boolean }) =>
        visit(io, { command: 'group delete', options }, async ({ directory, by }) => {
          const group = await requireGroup(directory.database, text);
          if (options.yes !== true) {
            io.err.write(`${group.name} would be deleted, with all its memberships. Add --yes to do it.\n`);
            return exit.usage;
          }
          await perform(directory, by, (work) => deleteGroup(work, { group: group.id, ifMatch: null }));
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
    .option('--rule <filter>', 'who its members are; none for those that are added')
    .option('--roles <list>', 'roles that it gives', readList)
    .option('--leaders <list>', 'users and groups that lead it', readList)
    .option('--trust <list>', 'sources that may change it although it is protected', readList);
}

function patchOf({ reservedTo, rule, ...options }: GroupOptions): GroupPatch {
  const { name, description, internal, hidden, open, restricted, autoLeave } = options;
  return {
    ...{ name, description, internal, hidden, open, public: options.public, restricted, autoLeave },
    reservedTo: reservedTo === 'none' ? null : reservedTo,
    rule: rule === 'none' ? null : rule,
  };
}

interface Governed {
  readonly group: GroupId;
  readonly options: GroupOptions;
  readonly at: 'creation' | 'change';
}

async function govern(work: Work, { group, options, at }: Governed): Promise<void> {
  if (options.roles !== undefined) await setGroupRoles(work, { group, roles: options.roles, at });
  const leaders: LeaderRef[] = [];
  for (const text of options.leaders ?? []) leaders.push(await leaderCalled(work.tx, text));
  await governGroup(work, {
    ...{ group, at, trustedSources: options.trust },
    leaders: options.leaders === undefined ? undefined : leaders,
  });
}

/** A user or a group by id or name; a user where both have it. */
async function leaderCalled(connection: Connection, text: string): Promise<LeaderRef> {
  const group = await findGroupCalled(connection, text);
  if (group === null) return { type: 'user', id: (await requireUser(connection, text)).id };
  const user = await requireUser(connection, text).catch(() => null);
  return user === null ? { type: 'group', id: group.id } : { type: 'user', id: user.id };
}

function registryIn({ settings }: Visit): { readonly registry: ReturnType<typeof registryOf> } {
  return { registry: registryOf(settings) };
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
