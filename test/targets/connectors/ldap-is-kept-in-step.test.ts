import { needs } from '../../support/needs.ts';
import { SERVICE, startSlapd } from '../../support/slapd.ts';
import { describeInStep } from './in-step.ts';
import { heldBy, settingsFor } from './ldap-target.ts';

needs('slapd')('the engine with LDAP', () => {
  for (const groupClass of ['groupOfNames', 'posixGroup'] as const) {
    describeInStep(groupClass, async () => {
      const slapd = await startSlapd();
      return {
        target: {
          type: 'ldap',
          settings: settingsFor(slapd, { groupClass }),
          credentials: { password: SERVICE.password },
        },
        held: () => heldBy(slapd),
        close: () => slapd.stop(),
      };
    });
  }
});
