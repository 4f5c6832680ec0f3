/** Settings of a SCIM target, as `POST /api/v1/targets` takes them. */
import { z } from 'zod';
import { authority } from '../authority.ts';
import { httpUrl } from '../http-url.ts';
import { nameTemplate } from '../name-template.ts';
import { PROFILE_NAMES } from './profiles.ts';

/** User attributes that are sent unless the setting says otherwise: what a service needs to show a person. */
const FIRST_ATTRIBUTES = [
  'displayName',
  'name',
  'nickName',
  'title',
  'userType',
  'preferredLanguage',
  'locale',
  'timezone',
  'emails',
  'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User',
];

export const scimSettings = z.strictObject({
  /** Base URL, `/Users` follows it. */
  url: httpUrl
    .refine((url) => !url.includes('?'), 'must be the base of the service, without a ? in it')
    .transform((url) => url.replace(/\/+$/, '')),
  profile: z.enum(PROFILE_NAMES).default('auto'),
  /** Name of a group there; `{name}` and `{id}` are filled in. */
  groupName: nameTemplate.default('{name}'),
  /** `scim` sends `User.roles`, `groupPerRole` makes a group of each role (O-10). */
  roles: z.enum(['none', 'scim', 'groupPerRole']).default('none'),
  /** Name of a role's group there. */
  roleGroupName: nameTemplate.default('role-{name}'),
  attributes: z.array(z.string().min(1)).default(FIRST_ATTRIBUTES),
  /** Deleted so many days after leaving; null keeps deactivated accounts for good (O-05). */
  deleteAfterDays: z.int().min(0).max(3_650).nullable().default(null),
  /** Lets Muster connect to an address of a private network, for a target that lives in yours. */
  allowPrivate: z.boolean().default(false),
  /** PEM of the authority that signed the target's certificate, where it is your own. */
  ca: authority.optional(),
  timeoutSeconds: z.number().min(1).max(120).default(30),
  /** Most requests at once. */
  concurrency: z.int().min(1).max(32).default(4),
});

export type ScimSettings = z.infer<typeof scimSettings>;

/** It stands in a header, where anything else would end it. */
const bearer = z
  .string()
  .regex(/^[\x21-\x7e]+$/, 'must be one word of visible ASCII characters, without a line break at its end');

export const scimCredentials = z.strictObject({ bearer: bearer.optional() });
export type ScimCredentials = z.infer<typeof scimCredentials>;
