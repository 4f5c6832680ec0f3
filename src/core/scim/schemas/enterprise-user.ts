import type { SchemaSource } from '../schema.ts';

/** The enterprise extension of User (RFC 7643 §4.3). */
export const enterpriseUserSchema = {
  id: 'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User',
  name: 'EnterpriseUser',
  description: 'What an organisation knows of its people',
  attributes: [
    { name: 'employeeNumber', description: 'Number or other mark of the person in the organisation.' },
    { name: 'costCenter', description: 'Cost centre.' },
    { name: 'organization', description: 'Organisation.' },
    { name: 'division', description: 'Division.' },
    { name: 'department', description: 'Department.' },
    {
      name: 'manager',
      type: 'complex',
      description: 'Whom the person reports to.',
      subAttributes: [
        { name: 'value', caseExact: true, description: 'Id of that user.' },
        {
          name: '$ref',
          type: 'reference',
          referenceTypes: ['User'],
          mutability: 'readOnly',
          description: 'Address of that user.',
        },
        { name: 'displayName', mutability: 'readOnly', description: 'Name of that user.' },
      ],
    },
  ],
} as const satisfies SchemaSource;
