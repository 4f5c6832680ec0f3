/**
 * Why a login or logout by SAML is refused: one code per guard line. The person is shown a sentence and the request's
 * id; the code is for the log, the metrics and whoever runs this.
 */
export const loginReasons = {
  'provider.unknown': 'There is no such identity provider.',
  'provider.expired': 'What we know of the provider is too old to be trusted.',
  'rate.limited': 'Too many logins come from this address.',
  'verify.busy': 'Too many logins are being checked at the moment.',
  'verify.timeout': 'The answer took too long to check.',
  'body.unreadable': 'The body is no form that could be read.',
  'body.too_large': 'The body is too large.',
  'response.missing': 'The form holds no SAMLResponse.',
  'response.repeated': 'The form holds more than one SAMLResponse or RelayState.',
  'response.encoding': 'SAMLResponse is no Base64 of UTF-8.',
  'response.too_large': 'The response is too large.',
  'xml.doctype': 'The response holds a document type.',
  'xml.entity': 'The response refers to an entity.',
  'xml.processing_instruction': 'The response holds a processing instruction.',
  'xml.comment': 'The response holds a comment.',
  'xml.cdata': 'The response holds a CDATA section.',
  'xml.elements': 'The response has too many elements.',
  'xml.depth': 'The response nests too deeply.',
  'xml.attributes': 'An element of the response has too many attributes.',
  'xml.malformed': 'The response is no well-formed XML.',
  'response.root': 'It is no SAML response.',
  'response.version': 'The response is of another version of SAML.',
  'response.destination': 'The response was meant for another address.',
  'response.issuer': 'The response is of another provider than the one asked.',
  'status.failed': 'The provider says that the login did not succeed.',
  'assertion.encrypted': 'The assertion is encrypted, which we did not ask for.',
  'assertion.count': 'The response does not hold exactly one assertion.',
  'id.repeated': 'Two elements of the response have the same id.',
  'signature.count': 'The response holds a signature where none belongs.',
  'signature.algorithm': 'A signature is made with an algorithm that is not accepted.',
  'signature.digest': 'A digest is made with an algorithm that is not accepted.',
  'signature.transform': 'A signature transforms what it signs in a way that is not accepted.',
  'signature.invalid': 'The signature is not one of the provider over this assertion.',
  'assertion.version': 'The signed assertion is of another version of SAML.',
  'assertion.issuer': 'The signed assertion is of another provider than the one asked.',
  'confirmation.method': 'The assertion is not confirmed for whoever bears it.',
  'confirmation.recipient': 'The assertion was made out to another address.',
  'confirmation.not_before': 'The confirmation is not yet good.',
  'confirmation.expired': 'The confirmation is no longer good.',
  'confirmation.unsolicited': 'Nobody here asked for this login.',
  'response.in_response_to': 'Response and assertion answer different requests.',
  'conditions.missing': 'The assertion has no conditions.',
  'conditions.not_before': 'The assertion is not yet good.',
  'conditions.expired': 'The assertion is no longer good.',
  'audience.foreign': 'The assertion is for another audience.',
  'authn.missing': 'The assertion does not say that anybody logged in.',
  'authn.session_over': 'The session at the provider is over.',
  'transaction.missing': 'The browser has no login under way.',
  'request.unknown': 'The login that this answers is not under way in this browser.',
  'assertion.replayed': 'The assertion was used before.',
  'identity.none': 'The provider said nothing by which the account could be known.',
  'identity.conflict': 'What the provider says names two different accounts.',
  'identity.ambiguous': 'What the provider says fits several accounts.',
  'identity.unbound': 'An account of that name exists, and this provider may not sign in to it.',
  'identity.quarantined': 'The account name belonged to somebody else until recently.',
  'user.inactive': 'The account is not active.',
  'group.protected':
    'What the provider says would put the account into a group that gives permissions in Muster and does not trust the provider.',
  'user.unknown': 'There is no account, and this provider may not make one.',
  'logout.parameters': 'The address holds a parameter twice, or one that does not belong there.',
  'logout.unsigned': 'The message is not signed.',
  'logout.algorithm': 'The message is signed with an algorithm that is not accepted.',
  'logout.signature': 'The signature is not one of the provider.',
  'logout.encoding': 'The message cannot be unpacked, or is too large.',
  'logout.root': 'It is no SAML message of a logout.',
  'logout.version': 'The message is of another version of SAML.',
  'logout.issuer': 'The message is of another provider.',
  'logout.destination': 'The message was meant for another address.',
  'logout.too_old': 'The message is too old, or not yet good.',
  'logout.subject': 'The message does not say whose session ends.',
  'logout.unasked': 'Nobody here asked for the logout that this answers.',
  'logout.replayed': 'The message was used before.',
} as const satisfies Record<string, string>;

export type LoginReason = keyof typeof loginReasons;

/** Thrown where a login or logout is refused. It never carries what the provider said. */
export class LoginRefused extends Error {
  readonly reason: LoginReason;

  constructor(reason: LoginReason) {
    super(loginReasons[reason]);
    this.name = 'LoginRefused';
    this.reason = reason;
  }
}

/** One line of the guard: what must hold, and the code for when it does not. */
export interface Check<Facts> {
  readonly code: LoginReason;
  readonly holds: (facts: Facts) => boolean;
}

/** The code of the first line that does not hold; null when all do. */
export function firstFailing<Facts>(checks: readonly Check<Facts>[], facts: Facts): LoginReason | null {
  return checks.find(({ holds }) => !holds(facts))?.code ?? null;
}
