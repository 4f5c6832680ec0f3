/** E-mail addresses of a user's document, as the keys that find the user. */
import { foldName } from './names.ts';

export interface EmailKey {
  readonly key: string;
  readonly value: string;
}

/** The addresses in `emails[].value`, each once by its folded form, in order. */
export function emailKeysOf(document: Readonly<Record<string, unknown>>): EmailKey[] {
  const emails: unknown = document.emails;
  if (!Array.isArray(emails)) return [];
  const keys = new Map<string, string>();
  for (const email of emails as readonly unknown[]) {
    const value = typeof email === 'object' && email !== null && 'value' in email ? email.value : null;
    if (typeof value === 'string' && value.trim() !== '' && !keys.has(foldName(value))) {
      keys.set(foldName(value), value);
    }
  }
  return [...keys].map(([key, value]) => ({ key, value }));
}
