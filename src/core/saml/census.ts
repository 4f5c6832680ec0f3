/**
 * What an XML text is made of, counted in one pass over its characters before any parser sees it: a parser may be led
 * to spend minutes on some kilobytes, a count cannot.
 */
export interface XmlCensus {
  readonly doctypes: number;
  /** References to anything but a character or the five entities that every document has. */
  readonly entities: number;
  /** Apart from one XML declaration at the start. */
  readonly processingInstructions: number;
  readonly comments: number;
  readonly cdataSections: number;
  readonly elements: number;
  /** Deepest nesting of elements; the root is 1. */
  readonly depth: number;
  /** Most attributes on one element. */
  readonly attributes: number;
  /**
   * False where a construct does not end, a tag is no tag, or an end tag is not that of the element that is open. The
   * counts are then those of what came before: a parser may mend such a text, and see in the rest what was not counted.
   */
  readonly isBalanced: boolean;
}

type Counts = { -readonly [Key in keyof XmlCensus]: XmlCensus[Key] };

const KNOWN_REFERENCE = /^&(?:amp|lt|gt|quot|apos|#\d{1,7}|#x[0-9a-fA-F]{1,6});/;

/** Counts; linear in the length of the text, whatever stands in it. */
export function takeCensus(text: string): XmlCensus {
  const counts: Counts = {
    ...{
      doctypes: 0,
      entities: countEntities(text),
      processingInstructions: 0,
      comments: 0,
      cdataSections: 0,
    },
    ...{ elements: 0, depth: 0, attributes: 0, isBalanced: true },
  };
  const open: string[] = [];
  let at = text.startsWith('<?xml ') ? endOf(text, '?>', 0) : 0;
  while (at < text.length) {
    const start = text.indexOf('<', at);
    if (start < 0) break;
    at = skipConstruct(text, start, counts);
    if (at < 0) return { ...counts, isBalanced: false };
    if (text[start + 1] === '/') {
      if (open.pop() !== nameBefore(text, start + 2, at - 1)) return { ...counts, isBalanced: false };
    } else if (isElement(text, start)) {
      counts.elements += 1;
      counts.depth = Math.max(counts.depth, open.length + 1);
      if (text[at - 2] !== '/') open.push(nameAt(text, start + 1));
    }
  }
  return { ...counts, isBalanced: open.length === 0 };
}

function isElement(text: string, start: number): boolean {
  return text[start + 1] !== '!' && text[start + 1] !== '?';
}

const isSpace = (character: string | undefined): boolean =>
  character === ' ' || character === '\n' || character === '\t' || character === '\r';

/** The name of an element, from there until a space or the end of its tag. */
function nameAt(text: string, start: number): string {
  let end = start;
  while (end < text.length && !isSpace(text[end]) && text[end] !== '/' && text[end] !== '>') end += 1;
  return text.slice(start, end);
}

/** The name in an end tag: all of it but spaces at its end. */
function nameBefore(text: string, start: number, end: number): string {
  let last = end;
  while (last > start && isSpace(text[last - 1])) last -= 1;
  return text.slice(start, last);
}

/** Where the construct that starts there ends; -1 where it does not. */
function skipConstruct(text: string, start: number, counts: Counts): number {
  if (text.startsWith('<!--', start)) {
    counts.comments += 1;
    return endOf(text, '-->', start + 4);
  }
  if (text.startsWith('<![CDATA[', start)) {
    counts.cdataSections += 1;
    return endOf(text, ']]>', start);
  }
  if (text.startsWith('<!', start)) {
    counts.doctypes += 1;
    return endOf(text, '>', start);
  }
  if (text.startsWith('<?', start)) {
    counts.processingInstructions += 1;
    return endOf(text, '?>', start);
  }
  return text.startsWith('</', start) ? endOf(text, '>', start) : endOfTag(text, start, counts);
}

/** A `>` inside an attribute's value does not end its tag, and a `/` anywhere else stands right before its end. */
function endOfTag(text: string, start: number, counts: Counts): number {
  let attributes = 0;
  for (let at = start + 1; at < text.length; at += 1) {
    const character = text[at];
    if (character === '>') {
      counts.attributes = Math.max(counts.attributes, attributes);
      return at + 1;
    }
    if (character === '<' || (character === '/' && text[at + 1] !== '>')) return -1;
    if (character === '"' || character === "'") {
      attributes += 1;
      at = text.indexOf(character, at + 1);
      if (at < 0) return -1;
    }
  }
  return -1;
}

function endOf(text: string, ending: string, from: number): number {
  const at = text.indexOf(ending, from);
  return at < 0 ? -1 : at + ending.length;
}

function countEntities(text: string): number {
  let unknown = 0;
  for (let at = text.indexOf('&'); at >= 0; at = text.indexOf('&', at + 1)) {
    if (!KNOWN_REFERENCE.test(text.slice(at, at + 12))) unknown += 1;
  }
  return unknown;
}
