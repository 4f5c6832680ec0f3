import { InvalidArgumentError } from 'commander';
import { z } from 'zod';
import { auditEntries, verificationBody } from '../../api/audit.ts';
import type { ChangeBody } from '../../api/change-body.ts';
import { auditFaultSentence } from '../../core/audit-seal.ts';
import { deriveKey } from '../../core/seal.ts';
import { type NotedSeal, verifyAudit } from '../../directory/audit/verification.ts';
import type { AuditFilter } from '../../store/audit/search.ts';
import { withCommonOptions, type Program } from '../command.ts';
import { exit } from '../exit.ts';
import { openKeys } from '../installation.ts';
import { requireGroup, requireUser } from '../named.ts';
import { readCount } from '../numbers.ts';
import { writeJson, writePiece, writeTable } from '../terminal.ts';
import { visit, type CommonOptions, type Visit } from '../visit.ts';

type Parent = Program['root'];

interface FilterOptions extends CommonOptions {
  readonly type?: readonly string[];
  readonly group?: string;
  readonly user?: string;
  readonly actor?: string;
  readonly source?: string;
  readonly request?: string;
  readonly since?: Date;
  readonly until?: Date;
  readonly derived?: boolean;
}

interface SearchOptions extends FilterOptions {
  readonly limit: number;
}

interface VerifyOptions extends CommonOptions {
  readonly head?: NotedSeal;
}

/** `muster audit search|verify|export` */
export function addAuditCommands(program: Program): void {
  const audit = program.root
    .command('audit')
    .description('who did what, when and why; and whether anybody touched it since');
  addSearch(program, audit);
  addVerify(program, audit);
  addExport(program, audit);
}

function addSearch({ io, run }: Program, parent: Parent): void {
  withFilters(parent.command('search').description('entries that fit, the newest first'))
    .option('--limit <number>', 'how many', readCount, 50)
    .action(
      run(async (options: SearchOptions) =>
        visit(io, { command: 'audit search', options }, async (open) => {
          const entries: ChangeBody[] = [];
          for await (const entry of await entriesOf(open, options)) {
            if (entries.push(entry) === options.limit) break;
          }
          if (options.json === true) writeJson(io.out, entries);
          else writeTable(io, ['WHEN', 'WHO', 'WHAT', 'WHOM', 'WHY'], entries.map(lineOf));
          return exit.done;
        }),
      ),
    );
}

function addExport({ io, run }: Program, parent: Parent): void {
  withFilters(
    parent.command('export').description('all entries that fit, the newest first, as one JSON object a line'),
  ).action(
    run(async (options: FilterOptions) =>
      visit(io, { command: 'audit export', options }, async (open) => {
        for await (const entry of await entriesOf(open, options)) {
          await writePiece(io.out, `${JSON.stringify(entry)}\n`);
        }
        return exit.done;
      }),
    ),
  );
}

function addVerify({ io, run }: Program, parent: Parent): void {
  withCommonOptions(
    parent
      .command('verify')
      .description('check every sealed entry; names the first that was touched and ends with 9'),
  )
    .option('--head <number:hash>', 'a seal that was noted earlier, which must be there as it was', readNoted)
    .action(
      run(async (options: VerifyOptions) =>
        visit(io, { command: 'audit verify', options }, async (open) => {
          const { database } = open.directory;
          const found = await verifyAudit(database, await sealKeyOf(open), options.head ?? null);
          const { fault, head, seals, rows, pastKeeping } = found;
          if (options.json === true) writeJson(io.out, verificationBody(found));
          else {
            const kept = pastKeeping === 0 ? '' : `, ${pastKeeping} of them past their keeping`;
            io.out.write(`${rows} entries in ${seals} seals are as they were${kept}.\n`);
            if (head !== null) io.out.write(`Newest seal that fits: ${head.n}:${head.hash}\n`);
            if (fault !== null) io.out.write(`${auditFaultSentence(fault)}\n`);
          }
          return fault === null ? exit.done : exit.different;
        }),
      ),
    );
}

function withFilters(command: Parent): Parent {
  return withCommonOptions(command)
    .option('--type <types...>', 'such as membership.direct, or group.* for a family')
    .option('--group <group>', 'only entries of this group')
    .option('--user <user>', 'only entries of this user, and memberships gained or lost directly')
    .option('--actor <kind[:id]>', 'who did it, such as client or client:okta')
    .option('--source <name>', 'only entries of this source')
    .option('--request <id>', 'only entries of this request')
    .option('--since <time>', 'not before this moment, such as 2026-03-01T12:00:00Z', readTime)
    .option('--until <time>', 'before this moment', readTime)
    .option('--derived', 'effective joins and leaves besides, which follow from the others');
}

async function entriesOf(open: Visit, options: FilterOptions): Promise<AsyncGenerator<ChangeBody>> {
  const { directory } = open;
  const { cursors } = await openKeys(open);
  const [actorKind = null, ...actorId] = options.actor?.split(':') ?? [];
  const { group, user } = options;
  const filter: AuditFilter = {
    types: options.type ?? null,
    group: group === undefined ? null : (await requireGroup(directory.database, group)).n,
    user: user === undefined ? null : (await requireUser(directory.database, user)).n,
    actorKind,
    actorId: actorId.length === 0 ? null : actorId.join(':'),
    source: options.source ?? null,
    requestId: options.request ?? null,
    since: options.since ?? null,
    until: options.until ?? null,
    derived: options.derived === true ? 'with' : 'without',
  };
  return auditEntries({ directory, cursors }, filter);
}

async function sealKeyOf(open: Visit): Promise<Buffer> {
  return deriveKey((await openKeys(open)).masterKey, 'audit-seal');
}

const WHOM_SHOWN = 3;

/** What an entry about neither a group nor a user names, such as a target; and what its outage ended with. */
const aboutShape = z.looseObject({ name: z.string(), code: z.string().nullish() });

function lineOf(entry: ChangeBody): string[] {
  const { actor, group, user, reason, at, after } = entry as ChangeBody & {
    readonly at: string;
    readonly actor?: { readonly kind: string; readonly id: string };
    readonly group?: { readonly name: string };
    readonly user?: { readonly id: string; readonly userName: string | null };
    readonly reason?: string;
    readonly after?: unknown;
  };
  const about = group === undefined && user === undefined ? aboutShape.safeParse(after).data : undefined;
  const who = actor === undefined ? '' : `${actor.kind}:${actor.id}`;
  const whom = [
    group?.name,
    user === undefined ? undefined : (user.userName ?? user.id),
    about?.name,
    countsOf(entry),
  ];
  return [
    at,
    who,
    entry.type,
    whom.filter((part) => part !== undefined && part !== '').join(' '),
    reason ?? (about?.code == null ? '' : `it ended with ${about.code}`),
  ];
}

/** How many came and went, with the ids of a few. */
function countsOf(entry: ChangeBody): string {
  const parts = [
    ['+', entry.added ?? entry.joined ?? entry.gained],
    ['-', entry.removed ?? entry.left ?? entry.lost],
  ] as const;
  return parts
    .flatMap(([sign, list]) => {
      const members = Array.isArray(list) ? list.map(idOf) : [];
      if (members.length === 0) return [];
      const more = members.length > WHOM_SHOWN ? ` and ${members.length - WHOM_SHOWN} more` : '';
      return [`${sign}${members.slice(0, WHOM_SHOWN).join(`, ${sign}`)}${more}`];
    })
    .join(' ');
}

function idOf(member: unknown): string {
  return typeof member === 'string' ? member : String((member as { readonly id?: unknown }).id);
}

function readTime(text: string): Date {
  const moment = /^\d{4}-\d{2}-\d{2}/.test(text) ? new Date(text) : null;
  if (moment === null || Number.isNaN(moment.getTime())) {
    throw new InvalidArgumentError('it is a time such as 2026-03-01T12:00:00Z.');
  }
  return moment;
}

function readNoted(text: string): NotedSeal {
  const [, n, hash] = /^(\d{1,15}):([0-9a-f]{64})$/i.exec(text) ?? [];
  if (n === undefined || hash === undefined) {
    throw new InvalidArgumentError('it is a number and a hash, as an earlier check printed them.');
  }
  return { n: Number(n), hash };
}
