/** A file as a type of target. */
import type { ConnectorType } from '../../connector.ts';
import { fileConnector, fileTraits } from './connector.ts';
import { fileCredentials, fileSettings } from './settings.ts';

const DAY_MS = 86_400_000;
/** Longest that one writing may take. */
const REQUEST_MS = 120_000;
/** What is asked at once is written at once. */
const CONCURRENCY = 200;

const ROLES = { none: 'none', column: 'values', groupPerRole: 'groups' } as const;

export const fileType: ConnectorType = {
  readSettings: (given) => fileSettings.parse(given),
  readCredentials: (given) => fileCredentials.parse(given),
  open: (given, _secret, { heard, filesDir }) => {
    const settings = fileSettings.parse(given);
    const { deleteAfterDays, roles } = settings;
    return {
      connector: fileConnector(filesDir, settings, heard),
      traits: fileTraits(settings),
      settings: {
        concurrency: CONCURRENCY,
        roles: ROLES[roles],
        requestMs: REQUEST_MS,
        deleteAfterMs: deleteAfterDays === null ? null : deleteAfterDays * DAY_MS,
      },
    };
  },
};
