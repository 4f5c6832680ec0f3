/** LDAP as a type of target. */
import { faultInWords } from '../../../core/schema-faults.ts';
import type { ConnectorType } from '../../connector.ts';
import { ldapConnector, ldapTraits } from './connector.ts';
import { ldapCredentials, ldapSettings } from './settings.ts';

const DAY_MS = 86_400_000;

export const ldapType: ConnectorType = {
  readSettings: (given) => ldapSettings.parse(given, { error: faultInWords }),
  readCredentials: (given) => ldapCredentials.parse(given, { error: faultInWords }),
  open: (given, secret, { heard }) => {
    const settings = ldapSettings.parse(given);
    const { concurrency, timeoutSeconds, deleteAfterDays } = settings;
    return {
      connector: ldapConnector(settings, ldapCredentials.parse(secret), heard),
      traits: ldapTraits(settings),
      settings: {
        concurrency,
        // The last request of an operation may begin when its own time is just up.
        requestMs: 2 * timeoutSeconds * 1_000,
        deleteAfterMs: deleteAfterDays === null ? null : deleteAfterDays * DAY_MS,
      },
    };
  },
};
