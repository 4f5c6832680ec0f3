import { needs } from '../../support/needs.ts';
import { describeConnector } from '../contract/connector-contract.ts';
import { ldapCounterpart } from './ldap-target.ts';

needs('slapd')('LDAP on slapd', () => {
  for (const groupClass of ['groupOfNames', 'groupOfUniqueNames', 'posixGroup'] as const) {
    describeConnector(groupClass, () => ldapCounterpart({ groupClass }));
  }

  describeConnector('with referential integrity', () =>
    ldapCounterpart(
      {},
      {
        overlays: `overlay refint\nrefint_attributes member\nrefint_nothing cn=empty-membership-placeholder`,
      },
    ),
  );
});
