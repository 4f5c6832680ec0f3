/**
 * Texts that targets send. They are shown to people and kept in the database, which takes neither NUL nor half of a
 * surrogate pair; a target that sends such a thing must get no further than one that sends nonsense.
 */

const STAND_IN = '\ufffd';
/** Nobody's answer is nested so deep; what reads it goes down with it. */
const DEEPEST = 100;
const LONGEST_ID = 1_000;
/** In JSON as we write it: NUL, and surrogates that stand alone. */
const UNSTORABLE = /\\u(?:0000|d[89a-f][0-9a-f]{2})/g;
// eslint-disable-next-line no-control-regex -- control characters are what this looks for
const CONTROL = /[\u0000-\u001f\u007f]/;

/** The text as the database takes it. */
export function storableText(text: string): string {
  return text.includes('\0') || !text.isWellFormed() ? text.toWellFormed().replaceAll('\0', STAND_IN) : text;
}

/** A value as JSON that the database takes. */
export function storableJson(value: unknown): string {
  return JSON.stringify(value).replaceAll(UNSTORABLE, '\\ufffd');
}

/** What a target sent as JSON, its texts storable; undefined when it is none, or nested deeper than anybody's. */
export function readForeignJson(text: string): unknown {
  if (depthOf(text) > DEEPEST) return undefined;
  try {
    return JSON.parse(text, (_key, part: unknown) => (typeof part === 'string' ? storableText(part) : part));
  } catch {
    return undefined;
  }
}

/** False for an id that no path of a URL could name, or that could not be kept. */
export function isRemoteId(id: string | undefined): id is string {
  return (
    id !== undefined &&
    id !== '' &&
    id.length <= LONGEST_ID &&
    id !== '.' &&
    id !== '..' &&
    id.isWellFormed() &&
    !CONTROL.test(id)
  );
}

function depthOf(text: string): number {
  let depth = 0;
  let deepest = 0;
  let isText = false;
  for (let at = 0; at < text.length; at += 1) {
    const char = text.charCodeAt(at);
    if (isText) {
      if (char === 0x5c) at += 1;
      else if (char === 0x22) isText = false;
    } else if (char === 0x22) isText = true;
    else if (char === 0x7b || char === 0x5b) deepest = Math.max(deepest, (depth += 1));
    else if (char === 0x7d || char === 0x5d) depth -= 1;
  }
  return deepest;
}
