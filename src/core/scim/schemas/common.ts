import type { SchemaSource } from '../schema.ts';

/** What every resource has besides its schemas (RFC 7643 §3.1); it is listed in no schema of its own. */
export const commonAttributes = {
  id: 'urn:muster:params:scim:common',
  name: 'Common',
  attributes: [
    {
      name: 'schemas',
      type: 'reference',
      multiValued: true,
      returned: 'always',
      mutability: 'readOnly',
      description: 'URNs of the schemas whose attributes the resource carries.',
    },
    {
      name: 'id',
      caseExact: true,
      mutability: 'readOnly',
      returned: 'always',
      uniqueness: 'server',
      description: 'Given by Muster, never changed, never given again.',
    },
    {
      name: 'externalId',
      caseExact: true,
      description: 'The client’s own identifier of the resource; each client sees only its own.',
    },
    {
      name: 'meta',
      type: 'complex',
      mutability: 'readOnly',
      description: 'Facts about the resource as a record.',
      subAttributes: [
        { name: 'resourceType', caseExact: true, mutability: 'readOnly', description: 'User or Group.' },
        { name: 'created', type: 'dateTime', mutability: 'readOnly', description: 'When it came to be.' },
        {
          name: 'lastModified',
          type: 'dateTime',
          mutability: 'readOnly',
          description: 'When a stored attribute or a direct member last changed.',
        },
        {
          name: 'location',
          type: 'reference',
          referenceTypes: ['uri'],
          mutability: 'readOnly',
          description: 'The address of the resource.',
        },
        { name: 'version', caseExact: true, mutability: 'readOnly', description: 'Its entity tag.' },
      ],
    },
  ],
} as const satisfies SchemaSource;
