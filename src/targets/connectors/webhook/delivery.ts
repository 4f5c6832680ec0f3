/** Sending one message to a webhook receiver (Standard Webhooks 1.0). */
import type { Outcome } from '../../../core/targets/outcome.ts';
import { type HttpClient, outcomeOfReply } from '../../outgoing/http-client.ts';
import type { WebhookCredentials, WebhookSettings } from './settings.ts';
import { signMessage } from './signature.ts';

/** Standard Webhooks asks for payloads under this. */
export const LARGEST_PAYLOAD_BYTES = 20_000;
/** Whole time that a receiver has to answer. */
export const DELIVERY_TIMEOUT_MS = 15_000;

export interface WebhookMessage {
  readonly id: string;
  readonly payload: string;
}

export interface WebhookReceiver {
  /** One try. Only 2xx is success; 410 is `rejected` with that code, and means that nothing more is wanted. */
  deliver(message: WebhookMessage): Promise<Outcome>;
  close(): Promise<void>;
}

export interface WebhookTarget {
  readonly settings: WebhookSettings;
  readonly credentials: WebhookCredentials;
  readonly http: HttpClient;
  /** Epoch ms. */
  readonly now: () => number;
}

export function webhookReceiver({ settings, credentials, http, now }: WebhookTarget): WebhookReceiver {
  const keys = [credentials.signingSecret, ...credentials.previousSigningKeys];
  return {
    deliver: async ({ id, payload }) => {
      const reply = await http.send({
        method: 'POST',
        url: settings.url,
        headers: {
          'content-type': 'application/json',
          'user-agent': 'Muster',
          ...signMessage({ id, at: now(), payload }, keys),
        },
        body: payload,
      });
      return reply.kind === 'failed' ? reply.outcome : outcomeOfReply(reply, now());
    },
    close: () => http.close(),
  };
}
