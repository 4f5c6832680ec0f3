/** What is known of well-known SCIM services before the first request (O-04, O-08, O-09). Data, not code. */
import { FIRST_LIMITS } from '../../../core/targets/chunk.ts';
import type { Traits } from '../../connector.ts';

export const PROFILE_NAMES = [
  'auto',
  'aws-identity-center',
  'github-emu',
  'slack',
  'miro',
  'databricks',
  'snowflake',
  'jfrog',
] as const;
export type ProfileName = (typeof PROFILE_NAMES)[number];

/** What a service asks of its users, beyond the protocol. */
export interface UserRules {
  /** Paths without which it refuses a user: told before anything is sent. */
  readonly needs: readonly string[];
  /** Lists of which it takes one value: it gets the primary one. */
  readonly single: readonly string[];
}

type Profile = Omit<Traits, 'names'> &
  UserRules & { readonly names: Omit<Traits['names'], 'template' | 'roleTemplate'> };

const AUTO: Profile = {
  chunk: FIRST_LIMITS.count,
  chunkBytes: FIRST_LIMITS.bytes,
  removal: 'filter',
  membersReadable: true,
  names: { fold: 'case', longest: 256 },
  needs: [],
  single: [],
};

export const PROFILES: Readonly<Record<ProfileName, Profile>> = {
  auto: AUTO,
  // 100 members a request; answers an empty member list for every group, but filters by id and members.
  'aws-identity-center': {
    ...AUTO,
    membersReadable: false,
    names: { fold: 'case', longest: 1_024 },
    needs: ['name.givenName', 'name.familyName', 'displayName'],
    single: ['emails', 'addresses', 'phoneNumbers'],
  },
  // 1,000 members a request; a group's name is folded into a slug for the team that it is linked to.
  'github-emu': { ...AUTO, chunk: 1_000, names: { fold: 'ascii', longest: 255 }, needs: ['emails'] },
  slack: { ...AUTO, chunk: 1_000, needs: ['emails'] },
  miro: { ...AUTO, names: { fold: 'case', longest: 60 } },
  databricks: { ...AUTO, names: { fold: 'case', longest: 255 } },
  // Groups become roles: identifiers, compared in capitals.
  snowflake: { ...AUTO, names: { fold: 'case', longest: 255 }, single: ['emails'] },
  // Group names are kept in small letters.
  jfrog: { ...AUTO, names: { fold: 'case', longest: 255 }, needs: ['emails'] },
};
