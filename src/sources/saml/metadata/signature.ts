import { SignedXml } from 'xml-crypto';
import { censusOfSignature, isAcceptedSignature } from '../verify/signature-facts.ts';
import { attributeOf, childrenNamed, type Element, textOfElement } from '../verify/dom.ts';

/** True when the root of metadata is signed as a whole by that certificate (PEM), with algorithms that are accepted. */
export function isSignedBy(xml: string, root: Element, signer: string): boolean {
  const [signature, another] = childrenNamed(root, 'signature', 'Signature');
  if (signature === undefined || another !== undefined) return false;
  const facts = censusOfSignature(signature);
  const id = attributeOf(root, 'ID');
  const isWhole =
    facts.references.length === 1 &&
    ['', ...(id === null ? [] : [`#${id}`])].includes(facts.references[0] ?? '-');
  if (!isWhole || !isAcceptedSignature(facts)) return false;
  const signed = new SignedXml({ publicCert: signer });
  try {
    signed.loadSignature(textOfElement(signature));
    return signed.checkSignature(xml.replaceAll(/\r\n?/g, '\n')) && signed.getSignedReferences().length === 1;
  } catch {
    return false;
  }
}
