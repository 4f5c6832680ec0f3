/** What an XML signature is made with. */
import { DIGEST_ALGORITHMS, SIGNATURE_ALGORITHMS, TRANSFORMS } from '../../../core/saml/guard.ts';
import { attributeOf, type Element, everyElement, isNamed } from './dom.ts';

export interface SignatureFacts {
  readonly references: readonly string[];
  readonly signatureAlgorithms: readonly string[];
  readonly digestAlgorithms: readonly string[];
  readonly transforms: readonly string[];
}

/** Reads them of everything below an element. */
export function censusOfSignature(element: Element): SignatureFacts {
  const all = everyElement(element);
  const algorithmsOf = (name: string): string[] =>
    all.filter(({ localName }) => localName === name).map((found) => attributeOf(found, 'Algorithm') ?? '');
  return {
    references: all
      .filter((found) => isNamed(found, 'signature', 'Reference'))
      .map((found) => attributeOf(found, 'URI') ?? ''),
    signatureAlgorithms: algorithmsOf('SignatureMethod'),
    digestAlgorithms: algorithmsOf('DigestMethod'),
    transforms: [...algorithmsOf('Transform'), ...algorithmsOf('CanonicalizationMethod')],
  };
}

/** True when nothing in it is made with an algorithm that is not accepted. */
export function isAcceptedSignature({
  signatureAlgorithms,
  digestAlgorithms,
  transforms,
}: SignatureFacts): boolean {
  return (
    signatureAlgorithms.every((name) => SIGNATURE_ALGORITHMS.has(name)) &&
    digestAlgorithms.every((name) => DIGEST_ALGORITHMS.has(name)) &&
    transforms.every((name) => TRANSFORMS.has(name))
  );
}
