import type { SchemaSource } from '../schema.ts';

/** What core groups lack: how a group is joined and governed. Writable with the scope `groups.govern`. */
export const musterGroupSchema = {
  id: 'urn:muster:params:scim:schemas:extension:2.0:Group',
  name: 'MusterGroup',
  description: 'How a group is joined and governed',
  attributes: [
    { name: 'description', description: 'What the group is for.' },
    { name: 'internal', type: 'boolean', description: 'Users neither see nor join it.' },
    { name: 'hidden', type: 'boolean', description: 'Only members and those with its link see it.' },
    { name: 'open', type: 'boolean', description: 'Joining takes effect at once, without a request.' },
    { name: 'public', type: 'boolean', description: 'Joining needs no permission.' },
    { name: 'restricted', type: 'boolean', description: 'Only administrators change its members.' },
    {
      name: 'autoLeave',
      canonicalValues: ['inherit', 'on', 'off'],
      description: 'Whether members may leave without a request.',
    },
    { name: 'roles', multiValued: true, description: 'Roles that its effective members hold.' },
    {
      name: 'kind',
      mutability: 'readOnly',
      canonicalValues: ['regular', 'affiliation', 'rule', 'everyone-signed-in', 'everyone'],
      description: 'All but regular groups get their members from facts.',
    },
    {
      name: 'rule',
      caseExact: true,
      description: 'A filter over users; those who fit it are the members.',
    },
    {
      name: 'reservedTo',
      caseExact: true,
      description: 'Name of the only source that may change its members.',
    },
  ],
} as const satisfies SchemaSource;
