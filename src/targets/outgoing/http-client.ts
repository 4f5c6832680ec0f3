/**
 * HTTP to one target. Every connection goes to an address that was checked after resolving, TLS is always
 * verified, redirects are never followed, every request has an end. What goes wrong becomes an outcome: `down`
 * when nothing can have been sent, `ambiguous` when it may have been.
 */
import { isIP } from 'node:net';
import { Agent, buildConnector } from 'undici';
import { errorCode } from '../../core/error-code.ts';
import { storableText } from '../../core/targets/foreign-text.ts';
import { outcomeOfAnswer } from '../../core/targets/http-answer.ts';
import type { Outcome } from '../../core/targets/outcome.ts';
import type { Exchange } from '../exchange.ts';
import { faultInTheClear, faultOfAddress } from './address.ts';
import { type AddressRule, checkedLookup } from './checked-lookup.ts';

export interface HttpSettings {
  readonly allowPrivate: boolean;
  /** Certificate authority in PEM, besides the well-known ones, that the target's certificate is checked by. */
  readonly ca?: string;
  /** Whole time of one request in ms. */
  readonly timeoutMs: number;
  /** Most connections at once. */
  readonly connections: number;
}

export interface HttpRequest {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
}

export type HttpReply =
  | { readonly kind: 'answer'; readonly status: number; readonly headers: Headers; readonly body: string }
  | { readonly kind: 'failed'; readonly outcome: Outcome };

type Headers = Readonly<Record<string, string | string[] | undefined>>;

export interface HttpClient {
  send(request: HttpRequest): Promise<HttpReply>;
  close(): Promise<void>;
}

/** More than a target has to say: an endless answer must not fill our memory. */
const LONGEST_ANSWER_BYTES = 32 * 1024 * 1024;
const TOO_LONG = 'with an answer of more than 32 MiB, which is not read';
const CONNECT_TIMEOUT_MS = 10_000;

/** The connection never came about, so nothing was sent. */
class NotConnected extends Error {}

/** Opens a client; `heard` is told of every exchange. */
export function openHttpClient(
  settings: HttpSettings,
  heard: (exchange: Exchange) => void = () => undefined,
): HttpClient {
  const agent = new Agent({
    connect: checkedConnector(settings),
    connections: settings.connections,
    pipelining: 1,
    headersTimeout: settings.timeoutMs,
    bodyTimeout: settings.timeoutMs,
    maxResponseSize: LONGEST_ANSWER_BYTES,
  });

  const send = async (request: HttpRequest): Promise<HttpReply> => {
    const begun = performance.now();
    const patience = AbortSignal.timeout(settings.timeoutMs);
    const tell = (status: number | null, answer: string): void =>
      heard({
        method: request.method,
        url: request.url,
        body: request.body ?? null,
        status,
        answer,
        ms: performance.now() - begun,
      });
    try {
      const url = new URL(request.url);
      const { statusCode, headers, body } = await agent.request({
        origin: url.origin,
        path: url.pathname + url.search,
        method: request.method,
        headers: request.headers,
        body: request.body ?? null,
        signal: patience,
      });
      const text = await readAnswer(body);
      tell(statusCode, text ?? TOO_LONG);
      // What a change led to is in the status; what was asked for is not.
      if (text === null && request.method === 'GET') {
        return { kind: 'failed', outcome: { kind: 'rejected', code: 0, why: `${statusCode} ${TOO_LONG}` } };
      }
      return { kind: 'answer', status: statusCode, headers, body: text ?? '' };
    } catch (error) {
      const outcome = outcomeOfFailure(error, request, patience);
      tell(null, 'why' in outcome ? outcome.why : '');
      return { kind: 'failed', outcome };
    }
  };

  // Destroyed, not closed: whoever closes has waited for what it sent, or wants it to end.
  return { send, close: () => agent.destroy() };
}

/** Null for an answer longer than is read. */
async function readAnswer(body: { text(): Promise<string> }): Promise<string | null> {
  try {
    return storableText(await body.text());
  } catch (error) {
    if (error instanceof Error && errorCode(error) === 'UND_ERR_RES_EXCEEDED_MAX_SIZE') return null;
    throw error;
  }
}

/** The outcome of an answer, with the header that tells of a pause and the first words of the body. */
export function outcomeOfReply(
  { status, headers, body }: Extract<HttpReply, { kind: 'answer' }>,
  now: number,
  detail: string = body.slice(0, 200),
): Outcome {
  const retryAfter = headers['retry-after'];
  return outcomeOfAnswer(
    { status, detail, retryAfter: typeof retryAfter === 'string' ? retryAfter : null },
    now,
  );
}

function outcomeOfFailure(error: unknown, { method }: HttpRequest, patience: AbortSignal): Outcome {
  const why = patience.aborted ? 'no answer in time' : describeFailure(error);
  const nothingDone = error instanceof NotConnected || method === 'GET';
  return nothingDone ? { kind: 'down', why } : { kind: 'ambiguous', why };
}

function describeFailure(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const code = errorCode(error);
  const cause = error instanceof NotConnected && error.cause instanceof Error ? errorCode(error.cause) : '';
  const { message } = error;
  return [message, ...new Set([code, cause])]
    .filter((part, at) => at === 0 || isNews(part, message))
    .join(' ');
}

/** Many messages hold their code already. */
function isNews(code: string, message: string): boolean {
  return code !== '' && !message.includes(code);
}

/**
 * Connects only to addresses that {@link faultOfAddress} lets pass, and without TLS only to those of private
 * networks: a token must never cross the open net. The check is part of the very lookup whose result is connected
 * to, so a name that answers differently the second time (DNS rebinding) gains nothing.
 */
function checkedConnector({ allowPrivate, ca }: HttpSettings): buildConnector.connector {
  const connector = (faultOf: AddressRule): buildConnector.connector => {
    const connect = buildConnector({
      timeout: CONNECT_TIMEOUT_MS,
      rejectUnauthorized: true,
      lookup: checkedLookup(faultOf),
      ...(ca === undefined ? {} : { ca }),
    });
    return (options, callback) => {
      const fault = isIP(bareHost(options.hostname)) === 0 ? null : faultOf(options.hostname);
      if (fault !== null) {
        callback(new NotConnected(fault), null);
        return;
      }
      connect(options, (...[error, socket]) => {
        if (error === null) callback(null, socket);
        else callback(new NotConnected(error.message, { cause: error }), null);
      });
    };
  };
  const overTls = connector((address) => faultOfAddress(address, { allowPrivate }));
  const inTheClear = connector((address) => faultInTheClear(address, { allowPrivate }));
  return (options, callback) => (options.protocol === 'https:' ? overTls : inTheClear)(options, callback);
}

function bareHost(hostname: string): string {
  return hostname.replace(/^\[|\]$/g, '');
}
