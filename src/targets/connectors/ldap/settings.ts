/** Settings of an LDAP target, as `POST /api/v1/targets` takes them. docs/targets/ldap.md explains each. */
import { z } from 'zod';
import { authority } from '../authority.ts';
import { nameTemplate } from '../name-template.ts';
import { normalDn } from './dn.ts';
import { faultOfLookup } from './lookup.ts';

const dn = z
  .string()
  .trim()
  .min(1)
  .refine(
    (text) => normalDn(text) !== null,
    'must be a distinguished name, such as ou=groups,dc=example,dc=org',
  );

const attribute = z.string().regex(/^[a-zA-Z][a-zA-Z0-9-]*$/, 'must be the name of an attribute');

/** What an inetOrgPerson shows of a person; `cn` and `sn` must have a value and fall back on the userName. */
const FIRST_ATTRIBUTES = {
  cn: 'displayName',
  sn: 'name.familyName',
  givenName: 'name.givenName',
  displayName: 'displayName',
  mail: 'emails',
  title: 'title',
  employeeNumber: 'employeeNumber',
  departmentNumber: 'department',
  preferredLanguage: 'preferredLanguage',
};

const managedUsers = z.strictObject({
  mode: z.literal('manage'),
  base: dn,
  /** Attribute that a user is named by there; it holds the userName. */
  rdn: attribute.default('uid'),
  objectClasses: z.array(attribute).min(1).default(['inetOrgPerson']),
  /** LDAP attribute -> where its values come from (`displayName`, `name.familyName`, `emails`, `roles`, …). */
  attributes: z.record(attribute, z.string().min(1)).default(FIRST_ATTRIBUTES),
  /** What a deactivated account bears (O-05); the default locks it where the password policy overlay is loaded. */
  inactive: z
    .strictObject({ attribute, value: z.string().min(1) })
    .default({ attribute: 'pwdAccountLockedTime', value: '000001010000Z' }),
});

const lookedUpUsers = z.strictObject({
  mode: z.literal('lookup'),
  base: dn,
  /** Finds a user's entry; `{userName}`, `{id}` and other values of the user stand in compared values. */
  filter: z
    .string()
    .default('(uid={userName})')
    .superRefine((text, context) => {
      const fault = faultOfLookup(text);
      if (fault !== null) context.addIssue({ code: 'custom', message: fault });
    }),
  /** A template such as `uid={userName},ou=people,dc=example,dc=org`, looked at instead of searching. */
  dn: z
    .string()
    .refine(
      (text) => /\{[^}]+\}/.test(text) && normalDn(text) !== null,
      'must be a name that holds {userName}',
    )
    .optional(),
});

export const ldapSettings = z
  .strictObject({
    url: z
      .string()
      .refine((text) => {
        const url = URL.canParse(text) ? new URL(text) : null;
        return url !== null && /^ldaps?:$/.test(url.protocol) && url.hostname !== '';
      }, 'must be ldaps://host or ldap://host')
      .refine((text) => /^ldaps?:\/\/[^/?#@]+\/?$/.test(text), 'must be only the server and its port'),
    /** `verify`: ldaps, or StartTLS on ldap. `off` only reaches addresses of private networks. */
    tls: z.enum(['verify', 'off']).default('verify'),
    ca: authority.optional(),
    allowPrivate: z.boolean().default(false),
    bindDn: dn,
    users: z.discriminatedUnion('mode', [managedUsers, lookedUpUsers]),
    groupBase: dn,
    groupClass: z.enum(['groupOfNames', 'groupOfUniqueNames', 'posixGroup']).default('groupOfNames'),
    groupName: nameTemplate.default('{name}'),
    /** `column` writes a user's roles into `rolesAttribute`, `groupPerRole` makes a group of each role (O-10). */
    roles: z.enum(['none', 'column', 'groupPerRole']).default('none'),
    rolesAttribute: attribute.default('employeeType'),
    /** Name of a role's group there. */
    roleGroupName: nameTemplate.default('role-{name}'),
    /** What becomes of a group without members, where its class demands one. */
    emptyGroup: z.enum(['placeholder', 'refuse', 'allow']).default('placeholder'),
    placeholder: dn.default('cn=empty-membership-placeholder'),
    /** Numbers that new POSIX groups get. */
    gidNumbers: z
      .strictObject({ from: z.int().min(1), to: z.int().max(4_294_967_294) })
      .refine(({ from, to }) => from <= to, 'must go upwards')
      .default({ from: 200_000, to: 299_999 }),
    /** Where our id stands at an entry, as `urn:uuid:…` beside other values. */
    idAttribute: attribute.default('labeledURI'),
    /** Auxiliary class that allows that attribute; null where the entries' own classes do. */
    idClass: attribute.nullable().default('labeledURIObject'),
    deleteAfterDays: z.int().min(0).max(3_650).nullable().default(null),
    timeoutSeconds: z.number().min(1).max(120).default(30),
    concurrency: z.int().min(1).max(32).default(4),
  })
  .refine(({ url, tls }) => tls === 'verify' || url.startsWith('ldap:'), {
    path: ['tls'],
    message: 'cannot be off with ldaps',
  });

export type LdapSettings = z.infer<typeof ldapSettings>;
export type ManagedUsers = z.infer<typeof managedUsers>;

/** Never empty: servers take a bind without a password for an anonymous one and call it a success (RFC 4513 §5.1.2). */
export const ldapCredentials = z.strictObject({ password: z.string().min(1) });
export type LdapCredentials = z.infer<typeof ldapCredentials>;
