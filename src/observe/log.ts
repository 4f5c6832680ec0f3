import { pino, type DestinationStream, type Level, type Logger } from 'pino';
import { prettyFactory } from 'pino-pretty';
import { redactFields } from './redaction.ts';

/** How much is logged, in which form, and whereto. */
export interface LogOptions {
  readonly level: Level | 'silent';
  readonly format: 'pretty' | 'json';
  /** Standard error when left out: standard output is for data. */
  readonly destination?: DestinationStream;
}

/**
 * The log of a process: a line per event, JSON or readable, each with what its logger was bound to (part, request
 * id). Whole lines pass the redaction on their way out, so that no name, mail address or token gets past it.
 */
export function createLog({ level, format, destination }: LogOptions): Logger {
  const out = destination ?? pino.destination({ dest: 2, sync: true });
  const finish =
    format === 'pretty' ? prettyFactory(prettyOptions) : (line: object) => `${JSON.stringify(line)}\n`;
  return pino(
    {
      level,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
    },
    {
      write: (line: string) => out.write(finish(redactFields(JSON.parse(line) as Record<string, unknown>))),
    },
  );
}

const prettyOptions = {
  colorize: process.stderr.isTTY,
  translateTime: 'SYS:HH:MM:ss',
  ignore: 'part',
  messageFormat: '{if part}{part}: {end}{msg}',
};
