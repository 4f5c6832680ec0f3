/** Settings of an SQL target, as `POST /api/v1/targets` takes them. docs/targets/sql.md explains each. */
import { isIP } from 'node:net';
import { z } from 'zod';
import { authority } from '../authority.ts';
import { nameTemplate } from '../name-template.ts';

/** Quoted wherever it is used, so that any name is only a name. PostgreSQL takes 63 bytes, MariaDB 64 letters. */
const identifier = z
  .string()
  .min(1)
  .max(63)
  .regex(/^[^\0.]+$/, 'must be one name, without dots');

const table = z
  .string()
  .max(127)
  .regex(/^[^\0.]+(\.[^\0.]+)?$/, 'must be a table, or schema.table');

const keyedTable = {
  table,
  /** Column that membership rows refer to. The one of `id` or `name` is filled in; any other is the database's to fill. */
  key: identifier,
  /** Column that holds our id, by which the row is known as ours; null where there is none. */
  id: identifier.nullable().default(null),
};

const users = z.strictObject({
  ...keyedTable,
  /** Column of the userName. */
  name: identifier,
  /** Column that tells whether the account may be used, with what stands there then and otherwise. */
  active: z
    .strictObject({ column: identifier, on: z.string().optional(), off: z.string().optional() })
    .nullable()
    .default(null),
  /** Column -> value of the user (`displayName`, `emails`, `department`, `roles`, …). */
  columns: z.record(identifier, z.string().min(1)).default({}),
});

const groups = z.strictObject({ ...keyedTable, name: identifier });

export const sqlSettings = z
  .strictObject({
    dialect: z.enum(['postgresql', 'mariadb']),
    host: z
      .string()
      .trim()
      .min(1)
      .regex(/^[^\s/@]+$/, 'must be a host name or an address'),
    port: z.int().min(1).max(65_535).optional(),
    database: z.string().min(1),
    user: z.string().min(1),
    /** `off` only reaches addresses of private networks. */
    tls: z.enum(['verify', 'off']).default('verify'),
    ca: authority.optional(),
    allowPrivate: z.boolean().default(false),
    memberships: z.strictObject({
      table,
      group: identifier,
      user: identifier,
      /** A column and what stands there in our rows, so that others' rows in the same table are left alone. */
      source: z.strictObject({ column: identifier, value: z.string() }).nullable().default(null),
    }),
    /** Null where users are no rows: then memberships hold `userValue`. */
    users: users.nullable().default(null),
    /** Null where groups are no rows: then memberships hold their names. */
    groups: groups.nullable().default(null),
    userValue: z.string().min(1).default('userName'),
    groupName: nameTemplate.default('{name}'),
    /** `column` writes a user's roles into `rolesColumn`, `groupPerRole` makes a group of each role (O-10). */
    roles: z.enum(['none', 'column', 'groupPerRole']).default('none'),
    rolesColumn: identifier.default('roles'),
    /** Name of a role's group there. */
    roleGroupName: nameTemplate.default('role-{name}'),
    deleteAfterDays: z.int().min(0).max(3_650).nullable().default(null),
    timeoutSeconds: z.number().min(1).max(120).default(30),
    concurrency: z.int().min(1).max(32).default(4),
  })
  .refine(({ dialect, tls, host }) => dialect !== 'mariadb' || tls === 'off' || isIP(host) === 0, {
    path: ['host'],
    message: 'must be a name, for the certificate to be checked against it',
  });

export type SqlSettings = z.infer<typeof sqlSettings>;
export type UsersTable = z.infer<typeof users>;
export type GroupsTable = z.infer<typeof groups>;

export const sqlCredentials = z.strictObject({ password: z.string().min(1).optional() });
export type SqlCredentials = z.infer<typeof sqlCredentials>;
