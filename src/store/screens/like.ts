/** Patterns of LIKE for what people type. */

/** Texts that have it anywhere. */
export function anyPart(text: string): string {
  return `%${escaped(text)}%`;
}

/** Texts that begin with it. */
export function beginning(text: string): string {
  return `${escaped(text)}%`;
}

function escaped(text: string): string {
  return text.replace(/[\\%_]/g, '\\$&');
}
