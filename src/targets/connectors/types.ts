/** The types of target that the engine drives through a connector. A new connector is one line here. */
import type { ConnectorType } from '../connector.ts';
import { fileType } from './file/type.ts';
import { ldapType } from './ldap/type.ts';
import { scimType } from './scim/type.ts';
import { sqlType } from './sql/type.ts';

export const CONNECTOR_TYPES = {
  scim: scimType,
  ldap: ldapType,
  sql: sqlType,
  file: fileType,
} satisfies Partial<Record<string, ConnectorType>>;

export type ConnectedType = keyof typeof CONNECTOR_TYPES;

/** True for a type that has a connector. */
export function isConnectedType(type: string): type is ConnectedType {
  return type in CONNECTOR_TYPES;
}
