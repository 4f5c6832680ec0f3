/** Names of groups, users and roles: how they are compared, and what they may look like (D-05). */
import { Refusal } from './refusal.ts';

const MAX_NAME = 1_000;
/** A name is found in an index, whose entries are limited to 2,704 bytes. */
const MAX_BYTES = 2_600;
/** So many characters are never more bytes than that, folded too. */
const SHORT = 400;
// eslint-disable-next-line no-control-regex -- control characters are what this looks for
const CONTROL = /[\u0000-\u001f\u007f]/;
/** Most names: they are in NFC already, and folding them is cheap. */
// eslint-disable-next-line no-control-regex -- all of ASCII
const ASCII = /^[\u0000-\u007f]*$/;

/** The form under which two names are the same: trimmed, Unicode NFC, case-folded (D-05). */
export function foldName(name: string): string {
  return foldText(name.trim());
}

/** The form under which texts are compared without case: Unicode NFC, case-folded. Folding twice changes nothing more. */
export function foldText(text: string): string {
  if (ASCII.test(text)) return text.toLowerCase();
  return text.normalize('NFC').toLowerCase().replaceAll('ß', 'ss').replaceAll('ς', 'σ').normalize('NFC');
}

/** A name as it is stored: trimmed and in NFC. Refuses an empty one, one over 1,000 characters, control characters and lone surrogates. */
export function readGroupName(text: string): string {
  const why = faultOfName(text);
  if (why !== null) throw new Refusal('group.invalid', { why: `A group's name ${why}.` });
  return text.trim().normalize('NFC');
}

/** A userName as it is stored; refusals as for {@link readGroupName}. */
export function readUserName(text: string): string {
  const why = faultOfName(text);
  if (why !== null) throw new Refusal('user.invalid', { why: `userName ${why}.` });
  return text.trim().normalize('NFC');
}

const MAX_KEY = 1_000;
const MAX_KEY_BYTES = 1_600;

/** What is wrong with an identity key's value, as the end of a sentence; null when it is good. It is found in an index beside its issuer. */
export function faultOfKey(value: string): string | null {
  if (value.length > MAX_KEY) return `must not be longer than ${MAX_KEY} characters`;
  const isLong = value.length > SHORT && Buffer.byteLength(foldText(value)) > MAX_KEY_BYTES;
  return isLong ? `must not be longer than ${MAX_KEY_BYTES} bytes in UTF-8` : null;
}

/** What is wrong with a name, as the end of a sentence; null when it is good. */
export function faultOfName(text: string): string | null {
  if (text.trim() === '') return 'must not be empty';
  if (text.length > MAX_NAME) return `must not be longer than ${MAX_NAME} characters`;
  if (text.length > SHORT && Buffer.byteLength(foldName(text)) > MAX_BYTES) {
    return `must not be longer than ${MAX_BYTES} bytes in UTF-8`;
  }
  if (CONTROL.test(text)) return 'must not contain control characters';
  if (!text.isWellFormed()) return 'must be well-formed Unicode';
  return null;
}
