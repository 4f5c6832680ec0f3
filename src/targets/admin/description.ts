/** Targets as people describe them: the bodies of `POST` and `PATCH /api/v1/targets` and of `muster target add`. */
import { z } from 'zod';
import { faultInWords } from '../../core/schema-faults.ts';
import { Refusal } from '../../core/refusal.ts';
import { FIRST_PUSH_LIMITS } from '../../core/targets/push-guard.ts';
import { faultOfHost } from '../outgoing/address.ts';
import { CONNECTOR_TYPES } from '../connectors/types.ts';
import { webhookCredentials, webhookSettings } from '../connectors/webhook/settings.ts';

const groups = z.array(z.uuid()).max(100_000);
const allUsers = z.boolean();
const scope = z.strictObject({ groups: groups.default([]), allUsers: allUsers.default(false) });

const percent = z.number().min(0).max(100);
const atLeast = z.int().min(0);
const guards = z.strictObject({
  percent: percent.default(FIRST_PUSH_LIMITS.percent),
  atLeast: atLeast.default(FIRST_PUSH_LIMITS.atLeast),
});

const name = z.string().trim().min(1).max(200);
const mode = z.enum(['off', 'observe', 'enforce']);
const open = z.record(z.string(), z.unknown());

/** The body of `POST /targets`. */
export const description = z.strictObject({
  name,
  type: z.enum(['scim', 'webhook', 'ldap', 'sql', 'file']),
  mode: mode.default('observe'),
  scope: scope.prefault({}),
  settings: open,
  credentials: open.default({}),
  guards: guards.prefault({}),
});
export type TargetDescription = z.infer<typeof description>;

/** The body of `PATCH /targets/{id}`. */
export const change = z.strictObject({
  name: name.optional(),
  mode: mode.optional(),
  // Without defaults: what is not named stays.
  scope: z.strictObject({ groups: groups.optional(), allUsers: allUsers.optional() }).optional(),
  settings: open.optional(),
  credentials: open.optional(),
  guards: z.strictObject({ percent: percent.optional(), atLeast: atLeast.optional() }).optional(),
});
export type TargetChange = z.infer<typeof change>;

/** Reads the description of a new target. Refuses `target.invalid` with the path and the reason. */
export function readDescription(given: unknown): TargetDescription {
  return read(description, given, '');
}

/** Reads a change: what is absent stays; `settings` is merged, null takes a value away (RFC 7396). */
export function readChange(given: unknown): TargetChange {
  return read(change, given, '');
}

export interface TypedParts {
  readonly settings: Readonly<Record<string, unknown>>;
  readonly credentials: Readonly<Record<string, unknown>>;
}

/**
 * Reads settings and credentials as their type wants them, with defaults. Refuses `target.invalid`, also for an
 * address that would never be connected to: that is better told now than found by a failing target.
 */
export function readTypedParts(
  type: TargetDescription['type'],
  { settings, credentials }: TypedParts,
): TypedParts {
  if (type === 'webhook') {
    return {
      settings: reachable(read(webhookSettings, settings, 'settings')),
      credentials: read(webhookCredentials, credentials, 'credentials'),
    };
  }
  const { readSettings, readCredentials } = CONNECTOR_TYPES[type];
  return {
    settings: reachable(explain(() => readSettings(settings), 'settings')),
    credentials: explain(() => readCredentials(credentials), 'credentials'),
  };
}

function reachable(settings: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  const { url, host, allowPrivate } = settings;
  const name = typeof host === 'string' ? host : typeof url === 'string' ? new URL(url).hostname : null;
  const fault =
    name === null
      ? null
      : (faultOfHost(name, { allowPrivate: allowPrivate === true }) ??
        faultInTheClear({ url, allowPrivate }));
  if (fault === null) return settings;
  throw new Refusal('target.invalid', {
    why: `settings.${typeof host === 'string' ? 'host' : 'url'}: ${fault}.`,
  });
}

/** Without TLS only private networks are spoken to, which a target has to be allowed. */
function faultInTheClear({ url, allowPrivate }: Readonly<Record<string, unknown>>): string | null {
  const isClear = typeof url === 'string' && url.toLowerCase().startsWith('http:');
  return isClear && allowPrivate !== true
    ? 'without TLS only a private network is spoken to; write https://, or set allowPrivate where it is one of yours'
    : null;
}

/** A merge patch (RFC 7396) of one level: targets' settings are flat. */
export function merged(
  stored: Readonly<Record<string, unknown>>,
  patch: Readonly<Record<string, unknown>> = {},
): Readonly<Record<string, unknown>> {
  return Object.fromEntries(Object.entries({ ...stored, ...patch }).filter(([, value]) => value !== null));
}

function read<Shape>(shape: z.ZodType<Shape>, given: unknown, at: string): Shape {
  return explain(() => shape.parse(given, { error: faultInWords }), at);
}

function explain<T>(parse: () => T, at: string): T {
  try {
    return parse();
  } catch (error) {
    if (!(error instanceof z.ZodError)) throw error;
    const faults = error.issues.map(({ path, message }) => ({
      message,
      path: [at, ...path].filter((part) => part !== ''),
    }));
    const why = faults.map(({ path, message }) => `${path.join('.') || 'The target'} ${message}`).join('; ');
    throw new Refusal('target.invalid', { why: `${why}.` });
  }
}
