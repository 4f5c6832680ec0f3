/** Discovery documents (RFC 7643 §5 to §7), made from the registry alone. */
import type { JsonObject } from './json.ts';
import { type Registry, type ResourceType, schemasOf } from './registry.ts';
import type { Attribute, Schema } from './schema.ts';

const SCHEMA_URN = 'urn:ietf:params:scim:schemas:core:2.0:Schema';
const RESOURCE_TYPE_URN = 'urn:ietf:params:scim:schemas:core:2.0:ResourceType';
const CONFIG_URN = 'urn:ietf:params:scim:schemas:core:2.0:ServiceProviderConfig';

/** What the server allows, as `ServiceProviderConfig` says it; sizes in bytes, times in seconds. */
export interface Limits {
  readonly maxResults: number;
  readonly defaultPageSize: number;
  readonly bulkOperations: number;
  readonly bulkBytes: number;
  readonly cursorSeconds: number;
}

/** The service provider configuration (RFC 7643 §5, pagination after RFC 9865 §4). */
export function serviceProviderConfig(baseUrl: string, limits: Limits): JsonObject {
  return {
    schemas: [CONFIG_URN],
    patch: { supported: true },
    bulk: { supported: true, maxOperations: limits.bulkOperations, maxPayloadSize: limits.bulkBytes },
    filter: { supported: true, maxResults: limits.maxResults },
    changePassword: { supported: false },
    sort: { supported: true },
    etag: { supported: true },
    pagination: {
      cursor: true,
      index: true,
      defaultPaginationMethod: 'index',
      defaultPageSize: limits.defaultPageSize,
      maxPageSize: limits.maxResults,
      cursorTimeout: limits.cursorSeconds,
    },
    authenticationSchemes: [
      {
        type: 'oauthbearertoken',
        name: 'Bearer token',
        description: 'A token of the client, or one got at /oauth2/token with client credentials.',
        specUri: 'https://www.rfc-editor.org/info/rfc6750',
        primary: true,
      },
    ],
    meta: { resourceType: 'ServiceProviderConfig', location: `${baseUrl}/ServiceProviderConfig` },
  };
}

/** The resource types, each as its own resource (RFC 7643 §6). */
export function resourceTypes(baseUrl: string, registry: Registry): readonly JsonObject[] {
  return [registry.user, registry.group].map((type) => resourceTypeDocument(baseUrl, type));
}

function resourceTypeDocument(baseUrl: string, type: ResourceType): JsonObject {
  return {
    schemas: [RESOURCE_TYPE_URN],
    id: type.name,
    name: type.name,
    endpoint: type.endpoint,
    description: type.description,
    schema: type.core.id,
    schemaExtensions: type.extensions.map((extension) => ({ schema: extension.id, required: false })),
    meta: { resourceType: 'ResourceType', location: `${baseUrl}/ResourceTypes/${type.name}` },
  };
}

/** The schemas, each as its own resource (RFC 7643 §7). */
export function schemaDocuments(baseUrl: string, registry: Registry): readonly JsonObject[] {
  return schemasOf(registry).map((schema) => schemaDocument(baseUrl, schema));
}

function schemaDocument(baseUrl: string, schema: Schema): JsonObject {
  return {
    schemas: [SCHEMA_URN],
    id: schema.id,
    name: schema.name,
    description: schema.description,
    attributes: schema.attributes.map(attributeDocument),
    meta: { resourceType: 'Schema', location: `${baseUrl}/Schemas/${schema.id}` },
  };
}

/** All characteristics that mean something for the type; a boolean has no case, only a reference has referenceTypes. */
function attributeDocument(attribute: Attribute): JsonObject {
  const { name, type, multiValued, description, required, mutability, returned, uniqueness } = attribute;
  const isText = type === 'string' || type === 'reference' || type === 'binary';
  return {
    name,
    type,
    multiValued,
    description,
    required,
    ...(attribute.canonicalValues.length > 0 ? { canonicalValues: attribute.canonicalValues } : {}),
    ...(isText ? { caseExact: attribute.caseExact } : {}),
    mutability,
    returned,
    uniqueness,
    ...(type === 'reference' ? { referenceTypes: attribute.referenceTypes } : {}),
    ...(type === 'complex' ? { subAttributes: attribute.subAttributes.map(attributeDocument) } : {}),
  };
}
