/**
 * Client profiles: how far a client's requests may differ from the RFCs, as data. Answers are strict in all of
 * them (docs/scim.md has the table).
 */
export interface Profile {
  readonly name: string;
  /** Values without quotes and `True` in filters. */
  readonly looseValues: 'accept' | 'refuse';
  /** Attributes and schema URNs that no schema has. */
  readonly unknown: 'drop' | 'refuse';
  /** `"True"` for a boolean, `["X"]` for a single value, a bare string for a complex one, JSON in a text. */
  readonly looseTypes: 'coerce' | 'refuse';
  /** What `""` means where an attribute is set. */
  readonly emptyText: 'unassigned' | 'value';
  /** `replace` with a value filter that nothing fits: make the element, or 400 noTarget (RFC 7644 §3.5.2.3). */
  readonly absentElement: 'create' | 'refuse';
  /** A write of something readOnly in PATCH, where it differs from what is there (RFC 7644 §3.5.2). */
  readonly readOnlyWrite: 'ignore' | 'refuse';
  /** Members that do not exist. */
  readonly danglingMembers: 'refuse' | 'ignore';
  /** Answer of a PATCH that asked for no attributes: 200 with the resource or 204. */
  readonly patchedUser: 200 | 204;
  readonly patchedGroup: 200 | 204;
  /** An Authorization header that is the token alone, without a scheme. */
  readonly bareToken: 'accept' | 'refuse';
}

const auto = {
  name: 'auto',
  looseValues: 'accept',
  unknown: 'drop',
  looseTypes: 'coerce',
  emptyText: 'unassigned',
  absentElement: 'create',
  readOnlyWrite: 'ignore',
  danglingMembers: 'refuse',
  patchedUser: 200,
  patchedGroup: 204,
  bareToken: 'refuse',
} as const satisfies Profile;

const strict = {
  name: 'strict',
  looseValues: 'refuse',
  unknown: 'refuse',
  looseTypes: 'refuse',
  emptyText: 'value',
  absentElement: 'refuse',
  readOnlyWrite: 'refuse',
  danglingMembers: 'refuse',
  patchedUser: 200,
  patchedGroup: 204,
  bareToken: 'refuse',
} as const satisfies Profile;

export const profiles = {
  auto,
  strict,
  // For providers that push groups before their people: who is not there yet comes with the next full push.
  tolerant: { ...auto, name: 'tolerant', danglingMembers: 'ignore' },
  entra: { ...auto, name: 'entra' },
  okta: { ...auto, name: 'okta', patchedGroup: 200, bareToken: 'accept' },
  onelogin: { ...auto, name: 'onelogin' },
  jumpcloud: { ...auto, name: 'jumpcloud' },
  google: { ...auto, name: 'google' },
  ping: { ...auto, name: 'ping' },
  sailpoint: { ...auto, name: 'sailpoint' },
  authentik: { ...auto, name: 'authentik', patchedGroup: 200 },
  keycloak: { ...auto, name: 'keycloak' },
} as const satisfies Record<string, Profile>;

export type ProfileName = keyof typeof profiles;

/** The profile of that name; null when there is none. */
export function profileNamed(name: string): Profile | null {
  return Object.hasOwn(profiles, name) ? profiles[name as ProfileName] : null;
}
