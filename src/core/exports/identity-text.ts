/** The identity cell that names one user, as core/feeds/identity-cell.ts reads it under the order `targetedId|userName|email`. */
import { MAX_KEY } from '../feeds/identity-cell.ts';
import { faultOfName } from '../names.ts';
import { isSayable } from './csv-line.ts';

export interface ExportedTargetedId {
  readonly issuer: string;
  readonly audience: string | null;
  readonly value: string;
}

export interface NamedPerson {
  readonly userName: string | null;
  readonly email: string | null;
  readonly targetedId: ExportedTargetedId | null;
  readonly stub: boolean;
}

/**
 * The cell; null for a person whom no cell names, such as one whose userName has a `|`. A user is found by its
 * userName, beside its e-mail where the name looks like one; a stub is made by all that the cell gives.
 */
export function identityText(person: NamedPerson): string | null {
  const userName = partOf(person.userName);
  const email = person.email?.includes('@') === true ? partOf(person.email) : null;
  const targetedId = person.stub ? partOf(targetedIdText(person.targetedId)) : null;
  if (targetedId !== null) return `${targetedId}|${userName ?? ''}|${email ?? ''}`;
  if (userName === null) return email;
  const needsEmail = person.stub || userName.includes('@');
  if (needsEmail && email !== null) return `${userName}|${email}`;
  return userName === '*' ? null : userName;
}

/** As Shibboleth writes it, with whose it is; null where a part of it would be read otherwise. */
export function targetedIdText(id: ExportedTargetedId | null): string | null {
  if (id === null) return null;
  if (id.issuer === '' && id.audience === null) return id.value.includes('!') ? null : id.value;
  const parts = [id.issuer, id.audience ?? '', id.value];
  return parts.some((part) => part.includes('!')) ? null : parts.join('!');
}

function partOf(text: string | null): string | null {
  if (text === null || faultOfName(text) !== null) return null;
  return text.includes('|') || text.length > MAX_KEY || !isSayable(text) ? null : text;
}
