import { beforeAll, describe, expect, it } from '@jest/globals';
import { DOMParser, XMLSerializer } from '@xmldom/xmldom';
import fc from 'fast-check';
import { envelopeChecks } from '../../src/core/saml/guard.ts';
import type { SignedAssertion } from '../../src/core/saml/message.ts';
import { type ResponseRead, verifyResponse } from '../../src/sources/saml/verify/response.ts';
import { FUZZ_PATIENCE_MS, runsOf } from '../support/fuzz.ts';
import { type Asked, ENTITY, newKey, respond, type TestKey } from './provider.ts';
import { wrappings } from './wrapping-corpus.ts';

const root = 'http://localhost/saml/uni';
const asked: Asked = { id: '_asked', relayState: 'r', acs: `${root}/acs`, entityId: `${root}/metadata` };
type Sign = readonly ('assertion' | 'response')[];
const ways: Readonly<Record<'assertion' | 'both', Sign>> = {
  assertion: ['assertion'],
  both: ['assertion', 'response'],
};
type Way = keyof typeof ways;

let key: TestKey;
/** An answer signed in each way, and what is read of it. */
const answers = new Map<Way, { readonly xml: string; readonly says: SignedAssertion }>();
beforeAll(async () => {
  key = newKey();
  for (const way of Object.keys(ways) as Way[]) {
    const xml = respond(asked, { key, sign: ways[way] });
    const read = await readOf(xml);
    if (read.kind === 'refused') throw new Error(read.reason);
    answers.set(way, { xml, says: read.assertion });
  }
});

/** What stands behind the guard's lines alone, or behind all. */
function readOf(xml: string, checks = envelopeChecks): Promise<ResponseRead> {
  const expected = { issuer: ENTITY, acs: asked.acs, audience: asked.entityId };
  return verifyResponse(
    { xml, expected, certificates: [key.certificate], wantResponseSigned: false },
    checks,
  );
}

/** One of the elements of that name, `*` for any. */
interface Pick {
  readonly name: string;
  readonly nth: number;
}

interface Step {
  readonly what: 'copy' | 'move' | 'remove' | 'wrap' | 'call' | 'refer' | 'cut';
  readonly one: Pick;
  readonly other: Pick;
  readonly place: 'before' | 'after' | 'first' | 'last';
  readonly isForged: boolean;
  readonly isSigned: boolean;
  readonly id: 'kept' | 'new' | 'Id' | 'none';
  readonly wrapper: string;
  readonly cut: 'comment' | 'cdata' | 'instruction';
}

const names = ['Response', 'Assertion', 'Assertion', 'Signature', 'SignedInfo', 'Reference', 'Subject', '*'];
const pick = fc.record({ name: fc.constantFrom(...names, 'NameID', 'AttributeValue'), nth: fc.nat(60) });
const step: fc.Arbitrary<Step> = fc.record({
  what: fc.constantFrom(
    ...(['copy', 'copy', 'copy', 'move', 'move', 'remove', 'wrap', 'call', 'refer', 'cut'] as const),
  ),
  one: pick,
  other: pick,
  place: fc.constantFrom('before', 'after', 'first', 'last'),
  isForged: fc.boolean(),
  isSigned: fc.boolean(),
  id: fc.constantFrom('kept', 'new', 'Id', 'none'),
  wrapper: fc.constantFrom(
    'samlp:Extensions',
    'saml:Advice',
    'ds:Object',
    'samlp:Response',
    'saml:Assertion',
  ),
  cut: fc.constantFrom('comment', 'cdata', 'instruction'),
});

const NAMESPACES: Readonly<Record<string, string>> = {
  samlp: 'urn:oasis:names:tc:SAML:2.0:protocol',
  saml: 'urn:oasis:names:tc:SAML:2.0:assertion',
  ds: 'http://www.w3.org/2000/09/xmldsig#',
};

const CDATA = 'cdata';
/** Copies of copies grow beyond what says anything new: an answer has some forty elements. */
const MOST_ELEMENTS = 120;

/** The text after the steps, each done where it can be. */
function rearranged(xml: string, steps: readonly Step[]): string {
  const document = new DOMParser().parseFromString(xml, 'text/xml');
  for (const each of steps) {
    const one = found(document, each.one);
    const other = found(document, each.other);
    if (one !== null && other !== null) apply(document, each, { one, other });
  }
  // The tree takes no CDATA sections, so a comment stands for one.
  return new XMLSerializer().serializeToString(document).replaceAll(`<!--${CDATA}-->`, '<![CDATA[]]>');
}

function found(document: Document, { name, nth }: Pick): Element | null {
  const all = document.getElementsByTagNameNS('*', name);
  return all.length === 0 ? null : all.item(nth % all.length);
}

function apply(
  document: Document,
  each: Step,
  { one, other }: { readonly one: Element; readonly other: Element },
): void {
  switch (each.what) {
    case 'copy':
      if (document.getElementsByTagNameNS('*', '*').length < MOST_ELEMENTS)
        put(each, copyOf(one, each), other);
      return;
    case 'move':
      return isWithin(other, one) ? undefined : put(each, one, other);
    case 'remove':
      if (one !== document.documentElement) one.parentNode?.removeChild(one);
      return;
    case 'wrap': {
      const [prefix = ''] = each.wrapper.split(':');
      const wrapper = document.createElementNS(NAMESPACES[prefix] ?? '', each.wrapper);
      one.parentNode?.replaceChild(wrapper, one);
      wrapper.appendChild(one);
      return;
    }
    case 'call':
      return one.setAttribute('ID', other.getAttribute('ID') ?? '_evil');
    case 'refer':
      return found(document, { name: 'Reference', nth: each.one.nth })?.setAttribute(
        'URI',
        `#${other.getAttribute('ID') ?? ''}`,
      );
    case 'cut':
      return cut(document, one, each.cut);
  }
}

function copyOf(element: Element, { isForged, isSigned, id }: Step): Element {
  const copy = element.cloneNode(true) as Element;
  if (!isSigned) {
    const [signature] = Array.from(copy.getElementsByTagNameNS(NAMESPACES.ds ?? '', 'Signature'));
    signature?.parentNode?.removeChild(signature);
  }
  if (isForged)
    for (const value of [copy, ...Array.from(copy.getElementsByTagNameNS('*', '*'))])
      if (value.firstChild !== null && ['alice', 'n1'].includes(value.textContent))
        (value.firstChild as Text).data = 'mallory';
  const standing = copy.getAttribute('ID') ?? '';
  if (id !== 'kept') copy.removeAttribute('ID');
  if (id === 'new') copy.setAttribute('ID', '_evil');
  if (id === 'Id') copy.setAttribute('Id', standing);
  return copy;
}

function put({ place }: Step, element: Element, at: Element): void {
  // Taken out first: the tree does not take a node before itself.
  element.parentNode?.removeChild(element);
  const parent = at.parentNode;
  const isRoot = at === at.ownerDocument.documentElement;
  if (!isRoot && parent !== null && (place === 'before' || place === 'after'))
    parent.insertBefore(element, place === 'before' ? at : at.nextSibling);
  else at.insertBefore(element, place === 'first' || place === 'before' ? at.firstChild : null);
}

function isWithin(element: Node | null, outer: Element): boolean {
  for (let node = element; node !== null; node = node.parentNode) if (node === outer) return true;
  return false;
}

/** Puts something into the middle of a text that signatures do not see, or see as text. */
function cut(document: Document, element: Element, how: Step['cut']): void {
  const text = element.firstChild;
  if (text?.nodeType !== 3) return;
  const { data } = text as Text;
  const [start, end] = [data.slice(0, 2), data.slice(2)];
  (text as Text).data = start;
  const between = {
    comment: () => document.createComment('x'),
    cdata: () => document.createComment(CDATA),
    instruction: () => document.createProcessingInstruction('x', 'y'),
  };
  element.insertBefore(document.createTextNode(end), text.nextSibling);
  element.insertBefore(between[how](), text.nextSibling);
}

describe('what is read of an answer', () => {
  it.each(wrappings.map((wrapping): [string, (typeof wrappings)[number]] => [wrapping.name, wrapping]))(
    '%s: is never the forged part, not even without the lines of the guard',
    async (_, { sign, after }) => {
      const xml = respond(asked, { key, sign, after });
      expect(xml).toContain('>mallory<');
      expect(await readOf(xml)).toEqual({ kind: 'refused', reason: 'assertion.count' });
      const read = await readOf(xml, []);
      expect(read.kind === 'read' ? read.assertion.attributes : []).not.toContainEqual({
        name: 'uid',
        values: ['mallory'],
      });
    },
  );

  it('is the whole of a text that a comment was put into', async () => {
    for (const name of ['>alice<', '>n1<']) {
      const longer = name.replace('<', '.evil<');
      const xml = respond(asked, {
        key,
        before: (text) => text.replace(name, longer),
        after: (text) => text.replace(longer, longer.replace('.', '<!-- -->.')),
      });
      const read = await readOf(xml);
      const says = read.kind === 'read' ? read.assertion : null;
      const values = [says?.nameId?.value, ...(says?.attributes.flatMap(({ values: all }) => all) ?? [])];
      expect(values.map((value) => (typeof value === 'string' ? `>${value}<` : ''))).toContain(longer);
    }
  });

  it(
    'is what was signed, however its parts are copied, forged, moved, wrapped, renamed and cut (property)',
    async () => {
      const seen = { read: 0, refused: 0 };
      const steps = fc.array(step, { maxLength: 5 });
      await fc.assert(
        fc.asyncProperty(fc.constantFrom<Way>('assertion', 'both'), steps, async (way, each) => {
          const answer = answers.get(way);
          const xml = rearranged(answer?.xml ?? '', each);
          for (const checks of [envelopeChecks, []]) {
            const read = await readOf(xml, checks);
            seen[read.kind] += 1;
            if (read.kind === 'read') expect(read.assertion).toEqual(answer?.says);
          }
        }),
        { ...runsOf(40), examples: [['assertion', []]] },
      );
      // What nobody changed is read; most of the rest is not.
      expect(seen.read).toBeGreaterThan(0);
      expect(seen.refused).toBeGreaterThan(seen.read / 20);
    },
    FUZZ_PATIENCE_MS,
  );
});
