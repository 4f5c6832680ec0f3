import type { Command } from 'commander';
import { parsePermission, permissions } from '../../core/permissions.ts';
import { Refusal } from '../../core/refusal.ts';
import { grantPermission, revokePermission } from '../../directory/governance.ts';
import { releaseName, reserveName } from '../../directory/reserved-names.ts';
import { createRole, protectRole, removeRole } from '../../directory/roles.ts';
import { perform, type Work } from '../../directory/work.ts';
import { patchGroup } from '../../plans/edits/group-edits.ts';
import { findListedGroup } from '../../store/effective/listing.ts';
import { listHolders } from '../../store/governance.ts';
import { listReservedNames } from '../../store/reserved-names.ts';
import { listRoles } from '../../store/roles.ts';
import { editPartsOf } from '../edit-parts.ts';
import { exit, type ExitCode } from '../exit.ts';
import { tellIfHeld } from '../held.ts';
import { requireGroup, requireUser } from '../named.ts';
import { withCommonOptions, type Program } from '../command.ts';
import { writeJson, writeTable, type CommandIo } from '../terminal.ts';
import { visit, type CommonOptions } from '../visit.ts';

/** More than anybody reads; the API has pages. */
const MOST = 1_000;

interface Doing {
  readonly command: string;
  readonly options: CommonOptions;
  readonly said: string;
}

async function change(
  io: CommandIo,
  { command, options, said }: Doing,
  verb: (work: Work) => Promise<unknown>,
): Promise<0> {
  await visit(io, { command, options }, ({ directory, by }) => perform(directory, by, verb));
  if (options.json === true) writeJson(io.out, { done: true });
  else io.err.write(`${said}\n`);
  return exit.done;
}

/** `muster role list|create|protect|unprotect|delete` */
export function addRoleCommands({ root, io, run }: Program): void {
  const role = root.command('role').description('roles that groups give to their members');
  withCommonOptions(role.command('list').description('all roles')).action(
    run(async (options: CommonOptions) => {
      const rows = await visit(io, { command: 'role list', options }, ({ directory }) =>
        listRoles(directory.database, { after: 0, limit: MOST }, null),
      );
      const shown = rows.map(({ name, protected: isProtected, groups }) => ({
        ...{ name, protected: isProtected, groups },
      }));
      if (options.json === true) writeJson(io.out, shown);
      else {
        const cells = shown.map((one) => [one.name, one.protected ? 'yes' : 'no', one.groups]);
        writeTable(io, ['ROLE', 'PROTECTED', 'GROUPS'], cells);
      }
      return exit.done;
    }),
  );
  withCommonOptions(role.command('create <name>').description('make a role'))
    .option('--protected', 'only administrators give it')
    .action(
      run((name: string, options: CommonOptions & { readonly protected?: boolean }) =>
        change(io, { command: 'role create', options, said: `There is a role ${name} now.` }, (work) =>
          createRole(work, { name, protected: options.protected === true }),
        ),
      ),
    );
  for (const [word, isProtected] of [
    ['protect', true],
    ['unprotect', false],
  ] as const) {
    const end = isProtected ? 'only administrators give the role' : 'let others give the role too';
    withCommonOptions(role.command(`${word} <name>`).description(end)).action(
      run((name: string, options: CommonOptions) =>
        change(io, { command: `role ${word}`, options, said: 'Done.' }, (work) =>
          protectRole(work, { name, protected: isProtected }),
        ),
      ),
    );
  }
  withCommonOptions(role.command('delete <name>').description('delete a role that no group gives')).action(
    run((name: string, options: CommonOptions) =>
      change(io, { command: 'role delete', options, said: `The role ${name} is gone.` }, (work) =>
        removeRole(work, name),
      ),
    ),
  );
}

interface HolderOptions extends CommonOptions {
  readonly user?: string;
  readonly group?: string;
}

/** `muster permission list|grant|revoke` */
export function addPermissionCommands(program: Program): void {
  const { root, io, run } = program;
  const permission = root
    .command('permission')
    .description(`what accounts may do: ${permissions.join(', ')}`);
  withCommonOptions(permission.command('list').description('who was granted what')).action(
    run(async (options: CommonOptions) => {
      const rows = await visit(io, { command: 'permission list', options }, ({ directory }) =>
        listHolders(directory.database),
      );
      if (options.json === true) {
        writeJson(
          io.out,
          rows.map(({ permission: held, type, id, name }) => ({
            permission: held,
            holder: { type, id, name },
          })),
        );
      } else {
        const cells = rows.map((row) => [row.permission, row.type, row.name, row.granted_at]);
        writeTable(io, ['PERMISSION', 'TYPE', 'HOLDER', 'SINCE'], cells);
      }
      return exit.done;
    }),
  );
  addGrant(program, permission, 'grant');
  addGrant(program, permission, 'revoke');
}

function addGrant({ io, run }: Program, parent: Command, word: 'grant' | 'revoke'): void {
  withCommonOptions(parent.command(`${word} <permission>`).description(`${word} it to a user or a group`))
    .option('--user <user>', 'a user')
    .option('--group <group>', 'a group, whose members then have it')
    .action(
      run((name: string, options: HolderOptions) => {
        const { user, group } = options;
        if ((user === undefined) === (group === undefined)) {
          throw new Refusal('body.invalid', { why: 'Say either --user or --group.' });
        }
        const said = word === 'grant' ? `${name} is granted.` : `${name} is revoked.`;
        if (group !== undefined) return changeOfGroup(io, { group, name, word, options, said });
        const verb = word === 'grant' ? grantPermission : revokePermission;
        return change(io, { command: `permission ${word}`, options, said }, async (work) => {
          const { id } = await requireUser(work.tx, user ?? '');
          await verb(work, { user: id, permission: name });
        });
      }),
    );
}

interface GroupGrant {
  readonly group: string;
  readonly name: string;
  readonly word: 'grant' | 'revoke';
  readonly options: CommonOptions;
  readonly said: string;
}

/** What a group's members hold may be the ground of much else, so that taking it is a plan (J-11). */
function changeOfGroup(io: CommandIo, { group, name, word, options, said }: GroupGrant): Promise<ExitCode> {
  return visit(io, { command: `permission ${word}`, options }, async (open) => {
    const { database } = open.directory;
    const permission = parsePermission(name);
    if (permission === null) throw new Refusal('permission.invalid', { permission: name });
    const { id } = await requireGroup(database, group);
    const standing = await findListedGroup(database, id);
    if (standing === null) throw new Refusal('group.not_found', { group });
    const rest = standing.permissions
      .flatMap((text) => parsePermission(text) ?? [])
      .filter((one) => one !== permission);
    const { result: planned } = await patchGroup(editPartsOf(open), open.by, {
      group: id,
      // What was read is what is changed.
      ifMatch: { text: `version ${standing.version}`, versions: [standing.version] },
      patch: { permissions: word === 'grant' ? [...rest, permission] : rest },
    });
    const held = await tellIfHeld(io, { open, options, planned });
    if (held !== null) return held;
    if (options.json === true) writeJson(io.out, { done: true });
    else io.err.write(`${said}\n`);
    return exit.done;
  });
}

/** `muster reserved list|add|remove` */
export function addReservedNameCommands({ root, io, run }: Program): void {
  const reserved = root.command('reserved').description('names that no group may take');
  withCommonOptions(reserved.command('list').description('all of them')).action(
    run(async (options: CommonOptions) => {
      const rows = await visit(io, { command: 'reserved list', options }, ({ directory }) =>
        listReservedNames(directory.database),
      );
      if (options.json === true)
        writeJson(
          io.out,
          rows.map(({ name, reason }) => ({ name, reason })),
        );
      else {
        const cells = rows.map(({ name, reason, reserved_at: at }) => [name, reason, at]);
        writeTable(io, ['NAME', 'REASON', 'SINCE'], cells);
      }
      return exit.done;
    }),
  );
  withCommonOptions(reserved.command('add <name>').description('reserve a name'))
    .requiredOption('--reason <text>', 'told to whoever tries to take it')
    .action(
      run((name: string, options: CommonOptions & { readonly reason: string }) =>
        change(io, { command: 'reserved add', options, said: `${name} is reserved.` }, (work) =>
          reserveName(work, { name, reason: options.reason }),
        ),
      ),
    );
  withCommonOptions(reserved.command('remove <name>').description('free a name')).action(
    run((name: string, options: CommonOptions) =>
      change(io, { command: 'reserved remove', options, said: `${name} is free.` }, (work) =>
        releaseName(work, name),
      ),
    ),
  );
}
