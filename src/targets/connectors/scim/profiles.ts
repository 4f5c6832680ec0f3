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

/** What a service asks beyond the protocol. */
export interface ServiceRules {
  /** Paths without which it refuses a user: told before anything is sent. */
  readonly needs: readonly string[];
  /** Lists of which it takes one value: it gets the primary one. */
  readonly single: readonly string[];
  /** Whether users and groups may be renamed there: told before anything is sent. */
  readonly renames: boolean;
  /** Pages of the vendor's own documentation that these facts are from, and when they were read. */
  readonly from: { readonly pages: readonly string[]; readonly read: string } | null;
}

type Profile = Omit<Traits, 'names'> &
  ServiceRules & { readonly names: Omit<Traits['names'], 'template' | 'roleTemplate'> };

const AUTO: Profile = {
  chunk: FIRST_LIMITS.count,
  chunkBytes: FIRST_LIMITS.bytes,
  removal: 'filter',
  membersReadable: true,
  names: { fold: 'case', longest: 256 },
  needs: [],
  single: [],
  renames: true,
  from: null,
};

const READ = '2026-11-22';

export const PROFILES: Readonly<Record<ProfileName, Profile>> = {
  auto: AUTO,
  // 100 members a request; answers an empty member list for every group, but filters by id and members.
  'aws-identity-center': {
    ...AUTO,
    membersReadable: false,
    names: { fold: 'case', longest: 1_024 },
    needs: ['name.givenName', 'name.familyName', 'displayName'],
    single: ['emails', 'addresses', 'phoneNumbers'],
    from: {
      pages: ['PatchGroup', 'CreateGroup', 'GetGroup', 'Limitations from SCIM specification'].map(
        (page) => `IAM Identity Center SCIM Implementation Developer Guide, ${page}`,
      ),
      read: READ,
    },
  },
  // The documentation names no limit of members. A group is linked to a team, whose name folds into a slug.
  'github-emu': {
    ...AUTO,
    names: { fold: 'ascii', longest: 255 },
    needs: ['emails'],
    from: {
      pages: ['GitHub Docs, Provisioning users and groups with SCIM using the REST API'],
      read: READ,
    },
  },
  // No limit of members is documented; 180 changes of groups a minute are, by 429 with Retry-After.
  slack: {
    ...AUTO,
    needs: ['emails'],
    from: { pages: ['Slack Developer Docs, SCIM API reference', 'SCIM API rate limits'], read: READ },
  },
  // 8,000 members or 800,000 bytes a request, beyond which it answers 413; five large ones in 30 seconds.
  miro: {
    ...AUTO,
    chunk: 8_000,
    chunkBytes: 400_000,
    from: { pages: ['Miro Developer Platform, SCIM rate limits', 'SCIM Groups'], read: READ },
  },
  databricks: {
    ...AUTO,
    from: { pages: ['Databricks, Account SCIM v2.1 API reference', 'SCIM API 2.0 (Groups)'], read: READ },
  },
  // Keeps one value of each attribute. Groups become roles.
  snowflake: {
    ...AUTO,
    names: { fold: 'case', longest: 255 },
    single: ['emails', 'addresses', 'phoneNumbers'],
    from: { pages: ['Snowflake, SCIM user API reference', 'SCIM group API reference'], read: READ },
  },
  // A group's name is its id there, and nothing is renamed; PATCH of a group knows members alone.
  jfrog: {
    ...AUTO,
    names: { fold: 'case', longest: 255 },
    needs: ['emails'],
    renames: false,
    from: {
      pages: ['JFrog Platform Administration, Implemented SCIM endpoints', 'JFrog REST APIs, Patch group'],
      read: READ,
    },
  },
};
