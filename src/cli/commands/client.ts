import { randomBytes } from 'node:crypto';
import { InvalidArgumentError } from 'commander';
import { isUuid } from '../../core/ids.ts';
import { parseScope, scopes, type Scope } from '../../core/scopes.ts';
import { TOKEN_BYTES } from '../../core/token.ts';
import {
  addToken,
  createClient,
  endClient,
  rotateClient,
  type ClientWithToken,
} from '../../directory/clients.ts';
import { perform } from '../../directory/work.ts';
import { listClients } from '../../store/clients.ts';
import { isMeant } from '../confirmation.ts';
import { exit } from '../exit.ts';
import { type End, readExpiry } from '../expiry.ts';
import { addClientTraceCommand } from './client-trace.ts';
import { withCommonOptions, type Program } from '../command.ts';
import { writeJson, writeTable, type CommandIo } from '../terminal.ts';
import { visit, type CommonOptions } from '../visit.ts';

interface TokenOptions extends CommonOptions {
  readonly expires: End;
}

interface CreateOptions extends TokenOptions {
  readonly scopes: readonly Scope[];
  readonly profile: string;
  readonly namespace: 'all' | 'own';
  readonly allow: readonly string[];
  readonly rate: number | null;
  readonly entraTenant: string | null;
}

/** `muster client create|list|rotate|revoke|trace` */
export function addClientCommands(program: Program): void {
  const client = program.root.command('client').description('programs that use Muster with a token');
  addCreate(program, client);
  addList(program, client);
  addRotate(program, client);
  addRevoke(program, client);
  addClientTraceCommand(program, client);
}

type Parent = Program['root'];

function addCreate({ io, run }: Program, parent: Parent): void {
  withCommonOptions(parent.command('create <name>').description('make a client and show its token, once'))
    .option('--scopes <list>', `of ${scopes.join(', ')}`, readScopes, ['scim.read', 'scim.write'])
    .option('--profile <name>', 'whose habits it has, such as okta or entra', 'auto')
    .option('--namespace <all|own>', 'what it sees: all, or only what it made', readNamespace, 'all')
    .option('--allow <list>', 'addresses or ranges it may come from', (text: string) => text.split(','), [])
    .option('--rate <number>', 'requests a second that it may make', readRate, null)
    .option('--entra-tenant <id>', 'tenant of Entra ID whose own tokens speak for it, too', readTenant, null)
    .option(
      '--expires <when>',
      '90d, a date, or never',
      (text) => readExpiry(text, new Date()),
      readExpiry(undefined, new Date()),
    )
    .action(
      run(async (name: string, options: CreateOptions) => {
        const { profile, namespace, allow, expires } = options;
        const { rate, scopes: held, entraTenant } = options;
        const wanted = {
          name,
          profile,
          namespace,
          allow,
          scopes: held,
          ratePerSecond: rate,
          entraTenant,
          expiresAt: expires.at,
        };
        const made = await visit(io, { command: 'client create', options }, ({ directory, by }) =>
          perform(directory, by, (work) => createClient(work, wanted, freshMaterial())),
        );
        return showToken(io, options, made.result);
      }),
    );
}

function addList({ io, run }: Program, parent: Parent): void {
  withCommonOptions(parent.command('list').description('the clients in use')).action(
    run(async (options: CommonOptions) => {
      const clients = await visit(io, { command: 'client list', options }, ({ directory }) =>
        listClients(directory.database),
      );
      if (options.json === true) {
        writeJson(
          io.out,
          clients.map(({ id, name, profile, namespace, scopes: held, allow, created_at }) => ({
            ...{ id, name, profile, namespace, scopes: held, allow },
            created: created_at,
          })),
        );
      } else {
        const rows = clients.map((row) => [
          row.name,
          row.profile,
          row.namespace,
          row.scopes.join(' '),
          row.created_at,
        ]);
        writeTable(io, ['NAME', 'PROFILE', 'NAMESPACE', 'SCOPES', 'CREATED'], rows);
      }
      return exit.done;
    }),
  );
}

function addRotate({ io, run }: Program, parent: Parent): void {
  withCommonOptions(
    parent.command('rotate <client>').description('make a new token; the old ones end after the overlap'),
  )
    .option('--overlap <when>', 'until when the old ones stay good: 7d, or a date', readOverlap)
    .option(
      '--expires <when>',
      '90d, a date, or never',
      (text) => readExpiry(text, new Date()),
      readExpiry(undefined, new Date()),
    )
    .action(
      run(async (client: string, options: TokenOptions & { readonly overlap?: Date }) => {
        const overlapUntil = options.overlap ?? new Date(Date.now() + OVERLAP_MS);
        const rotate = { client, material: freshMaterial(), expiresAt: options.expires.at, overlapUntil };
        const made = await visit(io, { command: 'client rotate', options }, ({ directory, by }) =>
          perform(directory, by, (work) => rotateClient(work, rotate)),
        );
        return showToken(io, options, made.result);
      }),
    );
}

/** A week, in which the new token can be put wherever the old one is. */
const OVERLAP_MS = 7 * 86_400_000;

function addRevoke({ io, run }: Program, parent: Parent): void {
  withCommonOptions(
    parent.command('revoke <client>').description('end a client and all its tokens; what it asserted stays'),
  )
    .option('--yes', 'do not ask')
    .action(
      run(async (client: string, options: CommonOptions & { readonly yes?: boolean }) => {
        if (!(await isMeant(io, options, `This ends ${client} and all its tokens at once.`)))
          return exit.usage;
        await visit(io, { command: 'client revoke', options }, ({ directory, by }) =>
          perform(directory, by, (work) => endClient(work, client)),
        );
        if (options.json === true) writeJson(io.out, { revoked: client });
        else io.err.write(`${client} is revoked.\n`);
        return exit.done;
      }),
    );
}

/** `muster token create` */
export function addTokenCommands({ root, io, run }: Program): void {
  const token = root.command('token').description('tokens of clients');
  withCommonOptions(token.command('create').description('give a client one more token and show it, once'))
    .option('--client <client>', 'whose token', 'bootstrap')
    .option(
      '--expires <when>',
      '90d, a date, or never',
      (text) => readExpiry(text, new Date()),
      readExpiry(undefined, new Date()),
    )
    .action(
      run(async (options: TokenOptions & { readonly client: string }) => {
        const { client, expires } = options;
        const made = await visit(io, { command: 'token create', options }, ({ directory, by }) =>
          perform(directory, by, (work) =>
            addToken(work, { client, material: freshMaterial(), expiresAt: expires.at }),
          ),
        );
        return showToken(io, options, made.result);
      }),
    );
}

function showToken(io: CommandIo, { json, expires }: TokenOptions, { client, token }: ClientWithToken): 0 {
  if (json === true) {
    writeJson(io.out, { id: client.id, name: client.name, token, expiresAt: expires.at });
  } else {
    io.out.write(`${token}\n`);
    io.err.write(
      `The token of ${client.name}, shown this once. ${expires.at === null ? 'It does not expire.' : `It expires ${expires.at.toISOString().slice(0, 10)}.`}\n`,
    );
  }
  return exit.done;
}

function freshMaterial(): { readonly kind: 'random'; readonly bytes: Buffer } {
  return { kind: 'random', bytes: randomBytes(TOKEN_BYTES) };
}

function readScopes(text: string): Scope[] {
  return text.split(',').map((name) => {
    const scope = parseScope(name.trim());
    if (scope === null) throw new InvalidArgumentError(`${name} is none of ${scopes.join(', ')}`);
    return scope;
  });
}

function readOverlap(text: string): Date {
  const { at } = readExpiry(text, new Date());
  if (at !== null) return at;
  throw new InvalidArgumentError('say 7d, or a date to come; "token create" leaves the old ones as they are');
}

function readRate(text: string): number {
  if (/^[1-9]\d{0,4}$/.test(text)) return Number(text);
  throw new InvalidArgumentError('say a number from 1 to 99999');
}

function readTenant(text: string): string {
  if (isUuid(text)) return text;
  throw new InvalidArgumentError('say the id of a tenant, such as 6f9619ff-8b86-4d01-b42d-00cf4fc964ff');
}

function readNamespace(text: string): 'all' | 'own' {
  if (text === 'all' || text === 'own') return text;
  throw new InvalidArgumentError('say all or own');
}
