import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { InvalidArgumentError } from 'commander';
import { samlKeys } from '../../boot/saml.ts';
import type { Claims } from '../../core/saml/claims.ts';
import {
  absentPolicies,
  type AbsentPolicy,
  type ProviderSettings,
  trustedKeys,
  type TrustedKey,
  userNameSources,
  type UserNameSource,
} from '../../core/saml/provider.ts';
import { SetupProblem, Unreachable } from '../../core/setup-problem.ts';
import { changeProvider, removeProvider } from '../../directory/identity-providers.ts';
import { perform } from '../../directory/work.ts';
import { addressesFor } from '../../sources/saml/addresses.ts';
import { addByMetadata, type Providers, refreshProvider, tryAttributes } from '../../sources/saml/admin.ts';
import { isAddress } from '../../sources/saml/metadata/load.ts';
import { readMetadata } from '../../sources/saml/metadata/read.ts';
import type { TriedLogin } from '../../sources/saml/trial.ts';
import { findProvider, listProviders, type ProviderRow } from '../../store/saml/providers.ts';
import { Refusal } from '../../core/refusal.ts';
import { withCommonOptions, type Program } from '../command.ts';
import { exit } from '../exit.ts';
import { openKeys } from '../installation.ts';
import { type CommandIo, writeJson, writeTable } from '../terminal.ts';
import { visit, type CommonOptions, type Visit } from '../visit.ts';

type Command = Program['root'];

interface SettingOptions {
  readonly title?: string;
  readonly provision?: 'create' | 'refuse';
  readonly trust?: readonly TrustedKey[];
  readonly username?: UserNameSource;
  readonly scopes?: readonly string[];
  readonly absent?: AbsentPolicy;
  readonly graceHours?: number;
  readonly ttlDays?: number;
  readonly signedResponse?: boolean;
}

interface AddOptions extends CommonOptions, SettingOptions {
  readonly metadata: string;
  readonly entityId?: string;
  readonly signer?: string;
}

/** `muster idp add|set|list|refresh|test|remove|keys` */
export function addIdpCommands(program: Program): void {
  const idp = program.root.command('idp').description('identity providers that people sign in by (SAML)');
  addAdd(program, idp);
  addSet(program, idp);
  addList(program, idp);
  addRefresh(program, idp);
  addTest(program, idp);
  addRemove(program, idp);
  addKeys(program, idp);
}

function addAdd({ io, run }: Program, parent: Command): void {
  const command = parent
    .command('add <name>')
    .description('add a provider by its metadata; its name stands in our addresses')
    .requiredOption('--metadata <address|file>', 'where its metadata are')
    .option('--entity-id <id>', 'which provider, where the metadata describe several')
    .option('--signer <file>', 'certificate (PEM) that the metadata must be signed with');
  withSettings(withCommonOptions(command)).action(
    run(async (name: string, options: AddOptions) => {
      const { metadata, entityId = null, signer } = options;
      const row = await visit(io, { command: 'idp add', options }, (open) =>
        addByMetadata(providersIn(open), open.by, {
          name,
          metadata: isAddress(metadata) ? metadata : resolve(io.folder, metadata),
          entityId,
          signer: signer === undefined ? null : readText(io, signer),
          settings: settingsIn(options),
        }),
      );
      return tellProvider(io, options, row);
    }),
  );
}

function addSet({ io, run }: Program, parent: Command): void {
  const command = parent.command('set <name>').description('change what is set for a provider');
  withSettings(withCommonOptions(command)).action(
    run(async (name: string, options: CommonOptions & SettingOptions) => {
      const { result } = await visit(io, { command: 'idp set', options }, ({ directory, by }) =>
        perform(directory, by, (work) => changeProvider(work, { name, change: settingsIn(options) })),
      );
      return tellProvider(io, options, result);
    }),
  );
}

function addList({ io, run }: Program, parent: Command): void {
  withCommonOptions(parent.command('list').description('the providers in use')).action(
    run(async (options: CommonOptions) => {
      const rows = await visit(io, { command: 'idp list', options }, ({ directory }) =>
        listProviders(directory.database),
      );
      if (options.json === true) writeJson(io.out, rows.map(bodyOf));
      else {
        writeTable(
          io,
          ['NAME', 'ENTITY ID', 'CERTIFICATES', 'SCOPES', 'REFRESHED', 'LAST LOGIN', 'TROUBLE'],
          rows.map((row) => [
            ...[row.name, row.entity_id, row.metadata.certificates.length],
            row.metadata.scopes.map(({ value }) => value).join(' '),
            ...[row.refreshed_at, row.last_login_at, row.expired ? 'metadata are too old' : row.last_error],
          ]),
        );
      }
      return exit.done;
    }),
  );
}

function addRefresh({ io, run }: Program, parent: Command): void {
  withCommonOptions(
    parent.command('refresh [name]').description('look for newer metadata of one provider, or of all'),
  ).action(
    run(async (name: string | undefined, options: CommonOptions) => {
      const failed = await visit(io, { command: 'idp refresh', options }, async (open) => {
        const rows =
          name === undefined
            ? await listProviders(open.directory.database)
            : [await requireProvider(open, name)];
        const failures: string[] = [];
        for (const row of rows) {
          const fresh = await refreshProvider(providersIn(open), open.by, row);
          if (fresh === null) {
            const { last_error: why } = await requireProvider(open, row.name);
            failures.push(`${row.name}: ${why ?? 'not refreshed'}`);
          } else if (options.json !== true) io.err.write(`${row.name} is up to date.\n`);
        }
        return failures;
      });
      if (failed.length > 0) throw new Unreachable('The last good copy stays.', failed);
      if (options.json === true) writeJson(io.out, { refreshed: true });
      return exit.done;
    }),
  );
}

interface TestOptions extends CommonOptions {
  readonly attribute: readonly (readonly [string, string])[];
  readonly attributes?: string;
}

function addTest({ io, run }: Program, parent: Command): void {
  withCommonOptions(
    parent
      .command('test <name>')
      .description('show what a login with these attributes would do; nothing is kept'),
  )
    .option('--attribute <name=value>', 'an attribute; may be given again', collectAttribute, [])
    .option('--attributes <file>', 'attributes as JSON: {"name": ["value"]}')
    .action(
      run(async (name: string, options: TestOptions) => {
        const tried = await visit(io, { command: 'idp test', options }, (open) =>
          tryAttributes(providersIn(open), open.by, { name, attributes: attributesIn(io, options) }),
        );
        if (options.json === true) writeJson(io.out, tried);
        else tellTrial(io, tried);
        return tried.refused === null ? exit.done : exit.notAllowed;
      }),
    );
}

function addRemove({ io, run }: Program, parent: Command): void {
  withCommonOptions(
    parent.command('remove <name>').description('take a provider out of use; what it asserted stays'),
  ).action(
    run(async (name: string, options: CommonOptions) => {
      await visit(io, { command: 'idp remove', options }, ({ directory, by }) =>
        perform(directory, by, (work) => removeProvider(work, name)),
      );
      if (options.json === true) writeJson(io.out, { removed: name });
      else io.err.write(`${name} is out of use.\n`);
      return exit.done;
    }),
  );
}

function addKeys({ io, run }: Program, parent: Command): void {
  withCommonOptions(parent.command('keys').description('our own certificates, the signing one first'))
    .option('--rotate', 'make a new key; it is published now and signs in a week')
    .action(
      run(async (options: CommonOptions & { readonly rotate?: boolean }) => {
        const certificates = await visit(io, { command: 'idp keys', options }, async (open) => {
          const { masterKey } = await openKeys(open);
          const keys = samlKeys({ directory: open.directory, masterKey, baseUrl: open.settings.baseUrl });
          if (options.rotate === true) await keys.rotate();
          return keys.certificates();
        });
        if (options.json === true) writeJson(io.out, { certificates });
        else for (const certificate of certificates) io.out.write(pem(certificate));
        return exit.done;
      }),
    );
}

function providersIn({ directory }: Visit): Providers {
  return {
    directory,
    // Here nobody else waits: the thread of the daemon is not needed.
    readMetadata: (task) => Promise.resolve(readMetadata(task)),
    now: Date.now,
    random: randomBytes,
  };
}

async function requireProvider({ directory }: Visit, name: string): Promise<ProviderRow> {
  const row = await findProvider(directory.database, name);
  if (row === null) throw new Refusal('source.not_found', { source: name });
  return row;
}

function withSettings(command: Command): Command {
  return command
    .option('--title <text>', 'what the button on the first page says')
    .option('--provision <create|refuse>', 'whether somebody new gets an account', oneOf('create', 'refuse'))
    .option(
      '--trust <list>',
      `of ${trustedKeys.join(', ')}, or none: keys it may find accounts by`,
      readTrust,
    )
    .option('--username <attribute>', `of ${userNameSources.join(', ')}`, oneOf(...userNameSources))
    .option('--scopes <list>', 'scopes it may speak for besides those of its metadata', (text: string) =>
      text.split(',').map((scope) => scope.trim()),
    )
    .option(
      '--absent <policy>',
      `when a login says nothing of affiliations: ${absentPolicies.join(', ')}`,
      oneOf(...absentPolicies),
    )
    .option('--grace-hours <number>', 'with --absent grace, how long they stay', readCount)
    .option(
      '--ttl-days <number>',
      'how long an affiliation stays true of somebody who does not return',
      readCount,
    )
    .option('--signed-response', 'the response has to be signed besides the assertion')
    .option('--no-signed-response', 'a signed assertion is enough');
}

function settingsIn(options: SettingOptions): Partial<ProviderSettings> {
  const given = {
    title: options.title,
    provision: options.provision,
    trustedFor: options.trust,
    userName: options.username,
    scopes: options.scopes,
    absent: options.absent,
    graceHours: options.graceHours,
    ttlDays: options.ttlDays,
    wantResponseSigned: options.signedResponse,
  };
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
}

function oneOf<Word extends string>(...words: readonly Word[]): (text: string) => Word {
  return (text) => {
    const word = words.find((one) => one === text);
    if (word === undefined) throw new InvalidArgumentError(`say ${words.join(', ')}`);
    return word;
  };
}

function readTrust(text: string): readonly TrustedKey[] {
  return text === 'none' ? [] : text.split(',').map((word) => oneOf(...trustedKeys)(word.trim()));
}

function readCount(text: string): number {
  if (/^[1-9]\d{0,4}$/.test(text)) return Number(text);
  throw new InvalidArgumentError('say a whole number from 1 to 99999');
}

function collectAttribute(text: string, before: TestOptions['attribute']): TestOptions['attribute'] {
  const at = text.indexOf('=');
  if (at < 1) throw new InvalidArgumentError('say NAME=VALUE');
  return [...before, [text.slice(0, at), text.slice(at + 1)]];
}

function attributesIn(
  io: CommandIo,
  { attribute, attributes }: TestOptions,
): { name: string; values: string[] }[] {
  const byName = new Map<string, string[]>();
  const add = (name: string, value: string): void =>
    void byName.set(name, [...(byName.get(name) ?? []), value]);
  for (const [name, value] of attribute) add(name, value);
  if (attributes !== undefined) {
    for (const [name, values] of Object.entries(readObject(io, attributes))) {
      for (const value of Array.isArray(values) ? (values as unknown[]) : [values]) add(name, String(value));
    }
  }
  return [...byName].map(([name, values]) => ({ name, values }));
}

function readObject(io: CommandIo, file: string): Readonly<Record<string, unknown>> {
  try {
    const parsed: unknown = JSON.parse(readText(io, file));
    if (typeof parsed === 'object' && parsed !== null && !Array.isArray(parsed)) return { ...parsed };
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
  }
  throw new SetupProblem(`${file} holds no JSON object of attributes.`);
}

function readText(io: CommandIo, file: string): string {
  try {
    return readFileSync(resolve(io.folder, file), 'utf8');
  } catch {
    throw new SetupProblem(`${file} cannot be read.`);
  }
}

function tellProvider(io: CommandIo, options: CommonOptions, row: ProviderRow): 0 {
  if (options.json === true) writeJson(io.out, bodyOf(row));
  else io.err.write(`${row.name} is ${row.entity_id}. People may sign in by it.\n`);
  return exit.done;
}

/** A provider as programs see it. */
function bodyOf(row: ProviderRow): object {
  return {
    ...{ id: row.id, name: row.name, entityId: row.entity_id, metadata: row.metadata_from },
    ...{ settings: row.settings, scopes: row.metadata.scopes, certificates: row.metadata.certificates },
    ...{
      validUntil: row.valid_until,
      refreshed: row.refreshed_at,
      trouble: row.last_error,
      lastLogin: row.last_login_at,
    },
    addresses: addressesFor('', row.name),
  };
}

function tellTrial(io: CommandIo, { refused, claims, outcome }: TriedLogin): void {
  const rows: [string, string][] = [
    ['login keys', claims.loginKeys.map(({ kind, value }) => `${kind} ${value}`).join(', ')],
    ['userName', claims.userName ?? ''],
    ['e-mail', claims.email ?? ''],
    ['affiliations', affiliationText(claims)],
    ['left out (scope)', claims.dropped.join(', ')],
    ['without meaning', claims.unused.join(', ')],
    ...(outcome === null
      ? []
      : ([
          ['account', `${outcome.user} (${outcome.account})`],
          ['gained', outcome.gained.join(', ')],
          ['lost', outcome.isHeld ? 'held by the breaker' : outcome.lost.join(', ')],
          ['groups', outcome.groups.join(', ')],
        ] satisfies [string, string][])),
  ];
  writeTable(
    io,
    ['WHAT', 'VALUE'],
    rows.map(([what, value]) => [what, value === '' ? null : value]),
  );
  io.err.write(
    refused === null ? 'Nothing of it was kept.\n' : `Refused: ${refused.why} (${refused.reason})\n`,
  );
}

function affiliationText({ affiliations }: Claims): string {
  if (affiliations === null) return 'not mentioned';
  return affiliations.map(({ value, scope }) => (scope === null ? value : `${value}@${scope}`)).join(', ');
}

function pem(certificate: string): string {
  return `-----BEGIN CERTIFICATE-----\n${certificate.replaceAll(/(.{64})/g, '$1\n').trimEnd()}\n-----END CERTIFICATE-----\n`;
}
