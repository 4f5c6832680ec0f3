import pg from 'pg';
import { sqlConnector, sqlTraits } from '../../../src/targets/connectors/sql/connector.ts';
import { sqlSettings, type SqlSettings } from '../../../src/targets/connectors/sql/settings.ts';
import { freshDatabase } from '../../support/database.ts';
import { startMariaDb } from '../../support/mariadb.ts';
import type { HeldByName } from '../../support/quirk-server.ts';
import type { Counterpart } from '../contract/connector-contract.ts';

type Given = Readonly<Record<string, unknown>>;

/** A real database with an application's tables in it. */
export interface AppDatabase {
  readonly settings: Given;
  readonly password: string | undefined;
  run(...statements: readonly string[]): Promise<readonly Record<string, unknown>[]>;
  /** Ends it at once, and starts it again where the test may do that. */
  kill(): Promise<void>;
  start(): Promise<void>;
  close(): Promise<void>;
}

const DDL = (serial: string, flag: string, longText: string) => [
  `create table people (id ${serial}, login varchar(255) not null unique, muster_id ${longText} unique,
     enabled ${flag} not null default true, mail varchar(255), full_name varchar(255), job varchar(255))`,
  `create table teams (id ${serial}, title varchar(255) not null unique, muster_id ${longText} unique)`,
  `create table team_people (team_id integer not null references teams(id), person_id integer not null references people(id),
     primary key (team_id, person_id))`,
  `create table access (who varchar(255) not null, what varchar(255) not null, managed_by varchar(20) not null default 'hand',
     unique (what, who, managed_by))`,
];

export async function openPostgresApp(): Promise<AppDatabase> {
  const fresh = await freshDatabase('empty');
  const url = new URL(fresh.url);
  const run = async (...statements: readonly string[]): Promise<Record<string, unknown>[]> => {
    const client = new pg.Client({ connectionString: fresh.url });
    await client.connect();
    try {
      let rows: Record<string, unknown>[] = [];
      for (const statement of statements) ({ rows } = await client.query<Record<string, unknown>>(statement));
      return rows;
    } finally {
      await client.end();
    }
  };
  await run(...DDL('integer generated always as identity primary key', 'boolean', 'uuid'));
  return {
    settings: {
      dialect: 'postgresql',
      host: url.hostname,
      port: Number(url.port === '' ? 5432 : url.port),
      database: url.pathname.slice(1),
      user: decodeURIComponent(url.username),
      tls: 'off',
      allowPrivate: true,
      timeoutSeconds: 5,
    },
    password: url.password === '' ? undefined : decodeURIComponent(url.password),
    run,
    kill: async () => {
      await run(
        'select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()',
      );
    },
    start: async () => undefined,
    close: () => fresh.close(),
  };
}

export async function openMariaApp(): Promise<AppDatabase> {
  const server = await startMariaDb();
  await server.run(...DDL('integer auto_increment primary key', 'tinyint(1)', 'char(36)'));
  return {
    settings: {
      dialect: 'mariadb',
      host: '127.0.0.1',
      port: server.port,
      database: server.database,
      user: server.account.user,
      tls: 'off',
      allowPrivate: true,
      timeoutSeconds: 5,
    },
    password: server.account.password,
    run: (...statements) => server.run(...statements),
    kill: () => server.kill(),
    start: () => server.start(),
    close: () => server.stop(),
  };
}

/** Users, groups and memberships as rows with keys of the database's own. */
export const ROWS: Given = {
  memberships: { table: 'team_people', group: 'team_id', user: 'person_id' },
  users: {
    table: 'people',
    key: 'id',
    id: 'muster_id',
    name: 'login',
    active: { column: 'enabled' },
    columns: { mail: 'emails', full_name: 'displayName', job: 'title' },
  },
  groups: { table: 'teams', key: 'id', id: 'muster_id', name: 'title' },
};

/** Nothing but memberships: names beside names. */
export const NAMES: Given = {
  memberships: {
    table: 'access',
    group: 'what',
    user: 'who',
    source: { column: 'managed_by', value: 'muster' },
  },
};

export function settingsOf(app: AppDatabase, more: Given): SqlSettings {
  return sqlSettings.parse({ ...app.settings, ...more });
}

/** The connector on an application's database, for the contract suite. */
export async function sqlCounterpart(open: () => Promise<AppDatabase>): Promise<Counterpart> {
  const app = await open();
  const settings = settingsOf(app, ROWS);
  const credentials = app.password === undefined ? {} : { password: app.password };
  const connector = sqlConnector(settings, credentials);
  const stranger = sqlConnector({ ...settings, user: 'nobody_here' }, { password: 'wrong' });
  return {
    connector,
    stranger,
    traits: sqlTraits(settings),
    held: () => heldRows(app),
    close: async () => {
      await Promise.all([connector.close(), stranger.close()]);
      await app.close();
    },
  };
}

/** What the rows say, by names. */
export async function heldRows(app: AppDatabase): Promise<HeldByName> {
  const people = await app.run('select login, enabled from people');
  const teams = await app.run('select title from teams');
  const members = await app.run(
    'select t.title, p.login from team_people m join teams t on t.id = m.team_id join people p on p.id = m.person_id order by p.login',
  );
  return {
    users: Object.fromEntries(people.map(({ login, enabled }) => [String(login), Boolean(enabled)])),
    groups: Object.fromEntries(
      teams.map(({ title }) => [
        String(title),
        members.filter((row) => row.title === title).map((row) => String(row.login)),
      ]),
    ),
  };
}

/** What mere names say. */
export async function heldNames(app: AppDatabase): Promise<Record<string, string[]>> {
  const rows = await app.run(`select what, who from access where managed_by = 'muster' order by what, who`);
  const groups: Record<string, string[]> = {};
  for (const { what, who } of rows) (groups[String(what)] ??= []).push(String(who));
  return groups;
}
