/** What stands on a response before its signature is looked at. */
import type { Envelope } from '../../../core/saml/message.ts';
import { censusOfSignature } from './signature-facts.ts';
import { attributeOf, childNamed, type Element, everyElement, isNamed, textIn } from './dom.ts';

/** Reads it; nothing of it is to be believed, all of it is to be checked. */
export function readEnvelope(root: Element): Envelope {
  const all = everyElement(root);
  const issuer = childNamed(root, 'assertion', 'Issuer');
  const status = childNamed(root, 'protocol', 'Status');
  const code = status === null ? null : childNamed(status, 'protocol', 'StatusCode');
  const local = (name: string): Element[] => all.filter(({ localName }) => localName === name);
  const assertions = local('Assertion');
  const signatures = all.filter((element) => isNamed(element, 'signature', 'Signature'));
  const { signatureAlgorithms, digestAlgorithms, transforms } = censusOfSignature(root);
  return {
    isResponse: isNamed(root, 'protocol', 'Response'),
    version: attributeOf(root, 'Version') ?? '',
    destination: attributeOf(root, 'Destination'),
    issuer: issuer === null ? null : textIn(issuer),
    inResponseTo: attributeOf(root, 'InResponseTo'),
    status: code === null ? '' : (attributeOf(code, 'Value') ?? ''),
    assertions: assertions.length,
    ownAssertions: assertions.filter(
      (element) => element.parentNode === root && isNamed(element, 'assertion', 'Assertion'),
    ).length,
    encrypted: all.filter(({ localName }) => localName?.startsWith('Encrypted') === true).length,
    ids: all.flatMap((element) => attributeOf(element, 'ID') ?? []),
    strayOrRepeatedSignatures: strayOrRepeated(signatures, [root, ...assertions]),
    signatureAlgorithms,
    digestAlgorithms,
    transforms,
  };
}

function strayOrRepeated(signatures: readonly Element[], places: readonly Element[]): number {
  const parents = signatures.map(({ parentNode }) => parentNode);
  const stray = parents.filter((parent) => !places.some((place) => place === parent)).length;
  return stray + parents.length - new Set(parents).size;
}
