/** SCIM as a type of target. */
import { faultInWords } from '../../../core/schema-faults.ts';
import type { ConnectorType } from '../../connector.ts';
import { openHttpClient } from '../../outgoing/http-client.ts';
import { scimConnector, scimTraits } from './connector.ts';
import { scimCredentials, scimSettings } from './settings.ts';

const DAY_MS = 86_400_000;

export const scimType: ConnectorType = {
  readSettings: (given) => scimSettings.parse(given, { error: faultInWords }),
  readCredentials: (given) => scimCredentials.parse(given, { error: faultInWords }),
  open: (given, secret, { now, heard }) => {
    const settings = scimSettings.parse(given);
    const credentials = scimCredentials.parse(secret);
    const requestMs = settings.timeoutSeconds * 1_000;
    const { allowPrivate, concurrency, ca, deleteAfterDays } = settings;
    const http = openHttpClient(
      { allowPrivate, timeoutMs: requestMs, connections: concurrency, ...(ca === undefined ? {} : { ca }) },
      heard,
    );
    return {
      connector: scimConnector({ settings, credentials, http, now }),
      traits: scimTraits(settings),
      settings: {
        concurrency,
        requestMs,
        roles: settings.roles === 'scim' ? 'values' : settings.roles === 'groupPerRole' ? 'groups' : 'none',
        deleteAfterMs: deleteAfterDays === null ? null : deleteAfterDays * DAY_MS,
      },
    };
  },
};
