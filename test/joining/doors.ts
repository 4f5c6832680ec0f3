import { randomBytes, randomUUID } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runCommandLine } from '../../src/cli/program.ts';
import { defaultFeedSettings, type FeedSettings } from '../../src/core/feeds/settings.ts';
import type { GroupId, UserId } from '../../src/core/ids.ts';
import { csrfTokenOf, hashSecret } from '../../src/core/session.ts';
import { governGroup, type Governance, grantPermission } from '../../src/directory/governance.ts';
import { createGroup, type GroupState, newGroupState } from '../../src/directory/groups.ts';
import { addMember } from '../../src/directory/memberships.ts';
import { startSession } from '../../src/directory/sessions.ts';
import { importFile, type ImportParts } from '../../src/sources/feeds/import-file.ts';
import { listOutcomes } from '../../src/store/feeds/outcomes.ts';
import type { GroupRow } from '../../src/store/groups.ts';
import type { UserRow } from '../../src/store/users.ts';
import { type Answered, type ApiServer, startApi } from '../api/api-server.ts';
import { openDoorOver, type TestDoor } from '../scim/door.ts';

export type Ask = (method: string, path: string, body?: unknown) => Promise<Answered>;

export interface Ran {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** One directory behind all its doors. */
export interface Doors extends ApiServer {
  readonly scim: TestDoor;
  /** The group whose members may ask. */
  readonly member: GroupRow;
  /** A user who may ask. */
  asker(name: string): Promise<UserRow>;
  /** A user with a permission. */
  holder(name: string, permission: string): Promise<UserRow>;
  /** A group that is neither internal nor hidden, unless its flags say so. */
  make(name: string, flags?: Partial<GroupState>, governance?: Governance): Promise<GroupRow>;
  put(group: { readonly id: GroupId }, member: { readonly id: UserId | GroupId }): Promise<void>;
  /** The API as somebody who is signed in. */
  session(user: UserRow): Promise<Ask>;
  /** The command line of the installation. */
  run(...words: readonly string[]): Promise<Ran>;
  /** Imports rows of the portal's format (without header) as a feed; answers how each ended. */
  feed(rows: readonly string[], source?: string, mode?: FeedSettings['mode']): Promise<readonly string[]>;
  /** Imports a file of any format as the feed `csv`, or as another source; answers how the rows, and the run, ended. */
  file(
    text: string,
    as?: { readonly source?: string; readonly settings?: Partial<FeedSettings> },
  ): Promise<{ readonly state: string; readonly rows: readonly string[]; readonly plan: string }>;
  /** What imports are made with; a held file is approved with it. */
  readonly feeds: ImportParts;
  /** All that says who is in what, and who governs it: to see that nothing of it has changed. */
  picture(): Promise<string>;
}

/** Opens them; close at the end of the file. */
export async function openDoors(): Promise<Doors> {
  const api = await startApi();
  const { database, directory } = api;
  const write: Doors['do'] = (task) => api.do(task);
  const scim = await openDoorOver({
    ...{ url: api.url, directory: api.directory, database, write, close: () => Promise.resolve() },
    view: { source: 0 as never, namespace: 'all', baseUrl: '' },
  });
  const folder = await mkdtemp(join(tmpdir(), 'muster-doors-'));
  const make: Doors['make'] = (name, flags = {}, governance = {}) =>
    write(async (work) => {
      const state = { ...newGroupState, internal: false, hidden: false, name, ...flags };
      const group = await createGroup(work, state);
      await governGroup(work, { group: group.id, ...governance, at: 'creation' });
      return group;
    });
  const put: Doors['put'] = async (group, member) => {
    await write((work) => addMember(work, { group: group.id, member: member.id }));
  };
  const feeds: ImportParts = {
    ...{ directory, database, newId: randomUUID, watchDir: folder, cursorOf: () => '' },
    feeds: new Map([['csv', defaultFeedSettings('csv')]]),
  };
  const file: Doors['file'] = async (text, { source = 'csv', settings = {} } = {}) => {
    const path = join(folder, `${randomUUID()}.csv`);
    await writeFile(path, text);
    const set = new Map([[source, { ...defaultFeedSettings(source), ...settings }]]);
    const actor = { kind: 'operator', id: 'test' } as const;
    const run = await importFile(
      { ...feeds, feeds: set },
      { path, source, dryRun: false, actor, requestId: null },
    );
    const ended = await listOutcomes(database, { run: run.n, after: 0, limit: 100, outcome: null });
    const rows = ended.map(({ code, outcome }) => code ?? outcome);
    return { state: run.state, rows, plan: run.plan ?? '' };
  };
  const member = await make('Member', { internal: true }, { permissions: ['groups.request'] });
  return {
    ...api,
    ...{ scim, member, make, put, feeds },
    asker: async (name) => {
      const user = await api.user(name);
      await put(member, user);
      return user;
    },
    holder: async (name, permission) => {
      const user = await api.user(name);
      await write((work) => grantPermission(work, { user: user.id, permission }));
      return user;
    },
    session: async (user) => {
      const secret = randomBytes(32).toString('base64url');
      await write((work) =>
        startSession(work, {
          ...{ hash: hashSecret(secret), user: user.n, how: 'link', source: null },
          ...{ nameId: null, sessionIndex: null, notOnOrAfter: null },
        }),
      );
      const headers = {
        Cookie: `muster=${secret}`,
        Origin: 'http://localhost',
        'X-CSRF-Token': csrfTokenOf(secret),
      };
      return (method, path, body) => api.ask(method, path, { token: '', headers, body });
    },
    run: async (...words) => {
      let [out, err] = ['', ''];
      const code = await runCommandLine(words, {
        environment: {
          ...{ DATABASE_URL: api.url, MUSTER_DATA_DIR: folder, MUSTER_LOG_LEVEL: 'error' },
          MUSTER_WATCH_DIR: api.watchDir,
        },
        folder,
        out: { write: (text) => (out += text) },
        err: { write: (text) => (err += text) },
      });
      return { code, out, err };
    },
    file,
    feed: async (rows, source = 'csv', mode = 'actions') =>
      (
        await file(['group,role,username,isgroup,action', ...rows, ''].join('\n'), {
          ...{ source, settings: { mode } },
        })
      ).rows,
    picture: async () => {
      const text = `
        select json_build_object(
          'groups', (select json_agg(json_build_array(n, name, internal, hidden, open, public, restricted, rule,
                       reserved_to, trusted_sources, deleted_at is null, version) order by n) from groups),
          'members', (select json_agg(json_build_array(group_n, member_n, source_n, suppressed, expires_at)
                       order by group_n, member_n, source_n) from assertion),
          'closure', (select json_agg(json_build_array(descendant, ancestor) order by descendant, ancestor)
                       from closure),
          'roles', (select json_agg(json_build_array(group_n, role_n) order by group_n, role_n) from group_role),
          'leaders', (select json_agg(json_build_array(group_n, leader_n) order by group_n, leader_n) from group_leader),
          'grants', (select json_agg(json_build_array(holder_n, permission) order by holder_n, permission)
                       from permission_grant),
          'delegations', (select json_agg(json_build_array(group_n, user_n, can_add, can_remove)
                       order by group_n, user_n) from delegation))::text as picture`;
      const [row] = await database.rows<{ picture: string }>({ text });
      return row?.picture ?? '';
    },
    close: async () => {
      await scim.close();
      await api.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
