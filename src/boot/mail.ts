import { randomUUID } from 'node:crypto';
import type { Logger } from 'pino';
import type { Settings } from '../config.ts';
import type { Database } from '../store/database.ts';
import type { Wake } from '../store/wake.ts';

export interface MailRoom {
  readonly database: Database;
  readonly settings: Settings;
  readonly wake: Wake;
  readonly log: Logger;
}

/** Sends mails where a mail server is set; answers how to stop. What speaks to mail servers is loaded for that alone. */
export async function startMail({ database, settings, wake, log }: MailRoom): Promise<() => Promise<void>> {
  const { smtpUrl, mailFrom, baseUrl } = settings;
  if (smtpUrl === null) return () => Promise.resolve();
  const { startMailer } = await import('../notices/mailer.ts');
  const mailer = startMailer({
    ...{ database, smtpUrl, baseUrl },
    from: mailFrom ?? `Muster <muster@${new URL(baseUrl).hostname}>`,
    holder: randomUUID(),
    onFault: (error) => log.warn({ err: error }, 'A round of mails failed; the next one tries again.'),
  });
  const forget = wake.onRing(() => mailer.wake());
  return async () => {
    forget();
    await mailer.stop();
  };
}
