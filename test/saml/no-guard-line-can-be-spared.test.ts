import { beforeAll, describe, expect, it } from '@jest/globals';
import {
  type AssertionFacts,
  assertionChecks,
  censusChecks,
  type EnvelopeFacts,
  envelopeChecks,
} from '../../src/core/saml/guard.ts';
import type { XmlCensus } from '../../src/core/saml/census.ts';
import { type Check, LoginRefused, type LoginReason } from '../../src/core/saml/reason.ts';
import { readAnswer } from '../../src/sources/saml/acs-form.ts';
import { checkAssertion } from '../../src/sources/saml/login.ts';
import { verifyResponse } from '../../src/sources/saml/verify/response.ts';
import { corpus, type HostileMessage } from './corpus.ts';
import { type Asked, ENTITY, newKey, type TestKey } from './provider.ts';

const root = 'http://localhost/saml/uni';
const asked: Asked = { id: '_asked', relayState: 'r', acs: `${root}/acs`, entityId: `${root}/metadata` };
let key: TestKey;
beforeAll(() => {
  key = newKey();
});

interface Guard {
  readonly census: readonly Check<XmlCensus>[];
  readonly envelope: readonly Check<EnvelopeFacts>[];
  readonly assertion: readonly Check<AssertionFacts>[];
}

const whole: Guard = { census: censusChecks, envelope: envelopeChecks, assertion: assertionChecks };

/** What the guard's lines and the library make of a message; the database is not asked. */
async function judge({ form }: HostileMessage, guard: Guard): Promise<LoginReason | 'passed'> {
  const fields = form({ asked, key });
  try {
    const { xml } = readAnswer(new URLSearchParams(fields), guard.census);
    const expected = { issuer: ENTITY, acs: asked.acs, audience: asked.entityId };
    const task = { xml, expected, certificates: [key.certificate], wantResponseSigned: false };
    const read = await verifyResponse(task, guard.envelope);
    if (read.kind === 'refused') return read.reason;
    const { assertion, envelope } = read;
    checkAssertion({ assertion, envelope, expected, now: Date.now() }, guard.assertion);
    return 'passed';
  } catch (error) {
    if (error instanceof LoginRefused) return error.reason;
    throw error;
  }
}

/** Characters of a form: without the line that limits them, large ones would only keep the library busy. */
const sizeOf = ({ form }: HostileMessage): number =>
  new URLSearchParams(form({ asked, key })).toString().length;

/** Each line, and the guard without it. */
const lines = (Object.keys(whole) as (keyof Guard)[]).flatMap((part) =>
  whole[part].map(({ code }): [LoginReason, Guard] => [
    code,
    { ...whole, [part]: (whole[part] as readonly Check<never>[]).filter((check) => check.code !== code) },
  ]),
);

/** Lines that nothing else stands behind: without them at least one message of theirs is taken. */
const mustNotPass: ReadonlySet<LoginReason> = new Set<LoginReason>([
  ...(['response.destination', 'response.issuer', 'status.failed', 'signature.digest'] as const),
  ...(['assertion.version', 'assertion.issuer', 'confirmation.method', 'confirmation.recipient'] as const),
  ...(['confirmation.expired', 'confirmation.not_before', 'confirmation.unsolicited'] as const),
  ...([
    'response.in_response_to',
    'conditions.not_before',
    'conditions.expired',
    'audience.foreign',
  ] as const),
  ...(['authn.missing', 'authn.session_over', 'signature.algorithm', 'xml.comment', 'xml.cdata'] as const),
]);

describe('the guard', () => {
  it('has each code in one line only', () => {
    expect(new Set(lines.map(([code]) => code)).size).toBe(lines.length);
  });

  it.each(lines)('misses something without the line %s', async (code, without) => {
    const caught = corpus.filter(({ reason }) => reason === code);
    expect(caught.length).toBeGreaterThan(0);
    const verdicts = await Promise.all(caught.map((message) => judge(message, whole)));
    expect(verdicts).toEqual(caught.map(() => code));
    const small = caught.filter((message) => sizeOf(message) < 100_000);
    expect(small.length).toBeGreaterThan(0);
    const spared = await Promise.all(small.map((message) => judge(message, without)));
    expect(spared).not.toContain(code);
  });

  it.each(lines.filter(([code]) => mustNotPass.has(code)))(
    'would let a stranger in without the line %s',
    async (code, without) => {
      const caught = corpus.filter(({ reason }) => reason === code);
      const spared = await Promise.all(caught.map((message) => judge(message, without)));
      expect(spared).toContain('passed');
    },
  );
});
