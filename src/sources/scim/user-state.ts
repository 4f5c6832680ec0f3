/** Between a User document, as clients write it, and the state that the directory keeps. */
import { type JsonObject, omit, own } from '../../core/scim/json.ts';
import { invalidValue } from '../../core/scim/value-read.ts';
import type { NewUser, UserState } from '../../directory/users.ts';

/** What is kept apart from the document, or not at all: a password is accepted and forgotten. */
const APART = ['userName', 'active', 'externalId', 'password'];

/** The document that a PATCH changes. */
export function documentOfUser({ userName, active, externalId, document }: UserState): JsonObject {
  return {
    ...(document as JsonObject),
    ...(userName === null ? {} : { userName }),
    active,
    ...(externalId === null ? {} : { externalId }),
  };
}

/** The state that a document stands for; `active` is as it was where the document does not say. */
export function stateOfUser(document: JsonObject, activeBefore: 'active' | 'inactive'): NewUser {
  const userName = own(document, 'userName');
  const active = own(document, 'active');
  const externalId = own(document, 'externalId');
  if (typeof userName !== 'string') throw invalidValue('userName', 'is required.');
  return {
    userName,
    active: typeof active === 'boolean' ? active : activeBefore === 'active',
    externalId: typeof externalId === 'string' ? externalId : null,
    document: omit(document, APART),
  };
}
