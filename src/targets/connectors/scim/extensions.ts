/** Extensions of users that a service turns out not to know, by its own account of itself (RFC 7644 §4). */
import type { Operation, UnknownAttributes } from '../../connector.ts';
import type { ScimClient } from './client.ts';
import type { ScimSettings } from './settings.ts';
import { extensionsIn, USER_SCHEMA } from './user-resource.ts';

const DISCOVERY = ['/Schemas', '/ResourceTypes'] as const;

export type ExtensionJudge = (
  refused: Operation,
  what: { readonly why: string; readonly settings: ScimSettings },
) => Promise<UnknownAttributes | null>;

/**
 * Judges refused writes: which extensions that they carried the service does not know. It is asked what it knows at
 * the first refusal and not again. One that tells nothing is believed only where it refuses a new user and names the
 * extension as a whole; what it says of a single attribute is about a value, or about the path to it.
 */
export function extensionJudge(client: ScimClient): ExtensionJudge {
  let asked: Promise<string | null> | null = null;
  const tellsOf = (): Promise<string | null> =>
    (asked ??= readDiscovery(client, () => {
      asked = null;
    }));

  return async (refused, { why, settings }) => {
    const sent = extensionsIn(refused, settings);
    if (sent.length === 0) return null;
    const told = await tellsOf();
    if (told !== null) {
      const attributes = sent.filter((urn) => !told.includes(urn.toLowerCase()));
      return attributes.length === 0
        ? null
        : { attributes, evidence: `${DISCOVERY.join(' and ')} do not tell of it` };
    }
    const attributes = refused.kind === 'create' ? sent.filter((urn) => isNamedWhole(urn, why)) : [];
    return attributes.length === 0
      ? null
      : { attributes, evidence: 'it was named by the refusal of a new user' };
  };
}

/** What the service tells of itself, in lower case; null where that says nothing of users. */
async function readDiscovery(client: ScimClient, failedForNow: () => void): Promise<string | null> {
  const texts: string[] = [];
  for (const path of DISCOVERY) {
    const reply = await client.json(path);
    if (reply.kind === 'body') texts.push(JSON.stringify(reply.body).toLowerCase());
    else if (reply.kind === 'failed' && !['missing', 'rejected'].includes(reply.outcome.kind)) failedForNow();
  }
  const told = texts.join('\n');
  return told.includes(USER_SCHEMA.toLowerCase()) ? told : null;
}

/** True when a sentence names the URN, and not an attribute of it (`URN:department`). */
function isNamedWhole(urn: string, sentence: string): boolean {
  const [, ...after] = sentence.toLowerCase().split(urn.toLowerCase());
  return after.some((rest) => !/^[:.]?\w/.test(rest));
}
