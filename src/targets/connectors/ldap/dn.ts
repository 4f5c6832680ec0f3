/** Distinguished names (RFC 4514): writing hostile values into them, and comparing them. */
import { foldText } from '../../../core/names.ts';

/** Specials of RFC 4514 §2.4 wherever they stand, controls, and spaces at either end. */
// eslint-disable-next-line no-control-regex -- control characters are among what must be escaped
const UNSAFE = /[\u0000-\u001f\u007f"#+,;<=>\\]|^ | $/g;

/** A value as it may stand in a name: what could end it is written as `\hh`. */
export function escapeDnValue(value: string): string {
  return value.replace(UNSAFE, (char) => `\\${char.charCodeAt(0).toString(16).padStart(2, '0')}`);
}

/** One step of a name with its attribute. */
export function rdn(attribute: string, value: string): string {
  return `${attribute}=${escapeDnValue(value)}`;
}

/**
 * The form under which two names are the same: types in small letters, values unescaped, folded and with inner
 * spaces run together (caseIgnoreMatch), parts of a multi-valued step in order. Null for a text that is no name.
 */
export function normalDn(dn: string): string | null {
  if (dn.trim() === '') return '';
  const steps = splitUnescaped(dn, /[,;]/).map((step) => {
    const parts = splitUnescaped(step, /\+/).map(normalPart);
    return parts.includes(null) ? null : parts.toSorted().join('+');
  });
  return steps.includes(null) ? null : steps.join(',');
}

/** True when `dn` lies below `base` or is it. Both in the form of {@link normalDn}. */
export function isBelow(dn: string, base: string): boolean {
  return dn === base || base === '' || dn.endsWith(`,${base}`);
}

/** What a name says in its first step, unescaped; empty when it says nothing. */
export function firstValue(dn: string): string {
  const [step = ''] = splitUnescaped(dn, /[,;+]/);
  return unescapeValue(step.slice(step.indexOf('=') + 1)) ?? '';
}

/** What a name says after its first step: the name of the entry above. */
export function parentOf(dn: string): string {
  const [step = ''] = splitUnescaped(dn, /[,;]/);
  return dn.slice(step.length + 1).trimStart();
}

/** Attribute of the first step of a name, in small letters. */
export function firstType(dn: string): string {
  return dn
    .slice(0, Math.max(dn.indexOf('='), 0))
    .trim()
    .toLowerCase();
}

function normalPart(part: string): string | null {
  const equals = part.indexOf('=');
  const type = part.slice(0, Math.max(equals, 0)).trim().toLowerCase();
  if (!/^([a-z][a-z0-9-]*|\d+(\.\d+)*)$/.test(type)) return null;
  const value = unescapeValue(part.slice(equals + 1));
  return value === null ? null : rdn(type, foldText(value).replaceAll(/ +/g, ' ').trim());
}

/** Splits where a separator is neither escaped nor inside quotes. */
function splitUnescaped(text: string, separator: RegExp): string[] {
  const parts: string[] = [];
  let part = '';
  let quoted = false;
  for (let at = 0; at < text.length; at += 1) {
    const char = text.charAt(at);
    if (char === '\\') {
      part += char + text.charAt(at + 1);
      at += 1;
    } else if (!quoted && separator.test(char)) {
      parts.push(part);
      part = '';
    } else {
      if (char === '"') quoted = !quoted;
      part += char;
    }
  }
  return [...parts, part];
}

/** Bytes of a value; null when an escape is cut short. A value in hexadecimal (`#04…`) stays as it is. */
function unescapeValue(written: string): string | null {
  const trimmed = written.replace(/^ +/, '').replace(/(?<!\\) +$/, '');
  const bare = /^"(?<inside>.*)"$/s.exec(trimmed)?.groups?.inside ?? trimmed;
  const bytes: Buffer[] = [];
  for (let at = 0; at < bare.length; at += 1) {
    const char = bare.charAt(at);
    if (char !== '\\') {
      bytes.push(Buffer.from(String.fromCodePoint(bare.codePointAt(at) ?? 0)));
      if (bare.codePointAt(at) !== char.charCodeAt(0)) at += 1;
      continue;
    }
    const hex = bare.slice(at + 1, at + 3);
    if (/^[0-9a-f]{2}$/i.test(hex)) {
      bytes.push(Buffer.from(hex, 'hex'));
      at += 2;
    } else if (at + 1 < bare.length) {
      bytes.push(Buffer.from(bare.charAt(at + 1)));
      at += 1;
    } else return null;
  }
  return Buffer.concat(bytes).toString();
}
