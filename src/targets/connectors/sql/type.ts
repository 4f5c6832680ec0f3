/** SQL as a type of target. */
import { faultInWords } from '../../../core/schema-faults.ts';
import type { ConnectorType, EngineSettings } from '../../connector.ts';
import { sqlConnector, sqlTraits } from './connector.ts';
import { sqlCredentials, type SqlSettings, sqlSettings } from './settings.ts';

/** With the column that holds roles among those that are kept. */
function withRoles(settings: SqlSettings): SqlSettings {
  const { users, roles, rolesColumn } = settings;
  if (roles !== 'column' || users === null) return settings;
  return { ...settings, users: { ...users, columns: { ...users.columns, [rolesColumn]: 'roles' } } };
}

function rolesOf({ users, roles }: SqlSettings): EngineSettings['roles'] {
  if (roles === 'groupPerRole') return 'groups';
  return Object.values(users?.columns ?? {}).includes('roles') ? 'values' : 'none';
}

const DAY_MS = 86_400_000;

export const sqlType: ConnectorType = {
  readSettings: (given) => sqlSettings.parse(given, { error: faultInWords }),
  readCredentials: (given) => sqlCredentials.parse(given, { error: faultInWords }),
  open: (given, secret, { heard }) => {
    const settings = withRoles(sqlSettings.parse(given));
    const { concurrency, timeoutSeconds, deleteAfterDays } = settings;
    return {
      connector: sqlConnector(settings, sqlCredentials.parse(secret), heard),
      traits: sqlTraits(settings),
      settings: {
        concurrency,
        roles: rolesOf(settings),
        requestMs: timeoutSeconds * 1_000,
        deleteAfterMs: deleteAfterDays === null ? null : deleteAfterDays * DAY_MS,
      },
    };
  },
};
