/** The form that brings a provider's answer: read within bounds, and counted before it is parsed. */
import { MAX_BODY_BYTES, MAX_RESPONSE_BYTES, censusChecks } from '../../core/saml/guard.ts';
import { type Check, firstFailing, LoginRefused } from '../../core/saml/reason.ts';
import { takeCensus, type XmlCensus } from '../../core/saml/census.ts';
import type { DoorContext } from '../../http/context.ts';
import { readForm } from '../../http/form.ts';
import { HttpProblem } from '../../http/problem.ts';

export interface AcsForm {
  readonly xml: string;
  readonly relayState: string;
}

/** Reads the form of a request. Refuses (LoginRefused) by the guard's first lines. */
export async function readAcsForm(context: DoorContext): Promise<AcsForm> {
  let form: URLSearchParams;
  try {
    form = await readForm(context, MAX_BODY_BYTES);
  } catch (error) {
    if (!(error instanceof HttpProblem)) throw error;
    throw new LoginRefused(error.code === 'body.too_large' ? 'body.too_large' : 'body.unreadable');
  }
  return readAnswer(form);
}

/** Takes the answer out of the form's fields. */
export function readAnswer(
  form: URLSearchParams,
  checks: readonly Check<XmlCensus>[] = censusChecks,
): AcsForm {
  const [response, another] = form.getAll('SAMLResponse');
  const [relayState = '', anotherState] = form.getAll('RelayState');
  if (response === undefined) throw new LoginRefused('response.missing');
  if (another !== undefined || anotherState !== undefined) throw new LoginRefused('response.repeated');
  const xml = decode(response);
  const census = takeCensus(xml);
  const failing = firstFailing(checks, census);
  if (failing !== null) throw new LoginRefused(failing);
  if (!census.isBalanced) throw new LoginRefused('xml.malformed');
  return { xml, relayState };
}

function decode(response: string): string {
  const text = response.replaceAll(/[\r\n\t ]+/g, '');
  if (text === '' || !/^[A-Za-z0-9+/]*={0,2}$/.test(text) || text.length % 4 !== 0) {
    throw new LoginRefused('response.encoding');
  }
  const bytes = Buffer.from(text, 'base64');
  if (bytes.length > MAX_RESPONSE_BYTES) throw new LoginRefused('response.too_large');
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw new LoginRefused('response.encoding');
  }
}
