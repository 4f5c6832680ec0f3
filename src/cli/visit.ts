import { randomUUID } from 'node:crypto';
import { userInfo } from 'node:os';
import type { Logger } from 'pino';
import { joiningRulesOf } from '../boot/joining-rules.ts';
import { openStorage } from '../boot/storage.ts';
import { loadSettings, type Settings } from '../config.ts';
import type { Attribution } from '../core/attribution.ts';
import type { Directory } from '../directory/work.ts';
import { createLog } from '../observe/log.ts';
import { Wake } from '../store/wake.ts';
import type { CommandIo } from './terminal.ts';

/** Options that every command has. */
export interface CommonOptions {
  readonly json?: boolean;
  readonly config?: string;
}

/** What a command works with while it has the installation open. */
export interface Visit {
  readonly settings: Settings;
  readonly directory: Directory;
  readonly directUrl: string;
  readonly log: Logger;
  /** In whose name the command writes. */
  readonly by: Attribution;
}

/** The settings as the command line sees them. */
export function settingsOf(io: CommandIo, { config }: CommonOptions): Settings {
  return loadSettings({
    environment: io.environment,
    folder: io.folder,
    file: config,
    isTerminal: io.err.isTTY === true,
  }).settings;
}

/**
 * Opens the installation for one command, beside the daemon or without one: on the embedded database the server
 * is shared, or started for as long as the command takes. The daemon is woken for what the command wrote.
 */
export async function visit<T>(
  io: CommandIo,
  { command, options }: { readonly command: string; readonly options: CommonOptions },
  work: (visit: Visit) => Promise<T>,
): Promise<T> {
  const settings = settingsOf(io, options);
  const log = createLog({ level: quieter(settings.logLevel), format: settings.logFormat });
  const storage = await openStorage(settings, 'visit', log);
  const { database, directUrl } = storage;
  const wake = new Wake({
    directUrl,
    instance: randomUUID(),
    onFault: (err) => log.debug({ err }, 'Not heard.'),
  });
  try {
    await wake.start();
    return await work({
      settings,
      directory: { database, wake: wake.ring, rules: joiningRulesOf(settings) },
      directUrl,
      log,
      by: operator(command),
    });
  } finally {
    await wake.close();
    await storage.close();
  }
}

/** The command itself says what happened; the log is for what went wrong. */
function quieter(level: Settings['logLevel']): Settings['logLevel'] {
  return level === 'info' ? 'warn' : level;
}

function operator(command: string): Attribution {
  return {
    actor: { kind: 'operator', id: userInfo().username },
    onBehalfOf: null,
    source: 'console',
    origin: { kind: 'command', command: `muster ${command}` },
    requestId: null,
  };
}
