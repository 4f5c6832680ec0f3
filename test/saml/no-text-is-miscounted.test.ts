import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { takeCensus } from '../../src/core/saml/census.ts';
import { FUZZ_PATIENCE_MS, runsOf } from '../support/fuzz.ts';

interface Piece {
  readonly text: string;
  readonly elements: number;
  readonly depth: number;
  readonly comments: number;
  readonly entities: number;
}

const leaf = (text: string, counts: Partial<Piece> = {}): Piece => ({
  ...{ elements: 0, depth: 0, comments: 0, entities: 0 },
  ...counts,
  text,
});
const words = fc
  .constantFrom('a', ' ', '&amp;', '&#65;', '>', '"', '-->', '&#x1F600;')
  .map((text) => leaf(text));
const parts = fc.oneof(
  words,
  fc.constantFrom('&e;', '&', '&#;').map((text) => leaf(text, { entities: 1 })),
  // What stands inside a comment or an attribute is not counted as what it looks like.
  fc.constantFrom('<!---->', '<!-- <a> -->').map((text) => leaf(text, { comments: 1 })),
  fc
    .constantFrom('<a/>', `<a b="x>y"/>`, `<a b='"' c="'/>"/>`)
    .map((text) => leaf(text, { elements: 1, depth: 1 })),
);
const { tree } = fc.letrec<{ tree: Piece }>((tie) => ({
  tree: fc.oneof(
    { depthSize: 'medium', withCrossShrink: true },
    parts,
    fc.array(tie('tree'), { maxLength: 6 }).map((inner) => {
      const sum = (key: 'elements' | 'comments' | 'entities'): number =>
        inner.reduce((total, piece) => total + piece[key], 0);
      return {
        text: `<b x="1">${inner.map(({ text }) => text).join('')}</b>`,
        elements: 1 + sum('elements'),
        depth: 1 + Math.max(0, ...inner.map(({ depth }) => depth)),
        comments: sum('comments'),
        entities: sum('entities'),
      };
    }),
  ),
}));

describe('the census of a text', () => {
  it(
    'counts what the text was made of (property)',
    () => {
      fc.assert(
        fc.property(tree, ({ text, ...counts }) => {
          const census = takeCensus(text);
          expect(census).toMatchObject({ ...counts, isBalanced: true, doctypes: 0, cdataSections: 0 });
        }),
        runsOf(300),
      );
    },
    FUZZ_PATIENCE_MS,
  );

  it.each([
    ['an end tag too many', '<a></b><!-- x --></a>'],
    ['an end tag of another name', '<a></b>'],
    ['an end tag with quotes', '<a></"><!-- x -->"></a>'],
    ['an end tag that holds more', '<a></a b></a>'],
    ['a slash inside a tag', '<a/ ></a>'],
    ['an end tag of another kind of space', '<a></a\u00a0></a>'],
  ])('finds %s', (_, text) => {
    expect(takeCensus(text).isBalanced).toBe(false);
  });

  it('takes spaces before the end of a tag', () => {
    expect(takeCensus('<a b="/"\n><c /></a \t\r\n>')).toMatchObject({
      isBalanced: true,
      elements: 2,
      depth: 2,
    });
  });

  it(
    'of any characters at all is an answer, within what the text can hold (property)',
    () => {
      const bits = ['<', '>', '/', '!', '?', '--', '[CDATA[', ']]>', '"', "'", '&', ';', 'a', '=', ' ', '\n'];
      const anything = fc.array(fc.oneof(fc.constantFrom(...bits), fc.string()), { maxLength: 200 });
      fc.assert(
        fc.property(anything, (pieces) => {
          const text = pieces.join('');
          const { isBalanced, ...counts } = takeCensus(text);
          for (const count of Object.values(counts)) {
            expect(count).toBeGreaterThanOrEqual(0);
            expect(count).toBeLessThanOrEqual(text.length);
          }
          expect(typeof isBalanced).toBe('boolean');
        }),
        runsOf(300),
      );
    },
    FUZZ_PATIENCE_MS,
  );
});
