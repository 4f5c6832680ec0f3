/** The SQL connector: memberships, and users and groups where they are rows, in tables of somebody else's database. */
import type { Outcome } from '../../../core/targets/outcome.ts';
import type { Connector, Failed, Held, HeldPage, Operation, Traits } from '../../connector.ts';
import type { Exchange } from '../../exchange.ts';
import {
  type BareNames,
  createName,
  deleteName,
  heldName,
  listNames,
  renameName,
  resolveName,
} from './bare-names.ts';
import { openSqlDatabase, type SqlDatabase } from './database.ts';
import type { Query } from './dialect.ts';
import { openMariadb } from './mariadb.ts';
import { addMembers, type Members, observeMembers, removeMembers } from './members.ts';
import {
  deactivateRow,
  deleteRow,
  findRow,
  insertRow,
  listRows,
  PAGE,
  resolveRow,
  rowDifferences,
  type Rows,
  updateRow,
} from './objects.ts';
import { openPostgresql } from './postgresql.ts';
import type { SqlCredentials, SqlSettings } from './settings.ts';
import { fits, readTables, type Tables } from './tables.ts';

/** Members in one transaction: a statement of some 40 kB. */
const CHUNK = 1_000;
const CHUNK_BYTES = 256 * 1024;

type Of = 'user' | 'group';

/** What is known of an SQL target before the first request. */
export function sqlTraits({ dialect, groups, groupName, roleGroupName }: SqlSettings): Traits {
  // MariaDB takes letters for equal that differ in case or accents; a table of groups tells by our id.
  const folds = dialect === 'postgresql' ? 'exact' : groups === null ? 'ascii' : 'case';
  return {
    chunk: CHUNK,
    chunkBytes: CHUNK_BYTES,
    // The last of the styles: SQL has one way of taking members out, and a refusal is not about it.
    removal: 'put',
    membersReadable: true,
    names: { template: groupName, roleTemplate: roleGroupName, fold: folds, longest: 255 },
  };
}

/** A connector to one database. It connects at the first request. */
export function sqlConnector(
  settings: SqlSettings,
  credentials: SqlCredentials,
  heard: (exchange: Exchange) => void = () => undefined,
): Connector {
  const driver =
    settings.dialect === 'postgresql'
      ? openPostgresql(settings, credentials)
      : openMariadb(settings, credentials);
  const database = openSqlDatabase({ driver, timeoutMs: settings.timeoutSeconds * 1_000, heard });
  const target = { database, settings, tables: knownTables(database, settings) };
  return {
    keeps: { users: true, groups: true },
    probe: async () => {
      // Anew: what was missing may be there now.
      target.tables.forget();
      const says = await ask(
        target,
        async () => `${settings.dialect} ${settings.database} on ${settings.host}`,
      );
      return typeof says === 'string' ? { kind: 'ready', says } : says;
    },
    resolve: (object) =>
      ask(target, (on) =>
        onKind(on, object.kind, {
          row: (rows) => resolveRow(rows, object),
          name: (names) => resolveName(names, object),
        }),
      ),
    observe: async (of, remoteId) => {
      const found = await ask(target, (on) =>
        onKind<Held | null>(on, of, {
          row: (rows) => findRow(rows, remoteId),
          name: async ({ tables: { memberships } }) =>
            fits(of === 'user' ? memberships.user : memberships.group, remoteId) ? heldName(remoteId) : null,
        }),
      );
      if (found === null) return { kind: 'absent' };
      return 'outcome' in found ? found : { kind: 'found', object: found };
    },
    observeMembers: (group) => ask(target, (on) => observeMembers(on, group)),
    list: (of, after) => ask(target, (on) => listPage(on, of, after)),
    apply: (operation) => change(target, (on) => apply(on, operation)),
    differences: (object, held) => {
      const known = target.tables.known();
      const table = object.kind === 'user' ? known?.users : known?.groups;
      // Of a mere name there is nothing to differ.
      return table === null || table === undefined ? [] : rowDifferences(table, object, held);
    },
    close: () => database.close(),
  };
}

interface Target {
  readonly database: SqlDatabase;
  readonly settings: SqlSettings;
  readonly tables: KnownTables;
}

/** What is at hand within a transaction. */
interface Using extends Members {
  readonly settings: SqlSettings;
}

interface KnownTables {
  /** Null before they were read. */
  known(): Tables | null;
  read(query: Query): Promise<Tables>;
  forget(): void;
}

/** The catalog is read once, and again after anything went wrong with the whole. */
function knownTables({ dialect }: SqlDatabase, settings: SqlSettings): KnownTables {
  let known: Tables | null = null;
  return {
    known: () => known,
    read: async (query) => (known ??= await readTables(query, dialect, settings)),
    forget: () => (known = null),
  };
}

async function ask<T>(target: Target, work: (on: Using) => Promise<T>): Promise<T | Failed> {
  const { database, settings, tables } = target;
  const answer = await database.read(async (query) =>
    work({ query, dialect: database.dialect, settings, tables: await tables.read(query) }),
  );
  return answer;
}

async function change(target: Target, work: (on: Using) => Promise<Outcome>): Promise<Outcome> {
  const { database, settings, tables } = target;
  const outcome = await database.change(async (query) =>
    work({ query, dialect: database.dialect, settings, tables: await tables.read(query) }),
  );
  if (outcome.kind === 'down') tables.forget();
  return outcome;
}

interface ByKind<T> {
  readonly row: (rows: Rows) => Promise<T>;
  readonly name: (names: BareNames) => Promise<T>;
}

/** Does one thing with objects that are rows, another with those that are mere names. */
function onKind<T>(on: Using, of: Of, { row, name }: ByKind<T>): Promise<T> {
  const table = of === 'user' ? on.tables.users : on.tables.groups;
  return table === null
    ? name({ ...on, of, userValue: on.settings.userValue })
    : row({ ...on, of, in: table });
}

async function listPage(on: Using, of: Of, after: string | null): Promise<HeldPage> {
  const objects = await onKind(on, of, {
    row: (rows) => listRows(rows, after),
    name: (names) => listNames(names, after),
  });
  return { kind: 'page', objects, next: objects.length < PAGE ? null : (objects.at(-1)?.remoteId ?? null) };
}

function apply(on: Using, operation: Operation): Promise<Outcome> {
  switch (operation.kind) {
    case 'create': {
      const { object } = operation;
      return onKind(on, object.kind, {
        row: (rows) => insertRow(rows, object),
        name: async (names) => createName(names, object),
      });
    }
    case 'update': {
      const { object, held } = operation;
      return onKind(on, object.kind, {
        row: (rows) => updateRow(rows, object, held.remoteId),
        name: (names) => renameName(names, object, held.remoteId),
      });
    }
    case 'deactivate':
      return onKind<Outcome>(on, 'user', {
        row: (rows) => deactivateRow(rows, operation.remoteId),
        // Its memberships go by themselves; there is nothing else of it.
        name: async () => ({ kind: 'noop' }),
      });
    case 'delete':
      return onKind(on, operation.of, {
        row: (rows) => deleteRow(rows, operation.remoteId),
        name: (names) => deleteName(names, operation.remoteId),
      });
    case 'add-members':
      return addMembers(on, operation);
    case 'remove-members':
      return removeMembers(on, operation);
  }
}
