/** Opening a webhook target from what is stored of it. */
import type { ConnectorWorld } from '../../connector.ts';
import { openHttpClient } from '../../outgoing/http-client.ts';
import {
  DELIVERY_TIMEOUT_MS,
  type WebhookMessage,
  type WebhookReceiver,
  webhookReceiver,
} from './delivery.ts';
import { webhookCredentials, webhookSettings } from './settings.ts';

export function openWebhook(
  given: unknown,
  secret: unknown,
  { now, heard }: Pick<ConnectorWorld, 'now' | 'heard'>,
): WebhookReceiver {
  const settings = webhookSettings.parse(given);
  const credentials = webhookCredentials.parse(secret);
  const { allowPrivate, ca } = settings;
  const http = openHttpClient(
    { allowPrivate, timeoutMs: DELIVERY_TIMEOUT_MS, connections: 1, ...(ca === undefined ? {} : { ca }) },
    heard,
  );
  return webhookReceiver({ settings, credentials, http, now });
}

/** A message that says nothing, to see whether a receiver takes it. */
export function testMessage(now: number): WebhookMessage {
  const timestamp = new Date(now).toISOString();
  return { id: `test-${now}`, payload: JSON.stringify({ type: 'target.test', timestamp, data: {} }) };
}
