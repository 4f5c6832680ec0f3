import { needs } from '../../support/needs.ts';
import { PEOPLE, SERVICE, startSlapd } from '../../support/slapd.ts';
import { describeInStep } from './in-step.ts';
import { heldBy, listOf, settingsFor } from './ldap-target.ts';

needs('slapd')('the engine with LDAP', () => {
  for (const groupClass of ['groupOfNames', 'posixGroup'] as const) {
    describeInStep(groupClass, async () => {
      const slapd = await startSlapd();
      return {
        target: {
          type: 'ldap',
          settings: settingsFor(slapd, { groupClass, roles: 'column' }),
          credentials: { password: SERVICE.password },
        },
        held: () => heldBy(slapd),
        rolesOf: async (userName) => {
          const entry = (await slapd.entries(PEOPLE)).find(({ uid }) => uid === userName);
          return entry === undefined ? ['nobody'] : listOf(entry, 'employeeType');
        },
        close: () => slapd.stop(),
      };
    });
  }
});
