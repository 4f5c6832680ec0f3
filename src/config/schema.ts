import { z } from 'zod';
import { readIdentityOrder } from '../core/feeds/identity-cell.ts';
import { feedGuards, guards } from './guards.ts';
import { whole } from './whole.ts';

/** Reads `true`, `yes`, `1` and their opposites, as environment variables write them. */
const flag = z.preprocess((value) => {
  if (typeof value !== 'string') return value;
  const text = value.trim().toLowerCase();
  if (['true', 'yes', '1', 'on'].includes(text)) return true;
  return ['false', 'no', '0', 'off'].includes(text) ? false : value;
}, z.boolean('must be true or false'));

/** A list; in one environment variable its items are separated by commas. */
function listOf<Item extends z.ZodType>(item: Item) {
  return z.preprocess(
    (value) => (typeof value === 'string' ? value.split(',').map((part) => part.trim()) : value),
    z.array(item),
  );
}

const text = z.string('must be text').trim().min(1, 'must not be empty');

function urlOf(...protocols: string[]) {
  const sentence = `must be an address that starts with ${protocols.map((name) => `${name}://`).join(' or ')}`;
  return text.refine((value) => {
    const url = URL.canParse(value) ? new URL(value) : null;
    return url !== null && protocols.includes(url.protocol.slice(0, -1));
  }, sentence);
}

const UNIT_MS = { m: 60_000, h: 3_600_000, d: 86_400_000 } as const;

/** Written `targetedId|userName|email`, or as a list of the three. */
const identityOrder = z
  .preprocess((value) => (Array.isArray(value) ? value.join('|') : value), text)
  .refine(
    (value) => readIdentityOrder(value) !== null,
    'must name targetedId, userName and email, each once, with | between',
  );

/** An amount of time such as `36h`, `1d`, in milliseconds. */
const duration = text
  .regex(/^\d{1,4}[mhd]$/, 'must be a number with m, h or d behind it, such as 36h')
  .transform(
    (given) =>
      Number(given.slice(0, -1)) * UNIT_MS[given.endsWith('d') ? 'd' : given.endsWith('h') ? 'h' : 'm'],
  );

/** An amount of time as it is given, in the largest unit that it is a whole number of. */
export function spellDuration(ms: number): string {
  const unit = (['d', 'h'] as const).find((name) => ms % UNIT_MS[name] === 0) ?? 'm';
  return `${ms / UNIT_MS[unit]}${unit}`;
}

const columnName = text.transform((name) => name.toLowerCase());

/** A word or several, each may start with `!`: then none of them. */
const words = z.union([text, z.array(text).min(1, 'must name a word')], 'must be a word or a list of words');

const mapping = z.strictObject({
  keys: z
    .strictObject({
      userName: columnName.optional(),
      email: columnName.optional(),
      externalId: columnName.optional(),
      targetedId: columnName.optional(),
      eppn: columnName.optional(),
    })
    .refine((keys) => Object.keys(keys).length > 0, 'must name the column of one identity key at least')
    .meta({ description: 'The column of each identity key' }),
  attributes: z
    .record(columnName, text)
    .default({})
    .meta({ description: 'SCIM attributes by column, such as {"Abteilung": "department"}' }),
  active: columnName
    .nullable()
    .default(null)
    .meta({ description: 'Column that says whether the account is active' }),
  groups: columnName.nullable().default(null).meta({ description: 'Column with a ; list of groups' }),
  groupNames: listOf(text)
    .default([])
    .meta({ description: 'Names of groups made of columns, such as dept.{department}' }),
  filter: z
    .record(columnName, words)
    .default({})
    .meta({ description: 'Rows are taken where each column holds one of its words; !word for all others' }),
});

const feed = z.strictObject({
  guards: feedGuards
    .default({})
    .meta({ description: 'Limits of the guards that differ from those of the installation (D-31)' }),
  mode: z
    .enum(['actions', 'delta', 'snapshot'], 'must be actions, delta or snapshot')
    .default('actions')
    .meta({ description: 'What a file is: rows that say what to do, changes by status, or the whole truth' }),
  expectedEvery: duration
    .nullable()
    .default(null)
    .meta({ description: 'How often a file is expected, such as 36h; an overdue feed raises an alert' }),
  columns: z
    .record(columnName, text)
    .default({})
    .meta({ description: 'Further columns of users.csv, and the SCIM attribute each goes to' }),
  mapping: mapping
    .nullable()
    .default(null)
    .meta({ description: 'Makes its files any CSV with a header, read by this mapping (format 3)' }),
  statusColumn: columnName
    .default('status')
    .meta({ description: 'Mode delta: the column that says what a row asks for' }),
  importWords: listOf(columnName).nullable().default(null).meta({
    description: 'Mode delta: its words for what is there; null for import, add, new, update, change …',
  }),
  deleteWords: listOf(columnName).nullable().default(null).meta({
    description: 'Mode delta: its words for what is gone; null for delete, deleted, remove, removed',
  }),
  deletedUsers: z
    .enum(['delete', 'deactivate'], 'must be delete or deactivate')
    .default('delete')
    .meta({ description: 'What delete does to a user' }),
  mayBindLogin: flag
    .default(false)
    .meta({ description: 'Its login keys attach to full users instead of being proposed (D-10)' }),
  identityOrder: identityOrder
    .default('targetedId|userName|email')
    .meta({ description: 'What the parts of a three-part identity cell are' }),
  idp: text.nullable().default(null).meta({ description: 'Issuer of the targetedIds in its files' }),
  createRoles: flag.default(true).meta({ description: 'Create roles that do not exist (F-08)' }),
  allowedRoles: listOf(text)
    .nullable()
    .default(null)
    .meta({ description: 'The only roles its files may give; null for all (F-08)' }),
  encoding: text
    .nullable()
    .default(null)
    .meta({ description: 'Encoding of files that are no UTF-8, such as windows-1252' }),
  delimiter: z
    .enum([',', ';', '\t'], 'must be a comma, a semicolon or a tab')
    .nullable()
    .default(null)
    .meta({ description: 'Between cells; null to find out from the header' }),
  complete: z
    .enum(['settle', 'rename', 'marker'], 'must be settle, rename or marker')
    .default('settle')
    .meta({ description: 'How a file is known to be written completely' }),
});

/** Every setting, by its name in `muster.json`. The names of the variables follow from these (names.ts). */
export const settingsSchema = z.strictObject({
  port: whole(1, 65_535).default(8080).meta({ description: 'Port to listen on' }),
  host: text.default('127.0.0.1').meta({ description: 'Address to listen on' }),
  baseUrl: urlOf('http', 'https')
    .transform((url) => url.replace(/\/+$/, ''))
    .nullable()
    .default(null)
    .meta({ description: 'Address as others see it: meta.location, SAML, links' }),
  trustProxy: flag
    .default(false)
    .meta({ description: 'Believe X-Forwarded-* headers: true only behind a proxy that sets them' }),
  metricsPort: whole(1, 65_535)
    .nullable()
    .default(null)
    .meta({ description: 'Port of its own for /metrics; null to serve it with the rest' }),
  databaseUrl: urlOf('postgres', 'postgresql')
    .nullable()
    .default(null)
    .meta({ description: 'PostgreSQL 13 or later; null for the embedded one', secret: true }),
  databaseDirectUrl: urlOf('postgres', 'postgresql').nullable().default(null).meta({
    description: 'The same database without a pooler between, for migrations and LISTEN',
    secret: true,
  }),
  databasePoolSize: whole(2, 500).default(16).meta({ description: 'Connections held at most' }),
  dataDir: text.default('./data').meta({ description: 'Folder of the embedded database and the keys' }),
  watchDir: text.default('./watch').meta({ description: 'Folder that files are dropped into' }),
  bootstrapToken: text.min(32, 'must have 32 characters or more').nullable().default(null).meta({
    description: 'Token of the client made at the first start; null for a random one',
    secret: true,
  }),
  masterKey: text
    .min(32, 'must have 32 characters or more')
    .nullable()
    .default(null)
    .meta({ description: 'Seals stored secrets; null for the one in the data folder', secret: true }),
  autoLeave: flag.default(false).meta({ description: 'Members may leave any group without asking (J-05)' }),
  requestLoss: z
    .enum(['own', 'all'], 'must be own or all')
    .default('own')
    .meta({ description: 'Whose memberships end with groups.request: own or all (J-11)' }),
  requestDays: whole(1, 3_650)
    .default(30)
    .meta({ description: 'Days after which a request to join or leave expires' }),
  cursorDays: whole(1, 3_650)
    .default(30)
    .meta({ description: 'Days for which cursors of the change feed are good' }),
  smtpUrl: urlOf('smtp', 'smtps')
    .nullable()
    .default(null)
    .meta({ description: 'Mail server for notifications', secret: true }),
  mailFrom: text.nullable().default(null).meta({ description: 'Sender of notifications' }),
  logLevel: z
    .enum(
      ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'],
      'must be trace, debug, info, warn, error, fatal or silent',
    )
    .default('info')
    .meta({ description: 'The least important line that is logged' }),
  logFormat: z
    .enum(['pretty', 'json'], 'must be pretty or json')
    .nullable()
    .default(null)
    .meta({ description: 'null: pretty on a terminal, else json' }),
  graceSeconds: whole(0, 3_600)
    .default(20)
    .meta({ description: 'How long work in hand may take to finish at SIGTERM' }),
  schemas: listOf(text)
    .default([])
    .meta({ description: 'Files with SCIM schemas that extend User or Group (RFC 7643 §7)' }),
  history: whole(1, 36_500)
    .default(400)
    .meta({ description: 'Days for which the past can be asked about: who was in what, and why (D-23)' }),
  guards: guards.prefault({}).meta({ description: 'What passes without asking a person (D-31)' }),
  feeds: z
    .record(
      z.string().regex(/^[a-z0-9][a-z0-9._-]*$/, 'must be a name of small letters, digits, dots and dashes'),
      feed,
    )
    .default({})
    .meta({ description: 'Feeds by name; each has its folder in the watched one' }),
});

/** Settings as they were given, defaults filled in. */
export type GivenSettings = z.output<typeof settingsSchema>;
