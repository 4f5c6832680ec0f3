import type { Entry } from 'ldapts';
import { ldapConnector, ldapTraits } from '../../../src/targets/connectors/ldap/connector.ts';
import { ldapSettings, type LdapSettings } from '../../../src/targets/connectors/ldap/settings.ts';
import type { Counterpart } from '../contract/connector-contract.ts';
import type { HeldByName } from '../../support/quirk-server.ts';
import { GROUPS, PEOPLE, SERVICE, type Slapd, startSlapd } from '../../support/slapd.ts';

type Given = Readonly<Record<string, unknown>>;

/** Settings of a target on this server, without TLS unless they say otherwise. */
export function settingsFor({ port }: Pick<Slapd, 'port'>, more: Given = {}): LdapSettings {
  return ldapSettings.parse({
    url: `ldap://127.0.0.1:${port}`,
    tls: 'off',
    allowPrivate: true,
    bindDn: SERVICE.dn,
    users: { mode: 'manage', base: PEOPLE },
    groupBase: GROUPS,
    timeoutSeconds: 5,
    ...more,
  });
}

/** The connector on a fresh slapd, for the contract suite. */
export async function ldapCounterpart(
  more: Given = {},
  server: { overlays?: string } = {},
): Promise<Counterpart> {
  const slapd = await startSlapd(server);
  const settings = settingsFor(slapd, more);
  const connector = ldapConnector(settings, { password: SERVICE.password });
  const stranger = ldapConnector(settings, { password: 'wrong' });
  return {
    connector,
    stranger,
    traits: ldapTraits(settings),
    held: () => heldBy(slapd),
    close: async () => {
      await Promise.all([connector.close(), stranger.close()]);
      await slapd.stop();
    },
  };
}

/** What the server holds, by names; a placeholder is no member. */
export async function heldBy(slapd: Slapd): Promise<HeldByName> {
  const users = await slapd.entries(PEOPLE);
  const groups = await slapd.entries(GROUPS);
  const nameOf = new Map(users.map((user) => [user.dn, String(user.uid)]));
  return {
    users: Object.fromEntries(
      users.map((user) => [
        String(user.uid),
        user.pwdAccountLockedTime !== '000001010000Z' && user.employeeType !== 'left',
      ]),
    ),
    groups: Object.fromEntries(
      groups.map((group) => [
        String(group.cn),
        ['member', 'uniqueMember', 'memberUid']
          .flatMap((attribute) => listOf(group, attribute))
          .filter((value) => value !== 'cn=empty-membership-placeholder')
          .map((value) => nameOf.get(value) ?? value)
          .sort(),
      ]),
    ),
  };
}

/** Values of an attribute as a list of texts. */
export function listOf(entry: Entry, attribute: string): string[] {
  const value = entry[attribute] ?? [];
  return (Array.isArray(value) ? value : [value]).map(String);
}
