/** A person as a form has them, and as SCIM does. */
import { foldName } from '../../../core/names.ts';
import { isArray, isObject, type Json, type JsonObject } from '../../../core/scim/json.ts';
import type { UserDocument } from '../../../store/users.ts';

const ENTERPRISE = 'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User';

export const personFields = [
  'displayName',
  'givenName',
  'familyName',
  'email',
  'department',
  'title',
] as const;

export type PersonField = (typeof personFields)[number];
export type PersonForm = Readonly<Record<PersonField, string>>;

/** What a form sent. */
export function readPersonForm(form: URLSearchParams): PersonForm {
  return fromEach((field) => (form.get(field) ?? '').trim());
}

/** What stands in a document. */
export function personFormOf(document: UserDocument): PersonForm {
  const name = objectAt(document, 'name');
  const enterprise = objectAt(document, ENTERPRISE);
  const values: Readonly<Record<PersonField, Json | undefined>> = {
    displayName: jsonAt(document, 'displayName'),
    givenName: name.givenName,
    familyName: name.familyName,
    email: emailsIn(document)[0]?.value,
    department: enterprise.department,
    title: jsonAt(document, 'title'),
  };
  return fromEach((field) => {
    const value = values[field];
    return typeof value === 'string' ? value : '';
  });
}

/** The document with what the form says; what the form has no field for stays. */
export function documentWith(document: UserDocument, form: PersonForm): UserDocument {
  const [first, ...others] = emailsIn(document);
  const rest = others.filter(
    ({ value }) => typeof value !== 'string' || foldName(value) !== foldName(form.email),
  );
  const emails =
    form.email === ''
      ? others
      : [{ ...(first ?? { type: 'work', primary: true }), value: form.email }, ...rest];
  return without({
    ...document,
    displayName: form.displayName,
    title: form.title,
    name: without({
      ...objectAt(document, 'name'),
      givenName: form.givenName,
      familyName: form.familyName,
    }),
    emails,
    [ENTERPRISE]: without({ ...objectAt(document, ENTERPRISE), department: form.department }),
  });
}

function fromEach(read: (field: PersonField) => string): PersonForm {
  return {
    displayName: read('displayName'),
    givenName: read('givenName'),
    familyName: read('familyName'),
    email: read('email'),
    department: read('department'),
    title: read('title'),
  };
}

/** Leaves out what is empty: SCIM knows no empty values. */
function without(values: object): Readonly<Record<string, unknown>> {
  return Object.fromEntries(
    Object.entries(values).filter(([, value]: [string, unknown]) => {
      if (value === '' || value === undefined || value === null) return false;
      return typeof value !== 'object' || Object.keys(value).length > 0;
    }),
  );
}

function emailsIn(document: UserDocument): JsonObject[] {
  const emails = jsonAt(document, 'emails');
  const all = emails !== undefined && isArray(emails) ? emails.filter((each) => isObject(each)) : [];
  return [...all.filter(({ primary }) => primary === true), ...all.filter(({ primary }) => primary !== true)];
}

function objectAt(document: UserDocument, name: string): JsonObject {
  const value = jsonAt(document, name);
  return value !== undefined && isObject(value) ? value : {};
}

/** Documents are JSON: they come from the database. */
function jsonAt(document: UserDocument, name: string): Json | undefined {
  return document[name] as Json | undefined;
}
