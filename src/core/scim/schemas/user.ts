import type { SchemaSource } from '../schema.ts';
import { plural } from './plural.ts';

/** The core User (RFC 7643 §4.1, §8.7.1). */
export const userSchema = {
  id: 'urn:ietf:params:scim:schemas:core:2.0:User',
  name: 'User',
  description: 'An account of a person',
  attributes: [
    {
      name: 'userName',
      required: true,
      uniqueness: 'server',
      description: 'The name the account is known by; unique, compared without case.',
    },
    {
      name: 'name',
      type: 'complex',
      description: 'The parts of the person’s name.',
      subAttributes: [
        { name: 'formatted', description: 'The whole name as it is shown.' },
        { name: 'familyName', description: 'Family name.' },
        { name: 'givenName', description: 'Given name.' },
        { name: 'middleName', description: 'Further given names.' },
        { name: 'honorificPrefix', description: 'What goes before the name, such as Dr.' },
        { name: 'honorificSuffix', description: 'What goes after the name, such as III.' },
      ],
    },
    { name: 'displayName', description: 'The name shown to other people.' },
    { name: 'nickName', description: 'What the person is called among friends.' },
    {
      name: 'profileUrl',
      type: 'reference',
      referenceTypes: ['external'],
      description: 'A page about the person.',
    },
    { name: 'title', description: 'Title in the organisation.' },
    { name: 'userType', description: 'Relation to the organisation, such as Employee.' },
    { name: 'preferredLanguage', description: 'Language in the form of Accept-Language.' },
    { name: 'locale', description: 'Locale for dates, numbers and currency, such as en-US.' },
    { name: 'timezone', description: 'Time zone in the IANA form, such as Europe/Zurich.' },
    {
      name: 'active',
      type: 'boolean',
      description: 'Whether the account may be used. An inactive one belongs to no group effectively.',
    },
    {
      name: 'password',
      mutability: 'writeOnly',
      returned: 'never',
      description:
        'Accepted for providers that send one, and never kept: Muster signs nobody in by password.',
    },
    plural(
      { name: 'emails', description: 'E-mail addresses.', types: ['work', 'home', 'other'] },
      { description: 'The address.' },
    ),
    plural(
      {
        name: 'phoneNumbers',
        description: 'Telephone numbers.',
        types: ['work', 'home', 'mobile', 'fax', 'pager', 'other'],
      },
      { description: 'The number.' },
    ),
    plural(
      {
        name: 'ims',
        description: 'Addresses for instant messages.',
        types: ['aim', 'gtalk', 'icq', 'xmpp', 'msn', 'skype', 'qq', 'yahoo'],
      },
      { description: 'The address.' },
    ),
    plural(
      { name: 'photos', description: 'Pictures of the person.', types: ['photo', 'thumbnail'] },
      { type: 'reference', referenceTypes: ['external'], description: 'Where the picture is.' },
    ),
    {
      name: 'addresses',
      type: 'complex',
      multiValued: true,
      description: 'Postal addresses.',
      subAttributes: [
        { name: 'formatted', description: 'The whole address as it is printed.' },
        { name: 'streetAddress', description: 'Street, house, apartment.' },
        { name: 'locality', description: 'City or town.' },
        { name: 'region', description: 'State or region.' },
        { name: 'postalCode', description: 'Postal code.' },
        { name: 'country', description: 'Country, two letters of ISO 3166-1.' },
        {
          name: 'type',
          canonicalValues: ['work', 'home', 'other'],
          description: 'What the address is for.',
        },
        {
          name: 'primary',
          type: 'boolean',
          description: 'True for the preferred address; at most one has it.',
        },
      ],
    },
    {
      name: 'groups',
      type: 'complex',
      multiValued: true,
      mutability: 'readOnly',
      description: 'The groups the user belongs to, directly or through other groups.',
      subAttributes: [
        { name: 'value', mutability: 'readOnly', description: 'Id of the group.' },
        {
          name: '$ref',
          type: 'reference',
          referenceTypes: ['Group'],
          mutability: 'readOnly',
          description: 'Address of the group.',
        },
        { name: 'display', mutability: 'readOnly', description: 'Name of the group.' },
        {
          name: 'type',
          mutability: 'readOnly',
          canonicalValues: ['direct', 'indirect'],
          description: 'Whether the user is listed in the group itself.',
        },
      ],
    },
    plural(
      { name: 'entitlements', description: 'Things the user is entitled to.' },
      { description: 'One of them.' },
    ),
    plural({ name: 'roles', description: 'Roles given by the provider.' }, { description: 'One of them.' }),
    plural(
      { name: 'x509Certificates', description: 'Certificates of the person.' },
      { type: 'binary', description: 'The certificate in DER, base64.' },
    ),
  ],
} as const satisfies SchemaSource;
