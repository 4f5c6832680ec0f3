import type { Limits } from '../../core/scim/discovery.ts';

/** What a client may ask for at once, as `ServiceProviderConfig` advertises it. */
export const scimLimits: Limits = {
  maxResults: 1_000,
  // Okta pages by 100 and takes a smaller first page for the last.
  defaultPageSize: 100,
  // authentik cuts its member changes by this number.
  bulkOperations: 1_000,
  bulkBytes: 1_048_576,
  cursorSeconds: 3_600,
};

/** Most bytes of a body. One of people is small; one of a group may name each of its members. */
export const bodyBytes = {
  user: 1_048_576,
  group: 16_777_216,
  search: 65_536,
  bulk: scimLimits.bulkBytes,
} as const;
