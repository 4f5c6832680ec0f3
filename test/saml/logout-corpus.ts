import type { LoginReason } from '../../src/core/saml/reason.ts';
import {
  inSeconds,
  type LogoutAnswer,
  logoutQuery,
  type LogoutOptions,
  stranger,
  type TestKey,
} from './provider.ts';

/** A logout request that a browser brings, and the code that it must be refused with. */
export interface HostileLogout {
  readonly name: string;
  readonly reason: LoginReason;
  readonly query: (world: { readonly key: TestKey; readonly destination: string }) => string;
}

/** A good request, of somebody called `nobody`, but for the options; then its text is changed. */
const with_ = (
  name: string,
  reason: LoginReason,
  options: Partial<LogoutOptions>,
  after: (query: string) => string = (query) => query,
): HostileLogout => ({
  name,
  reason,
  query: ({ key, destination }) => after(logoutQuery({ key, destination, nameId: 'nobody', ...options })),
});
const changed = (name: string, reason: LoginReason, after: (query: string) => string): HostileLogout =>
  with_(name, reason, {}, after);
const without = (parameter: string) => (query: string) =>
  query
    .split('&')
    .filter((part) => !part.startsWith(`${parameter}=`))
    .join('&');

export const hostileLogouts: readonly HostileLogout[] = [
  changed('without signature', 'logout.unsigned', without('Signature')),
  changed('without algorithm', 'logout.unsigned', without('SigAlg')),
  changed('with a parameter twice', 'logout.parameters', (query) => `${query}&RelayState=x`),
  changed('with an unknown parameter', 'logout.parameters', (query) => `${query}&x=y`),
  changed('as request and answer at once', 'logout.parameters', (query) => `${query}&SAMLResponse=x`),
  changed('without message', 'logout.parameters', without('SAMLRequest')),
  with_('by SHA-1', 'logout.algorithm', { algorithm: 'http://www.w3.org/2000/09/xmldsig#rsa-sha1' }),
  {
    ...{ name: 'signed by a stranger', reason: 'logout.signature' },
    query: ({ destination }) => logoutQuery({ key: stranger(), destination, nameId: 'nobody' }),
  },
  changed('with another RelayState than was signed', 'logout.signature', (query) =>
    query.replace('RelayState=r1', 'RelayState=r2'),
  ),
  changed('with another message than was signed', 'logout.signature', (query) =>
    query.replace('SAMLRequest=', 'SAMLRequest=A'),
  ),
  with_('of another provider', 'logout.issuer', { issuer: 'https://evil.example.org' }),
  with_('for another address', 'logout.destination', { destination: 'https://other.example.org/logout' }),
  with_('of another version', 'logout.version', { version: '1.1' }),
  with_('that is no logout', 'logout.root', { root: 'AuthnRequest' }),
  with_('from an hour ago', 'logout.too_old', { issuedAt: inSeconds(-3_600) }),
  with_('from an hour ahead', 'logout.too_old', { issuedAt: inSeconds(3_600) }),
  with_('that is over', 'logout.too_old', { notOnOrAfter: inSeconds(-120) }),
  with_('of nobody', 'logout.subject', { nameId: '' }),
  with_('that inflates beyond bounds', 'logout.encoding', { nameId: 'a'.repeat(1_000_000) }),
  with_('in a query beyond bounds', 'logout.encoding', {
    nameId: Array.from({ length: 4_000 }, (_, n) => ((n * 2_654_435_761) >>> 0).toString(36)).join(''),
  }),
  with_('that is no well-formed XML', 'logout.root', { before: '<a>' }),
  with_('with a document type', 'xml.doctype', { before: '<!DOCTYPE x>' }),
];

/** A good answer to our request but for the change, and the code that it must be refused with. */
export interface HostileAnswer {
  readonly name: string;
  readonly reason: LoginReason;
  readonly change: Partial<LogoutAnswer>;
}

export const hostileAnswers: readonly HostileAnswer[] = [
  {
    name: 'of another provider',
    reason: 'logout.issuer',
    change: { issuer: 'https://evil.example.org' },
  },
  {
    name: 'signed by a stranger',
    reason: 'logout.signature',
    change: {
      get key() {
        return stranger();
      },
    },
  },
  {
    name: 'for another address',
    reason: 'logout.destination',
    change: { destination: 'https://other.example.org/' },
  },
  { name: 'that is a request', reason: 'logout.root', change: { root: 'LogoutRequest' } },
  { name: 'with another RelayState', reason: 'logout.unasked', change: { relayState: 'other' } },
  { name: 'to another request', reason: 'logout.unasked', change: { inResponseTo: '_other' } },
];
