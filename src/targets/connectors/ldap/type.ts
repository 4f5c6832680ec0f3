/** LDAP as a type of target. */
import { faultInWords } from '../../../core/schema-faults.ts';
import type { ConnectorType, EngineSettings } from '../../connector.ts';
import { ldapConnector, ldapTraits } from './connector.ts';
import { ldapCredentials, type LdapSettings, ldapSettings } from './settings.ts';

/** With the attribute that holds roles among those that are kept. */
function withRoles(settings: LdapSettings): LdapSettings {
  const { users, roles, rolesAttribute } = settings;
  if (roles !== 'column' || users.mode !== 'manage') return settings;
  return { ...settings, users: { ...users, attributes: { ...users.attributes, [rolesAttribute]: 'roles' } } };
}

function rolesOf({ users, roles }: LdapSettings): EngineSettings['roles'] {
  if (roles === 'groupPerRole') return 'groups';
  return users.mode === 'manage' && Object.values(users.attributes).includes('roles') ? 'values' : 'none';
}

const DAY_MS = 86_400_000;

export const ldapType: ConnectorType = {
  readSettings: (given) => ldapSettings.parse(given, { error: faultInWords }),
  readCredentials: (given) => ldapCredentials.parse(given, { error: faultInWords }),
  open: (given, secret, { heard }) => {
    const settings = withRoles(ldapSettings.parse(given));
    const { concurrency, timeoutSeconds, deleteAfterDays } = settings;
    return {
      connector: ldapConnector(settings, ldapCredentials.parse(secret), heard),
      traits: ldapTraits(settings),
      settings: {
        concurrency,
        roles: rolesOf(settings),
        // The last request of an operation may begin when its own time is just up.
        requestMs: 2 * timeoutSeconds * 1_000,
        deleteAfterMs: deleteAfterDays === null ? null : deleteAfterDays * DAY_MS,
      },
    };
  },
};
