/** XML as a tree, for messages whose characters were counted before; namespaces are always asked for by their address. */
import { DOMParser, XMLSerializer } from '@xmldom/xmldom';

/** A node of the tree: as much of the DOM as is used here. */
export interface XmlNode {
  readonly nodeType: number;
  readonly parentNode: XmlNode | null;
  readonly firstChild: XmlNode | null;
  readonly nextSibling: XmlNode | null;
  readonly textContent: string | null;
}

export interface Element extends XmlNode {
  readonly nodeName: string;
  readonly localName: string | null;
  readonly namespaceURI: string | null;
  hasAttribute(name: string): boolean;
  getAttribute(name: string): string | null;
}

export const NS = {
  protocol: 'urn:oasis:names:tc:SAML:2.0:protocol',
  assertion: 'urn:oasis:names:tc:SAML:2.0:assertion',
  metadata: 'urn:oasis:names:tc:SAML:2.0:metadata',
  signature: 'http://www.w3.org/2000/09/xmldsig#',
  shibboleth: 'urn:mace:shibboleth:metadata:1.0',
  ui: 'urn:oasis:names:tc:SAML:metadata:ui',
} as const;

export type Namespace = keyof typeof NS;

/** The root of a document; null for what is no well-formed XML. */
export function parseXml(text: string): Element | null {
  const faults: unknown[] = [];
  const broken = (fault: unknown): void => void faults.push(fault);
  const parser = new DOMParser({ errorHandler: { warning: broken, error: broken, fatalError: broken } });
  try {
    // What was signed had its line ends made alike before.
    const document = parser.parseFromString(text.replaceAll(/\r\n?/g, '\n'), 'text/xml');
    const root = document.documentElement as unknown as Element | null;
    return faults.length > 0 || root === null || hasUnboundPrefix(root) ? null : root;
  } catch {
    return null;
  }
}

/** The parser takes a prefix that nobody declared. */
function hasUnboundPrefix(root: Element): boolean {
  return everyElement(root).some(({ nodeName, namespaceURI }) => nodeName.includes(':') && !namespaceURI);
}

/** Children that are elements. */
export function childrenOf(element: Element): Element[] {
  const children: Element[] = [];
  for (let node = element.firstChild; node !== null; node = node.nextSibling) {
    if (node.nodeType === 1) children.push(node as Element);
  }
  return children;
}

/** Children of that name. */
export function childrenNamed(element: Element, namespace: Namespace, name: string): Element[] {
  return childrenOf(element).filter((child) => isNamed(child, namespace, name));
}

/** The first child of that name. */
export function childNamed(element: Element, namespace: Namespace, name: string): Element | null {
  return childrenNamed(element, namespace, name)[0] ?? null;
}

export function isNamed(element: Element, namespace: Namespace, name: string): boolean {
  return element.localName === name && element.namespaceURI === NS[namespace];
}

/** Every element, the root first, without recursion. */
export function everyElement(root: Element): Element[] {
  const found = [root];
  for (const element of found) found.push(...childrenOf(element));
  return found;
}

/** An attribute without namespace; null where it is not there. */
export function attributeOf(element: Element, name: string): string | null {
  return element.hasAttribute(name) ? element.getAttribute(name) : null;
}

/** The text of an element, trimmed. */
export function textIn(element: Element | null): string {
  return (element?.textContent ?? '').trim();
}

/** An xs:dateTime in UTC, as SAML has it (Core §1.3.3), in milliseconds; NaN for anything else. */
export function instantIn(text: string | null): number {
  return text !== null && /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?Z$/.test(text) ? Date.parse(text) : NaN;
}

/** As {@link instantIn}; null where the attribute is not there. */
export function instantOf(element: Element, name: string): number | null {
  const text = attributeOf(element, name);
  return text === null ? null : instantIn(text);
}

/** The text of an element with the namespaces that it stands in. */
export function textOfElement(element: Element): string {
  return new XMLSerializer().serializeToString(
    element as unknown as Parameters<XMLSerializer['serializeToString']>[0],
  );
}
