/** `ServiceProviderConfig`, `ResourceTypes` and `Schemas`: what the server can do (RFC 7644 §4). */
import { resourceTypes, schemaDocuments, serviceProviderConfig } from '../../core/scim/discovery.ts';
import { type JsonObject, own } from '../../core/scim/json.ts';
import type { Registry } from '../../core/scim/registry.ts';
import type { Answer, Query, ScimParts } from './call.ts';
import { wholeList } from './list-answer.ts';
import { ScimProblem } from './problem.ts';

/** A request for discovery; nobody has to say who asks. */
export interface DiscoveryCall {
  readonly parts: ScimParts;
  readonly registry: Registry;
  readonly baseUrl: string;
  readonly id: string;
  readonly query: Query;
}

export async function readServiceProviderConfig(call: DiscoveryCall): Promise<Answer> {
  refuseFilter(call);
  return found(serviceProviderConfig(call.baseUrl, call.parts.limits));
}

export async function listResourceTypes(call: DiscoveryCall): Promise<Answer> {
  refuseFilter(call);
  return found(wholeList(resourceTypes(call.baseUrl, call.registry)));
}

export async function readResourceType(call: DiscoveryCall): Promise<Answer> {
  return one(call, resourceTypes(call.baseUrl, call.registry));
}

export async function listSchemas(call: DiscoveryCall): Promise<Answer> {
  refuseFilter(call);
  return found(wholeList(schemaDocuments(call.baseUrl, call.registry)));
}

export async function readSchema(call: DiscoveryCall): Promise<Answer> {
  return one(call, schemaDocuments(call.baseUrl, call.registry));
}

function one(call: DiscoveryCall, documents: readonly JsonObject[]): Answer {
  refuseFilter(call);
  const wanted = call.id.toLowerCase();
  const document = documents.find((candidate) => {
    const id = own(candidate, 'id');
    return typeof id === 'string' && id.toLowerCase() === wanted;
  });
  if (document === undefined) throw new ScimProblem(404, null, `There is no ${call.id} here.`);
  return found(document);
}

function found(body: JsonObject): Answer {
  return { status: 200, headers: {}, body };
}

/** RFC 7644 §4: a filter here is forbidden, so that nobody takes the whole list for the filtered one. */
function refuseFilter({ query }: DiscoveryCall): void {
  if (query.has('filter')) throw new ScimProblem(403, null, 'Discovery cannot be filtered.');
}
