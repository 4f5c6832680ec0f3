import { InvalidArgumentError } from 'commander';
import type { JsonObject } from '../../core/scim/json.ts';
import { Refusal } from '../../core/refusal.ts';
import { findClient } from '../../store/clients.ts';
import { listTraces, type TraceRow } from '../../store/scim/traces.ts';
import { withCommonOptions, type Program } from '../command.ts';
import { exit } from '../exit.ts';
import { type CommandIo, writeJson } from '../terminal.ts';
import { visit, type CommonOptions } from '../visit.ts';

interface TraceOptions extends CommonOptions {
  readonly last: number;
  readonly refused?: boolean;
}

const LAST = 20;

/** `muster client trace CLIENT`: a daemon writes its traces down once a second. */
export function addClientTraceCommand({ io, run }: Program, parent: Program['root']): void {
  withCommonOptions(
    parent
      .command('trace <client>')
      .description('what a client sent lately, what was understood of it, and what came of it'),
  )
    .option('--last <number>', 'how many requests', readLast, LAST)
    .option('--refused', 'only those that were refused')
    .action(
      run(async (name: string, options: TraceOptions) => {
        const rows = await visit(io, { command: 'client trace', options }, async ({ directory }) => {
          const client = await findClient(directory.database, name);
          if (client === null) throw new Refusal('client.not_found', { client: name });
          return listTraces(directory.database, {
            source: client.source_n,
            outcome: options.refused === true ? 'refused' : null,
            before: null,
            limit: options.last,
          });
        });
        if (options.json === true) writeJson(io.out, rows.map(asData));
        else if (rows.length === 0) io.err.write('None.\n');
        else for (const row of rows.toReversed()) writeTrace(io, row);
        return exit.done;
      }),
    );
}

function asData(row: TraceRow): object {
  const { at, request_id: requestId, method, path, status, milliseconds, trace } = row;
  return { at, requestId, method, path, status, milliseconds, ...trace };
}

function writeTrace(
  io: CommandIo,
  { at, request_id, method, path, status, milliseconds, trace }: TraceRow,
): void {
  const { received, normalised, notes, changed, answered } = trace;
  const lines = [
    `${at.toISOString()} ${method} ${path} ${status} ${milliseconds} ms  ${request_id}`,
    ...Object.entries(received.query).map(
      ([name, value]) => `  ?${name}=${typeof value === 'string' ? value : JSON.stringify(value)}`,
    ),
    ...line('received', received.body),
    ...normalised.flatMap((value) => line('understood', value)),
    ...notes.map(({ path: where, what, why }) => `  ${what} ${where}: ${why}`),
    ...changed.flatMap((value) => line('changed', value)),
    ...line('answered', Object.keys(answered).length === 0 ? null : answered),
  ];
  io.out.write(`${lines.map(printable).join('\n')}\n`);
}

function line(what: string, value: JsonObject[string]): string[] {
  return value === null ? [] : [`  ${what} ${JSON.stringify(value)}`];
}

/** What a client sent must not steer the terminal. */
function printable(text: string): string {
  // eslint-disable-next-line no-control-regex -- these are what is taken out
  return text.replaceAll(/[\u0000-\u001f\u007f-\u009f]/g, '\ufffd');
}

function readLast(text: string): number {
  if (/^[1-9]\d{0,3}$/.test(text)) return Number(text);
  throw new InvalidArgumentError('say a number from 1 to 9999');
}
