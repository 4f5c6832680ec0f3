/** The installation as the console shows it: its settings as text, and what the doctor finds. */
import { lookAtClocks, lookAtMasterKey, lookAtServer, lookAtTokens } from './doctor/database.ts';
import { type Finding, good } from './doctor/finding.ts';
import { lookAtAddress, lookAtDataFolder, lookAtWatchedFolder } from './doctor/surroundings.ts';
import type { SettingLine, Settings } from '../config.ts';
import type { Database } from '../store/database.ts';

export interface ExaminedDaemon {
  readonly settings: Settings;
  readonly database: Database;
  readonly directUrl: string;
}

/** Looks the installation over from within its daemon; recomputes nothing. */
export async function examineDaemon({ settings, database, directUrl }: ExaminedDaemon): Promise<Finding[]> {
  return [
    good('Node.js', process.versions.node),
    lookAtDataFolder(settings),
    lookAtWatchedFolder(settings),
    lookAtAddress(settings),
    ...(await lookAtServer(settings, directUrl)),
    await lookAtClocks(database),
    await lookAtMasterKey(settings, database),
    await lookAtTokens(database),
  ];
}

/** A setting with its value as text; null where it is not set. */
export function shownSetting({ name, value, origin }: SettingLine): {
  readonly name: string;
  readonly value: string | null;
  readonly origin: string;
} {
  const text = typeof value === 'string' || value === null ? value : JSON.stringify(value);
  return { name, value: text, origin };
}
