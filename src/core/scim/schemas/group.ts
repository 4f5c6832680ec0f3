import type { SchemaSource } from '../schema.ts';

/** The core Group (RFC 7643 §4.2, §8.7.1). */
export const groupSchema = {
  id: 'urn:ietf:params:scim:schemas:core:2.0:Group',
  name: 'Group',
  description: 'A named set of users and groups',
  attributes: [
    {
      name: 'displayName',
      required: true,
      uniqueness: 'server',
      description: 'The name of the group; unique, compared without case.',
    },
    {
      name: 'members',
      type: 'complex',
      multiValued: true,
      description: 'Users and groups listed in the group itself.',
      subAttributes: [
        { name: 'value', mutability: 'immutable', caseExact: true, description: 'Id of the member.' },
        {
          name: '$ref',
          type: 'reference',
          referenceTypes: ['User', 'Group'],
          mutability: 'immutable',
          description: 'Address of the member.',
        },
        {
          name: 'type',
          mutability: 'immutable',
          canonicalValues: ['User', 'Group'],
          description: 'Whether the member is a user or a group.',
        },
        { name: 'display', mutability: 'readOnly', description: 'Name of the member.' },
      ],
    },
  ],
} as const satisfies SchemaSource;
