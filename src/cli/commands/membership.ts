import type { GroupN, UserN } from '../../core/ids.ts';
import type { Connection } from '../../store/database.ts';
import {
  directGroupsOfUser,
  directMembersPage,
  effectiveMembersPage,
  groupsOfUser,
  type GroupOfUserRow,
  type MemberRow,
  type Page,
} from '../../store/effective/membership.ts';
import { nameGroups, nameUsers } from '../../store/lookup.ts';
import { exit } from '../exit.ts';
import { requireGroup, requireUser } from '../named.ts';
import { withCommonOptions, type Program } from '../command.ts';
import { showPast } from './past-members.ts';
import { writeJson, writeTable } from '../terminal.ts';
import { visit, type CommonOptions } from '../visit.ts';

interface MembershipOptions extends CommonOptions {
  readonly direct?: boolean;
}

interface MembersOptions extends MembershipOptions {
  readonly at?: string;
  readonly until?: string;
}

const PAGE = 1_000;

interface ShownMember {
  readonly type: 'user' | 'group';
  readonly id: string;
  readonly name: string;
  readonly direct: boolean;
}

/** `muster members GROUP` */
export function addMembersCommand({ root, io, run }: Program): void {
  withCommonOptions(
    root.command('members <group>').description('who belongs to a group, nested groups followed'),
  )
    .option('--direct', 'what the group itself lists: users and groups')
    .option('--at <time>', 'who was in it at a past moment, such as 2026-03-01T12:00:00Z')
    .option('--until <time>', 'with --at: who joined and left from then until this moment')
    .action(
      run(async (text: string, options: MembersOptions) => {
        if (options.at !== undefined) return showPast(io, text, { ...options, at: options.at });
        if (options.until !== undefined) {
          io.err.write('--until needs --at: from when on?\n');
          return exit.usage;
        }
        const { group, members } = await visit(io, { command: 'members', options }, async ({ directory }) => {
          const found = await requireGroup(directory.database, text);
          return {
            group: found,
            members: await listMembers(directory.database, found.n, options.direct === true),
          };
        });
        if (options.json === true) {
          const { id, name } = group;
          writeJson(io.out, {
            group: { id, name },
            effective: options.direct !== true,
            total: members.length,
            members,
          });
        } else {
          const rows = members.map((member) => [
            member.name,
            member.type,
            member.direct ? 'yes' : 'no',
            member.id,
          ]);
          writeTable(io, ['NAME', 'TYPE', 'DIRECT', 'ID'], rows);
        }
        return exit.done;
      }),
    );
}

async function listMembers(connection: Connection, group: GroupN, isDirect: boolean): Promise<ShownMember[]> {
  const readPage = isDirect ? directMembersPage : effectiveMembersPage;
  const shown: ShownMember[] = [];
  for await (const rows of pages<MemberRow>((page) => readPage(connection, group, page))) {
    const users = await nameUsers(connection, numbers(rows, 'u'));
    const groups = await nameGroups(connection, numbers(rows, 'g'));
    for (const { n, id, kind, direct } of rows) {
      const name = (kind === 'u' ? users.get(n) : groups.get(n))?.name ?? id;
      shown.push({ type: kind === 'u' ? 'user' : 'group', id, name, direct });
    }
  }
  return shown.sort((a, b) => a.name.localeCompare(b.name, 'en'));
}

/** `muster groups USER` */
export function addGroupsCommand({ root, io, run }: Program): void {
  withCommonOptions(
    root
      .command('groups <user>')
      .description('the groups that a user belongs to, directly or through others'),
  )
    .option('--direct', 'only groups that list the user themselves')
    .action(
      run(async (text: string, options: MembershipOptions) => {
        const { user, groups } = await visit(io, { command: 'groups', options }, async ({ directory }) => {
          const found = await requireUser(directory.database, text);
          return {
            user: found,
            groups: await listGroups(directory.database, found.n, options.direct === true),
          };
        });
        if (options.json === true) {
          const { id, name, active, stub } = user;
          const shown = groups.map((group) => ({ id: group.id, name: group.name, direct: group.direct }));
          writeJson(io.out, {
            user: { id, name, active, stub },
            effective: options.direct !== true,
            groups: shown,
          });
        } else {
          if (!user.active) io.err.write(`${user.name} is not active, and so is in no group effectively.\n`);
          const rows = groups.map((group) => [group.name, group.direct ? 'yes' : 'no', group.id]);
          writeTable(io, ['NAME', 'DIRECT', 'ID'], rows);
        }
        return exit.done;
      }),
    );
}

async function listGroups(connection: Connection, user: UserN, isDirect: boolean): Promise<GroupOfUserRow[]> {
  const readPage = isDirect ? directGroupsOfUser : groupsOfUser;
  const groups: GroupOfUserRow[] = [];
  for await (const rows of pages<GroupOfUserRow>((page) => readPage(connection, user, page)))
    groups.push(...rows);
  return groups.sort((a, b) => a.name.localeCompare(b.name, 'en'));
}

async function* pages<Row extends { readonly n: number }>(
  read: (page: Page) => Promise<Row[]>,
): AsyncGenerator<Row[]> {
  for (let after = 0; ;) {
    const rows = await read({ after, limit: PAGE });
    if (rows.length > 0) yield rows;
    if (rows.length < PAGE) return;
    after = rows.at(-1)?.n ?? after;
  }
}

function numbers(rows: readonly MemberRow[], kind: 'u' | 'g'): number[] {
  return rows.filter((row) => row.kind === kind).map((row) => row.n);
}
