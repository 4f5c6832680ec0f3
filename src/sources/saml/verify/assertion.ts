/** What a signed assertion says. It is read from the text that was signed, and from nothing else. */
import type {
  AttributeValue,
  Confirmation,
  NameId,
  SamlAttribute,
  SignedAssertion,
} from '../../../core/saml/message.ts';
import {
  attributeOf,
  childNamed,
  childrenNamed,
  childrenOf,
  type Element,
  instantIn,
  instantOf,
  isNamed,
  textIn,
} from './dom.ts';

/** Reads an assertion; null for an element that is none. */
export function readAssertion(root: Element): SignedAssertion | null {
  if (!isNamed(root, 'assertion', 'Assertion')) return null;
  const subject = childNamed(root, 'assertion', 'Subject');
  const nameId = subject === null ? null : childNamed(subject, 'assertion', 'NameID');
  return {
    id: attributeOf(root, 'ID') ?? '',
    version: attributeOf(root, 'Version') ?? '',
    issuer: textIn(childNamed(root, 'assertion', 'Issuer')),
    nameId: nameId === null ? null : readNameId(nameId),
    confirmations:
      subject === null
        ? []
        : childrenNamed(subject, 'assertion', 'SubjectConfirmation').map(readConfirmation),
    conditions: readConditions(root),
    authn: readAuthn(root),
    attributes: readAttributes(root),
  };
}

function readNameId(element: Element): NameId {
  return {
    value: textIn(element),
    format: attributeOf(element, 'Format') ?? '',
    nameQualifier: attributeOf(element, 'NameQualifier'),
    spNameQualifier: attributeOf(element, 'SPNameQualifier'),
  };
}

function readConfirmation(element: Element): Confirmation {
  const data = childNamed(element, 'assertion', 'SubjectConfirmationData');
  return {
    method: attributeOf(element, 'Method') ?? '',
    recipient: data === null ? '' : (attributeOf(data, 'Recipient') ?? ''),
    inResponseTo: data === null ? '' : (attributeOf(data, 'InResponseTo') ?? ''),
    notBefore: data === null ? null : instantOf(data, 'NotBefore'),
    notOnOrAfter: instantIn(data === null ? null : attributeOf(data, 'NotOnOrAfter')),
  };
}

function readConditions(root: Element): SignedAssertion['conditions'] {
  const conditions = childNamed(root, 'assertion', 'Conditions');
  if (conditions === null) return null;
  return {
    notBefore: instantOf(conditions, 'NotBefore'),
    notOnOrAfter: instantOf(conditions, 'NotOnOrAfter'),
    audiences: childrenNamed(conditions, 'assertion', 'AudienceRestriction').map((restriction) =>
      childrenNamed(restriction, 'assertion', 'Audience').map(textIn),
    ),
  };
}

function readAuthn(root: Element): SignedAssertion['authn'] {
  const statement = childNamed(root, 'assertion', 'AuthnStatement');
  if (statement === null) return null;
  const context = childNamed(statement, 'assertion', 'AuthnContext');
  const authorities =
    context === null ? [] : childrenNamed(context, 'assertion', 'AuthenticatingAuthority').map(textIn);
  return {
    sessionIndex: attributeOf(statement, 'SessionIndex'),
    sessionNotOnOrAfter: instantOf(statement, 'SessionNotOnOrAfter'),
    authority: authorities.at(-1) ?? null,
  };
}

/** Several elements of one name are one attribute. */
function readAttributes(root: Element): SamlAttribute[] {
  const byName = new Map<string, AttributeValue[]>();
  const elements = childrenNamed(root, 'assertion', 'AttributeStatement').flatMap((statement) =>
    childrenNamed(statement, 'assertion', 'Attribute'),
  );
  for (const element of elements) {
    const name = attributeOf(element, 'Name') ?? '';
    const values = childrenNamed(element, 'assertion', 'AttributeValue').map(readValue);
    byName.set(name, [...(byName.get(name) ?? []), ...values]);
  }
  return [...byName].map(([name, values]) => ({ name, values }));
}

function readValue(element: Element): AttributeValue {
  const nameId = childrenOf(element).find((child) => isNamed(child, 'assertion', 'NameID'));
  return nameId === undefined ? textIn(element) : readNameId(nameId);
}
