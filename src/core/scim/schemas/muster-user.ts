import type { SchemaSource } from '../schema.ts';

/** What Muster knows of a user besides: facts of sign-ins, shown when asked for. */
export const musterUserSchema = {
  id: 'urn:muster:params:scim:schemas:extension:2.0:User',
  name: 'MusterUser',
  description: 'What finds a user besides id and userName, and what identity providers said',
  attributes: [
    {
      name: 'affiliations',
      multiValued: true,
      mutability: 'readOnly',
      returned: 'request',
      description: 'Affiliations in force, each value or value@scope.',
    },
    {
      name: 'identityKeys',
      type: 'complex',
      multiValued: true,
      mutability: 'readOnly',
      returned: 'request',
      description: 'Keys by which sources find the user.',
      subAttributes: [
        {
          name: 'kind',
          mutability: 'readOnly',
          caseExact: true,
          description: 'email, externalId, targetedId, uid or eppn.',
        },
        {
          name: 'issuer',
          mutability: 'readOnly',
          caseExact: true,
          description: 'Who gave the key; absent where it is good everywhere.',
        },
        { name: 'value', mutability: 'readOnly', caseExact: true, description: 'The key.' },
      ],
    },
  ],
} as const satisfies SchemaSource;
