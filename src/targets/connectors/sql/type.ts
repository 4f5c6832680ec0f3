/** SQL as a type of target. */
import { faultInWords } from '../../../core/schema-faults.ts';
import type { ConnectorType } from '../../connector.ts';
import { sqlConnector, sqlTraits } from './connector.ts';
import { sqlCredentials, sqlSettings } from './settings.ts';

const DAY_MS = 86_400_000;

export const sqlType: ConnectorType = {
  readSettings: (given) => sqlSettings.parse(given, { error: faultInWords }),
  readCredentials: (given) => sqlCredentials.parse(given, { error: faultInWords }),
  open: (given, secret, { heard }) => {
    const settings = sqlSettings.parse(given);
    const { concurrency, timeoutSeconds, deleteAfterDays } = settings;
    return {
      connector: sqlConnector(settings, sqlCredentials.parse(secret), heard),
      traits: sqlTraits(settings),
      settings: {
        concurrency,
        requestMs: timeoutSeconds * 1_000,
        deleteAfterMs: deleteAfterDays === null ? null : deleteAfterDays * DAY_MS,
      },
    };
  },
};
