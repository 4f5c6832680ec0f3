/**
 * Sends what waits in the outbox. One process at a time does it, by a lease; a mail that the server did not take is
 * tried again, and one that was taken while the process died may go out twice, with the same Message-ID.
 */
import { createTransport } from 'nodemailer';
import { emailKeysOf } from '../core/emails.ts';
import { errorCode } from '../core/error-code.ts';
import { MAIL_ATTEMPTS, type MailText, mailText, mailWaitSeconds, planMailText } from '../core/notices.ts';
import type { Database } from '../store/database.ts';
import { giveUpLease, takeLease } from '../store/leases.ts';
import { listDueMails, type MailRow, markMailFailed, markMailSent, pruneMails } from '../store/outbox.ts';

export interface MailerParts {
  readonly database: Database;
  /** `smtp://` or `smtps://`, with an account where the server asks for one. */
  readonly smtpUrl: string;
  readonly from: string;
  /** Address of the installation: what mails lead to. */
  readonly baseUrl: string;
  /** A uuid made anew at every start. */
  readonly holder: string;
  readonly onFault: (error: unknown) => void;
}

export interface Mailer {
  /** Looks at once whether something waits. */
  wake(): void;
  stop(): Promise<void>;
}

const EVERY_MS = 15_000;
const LEASE_SECONDS = 120;
/** Fewer than the lease lasts for, when each takes as long as it may. */
const AT_ONCE = 5;
const PATIENCE_MS = 10_000;

/** Starts at once; then after every wake, and every fifteen seconds. */
export function startMailer(parts: MailerParts): Mailer {
  const transport = createTransport({
    url: parts.smtpUrl,
    connectionTimeout: PATIENCE_MS,
    greetingTimeout: PATIENCE_MS,
    socketTimeout: PATIENCE_MS,
  });
  const send = (mail: MailRow, to: string): Promise<unknown> =>
    transport.sendMail({
      from: parts.from,
      to,
      messageId: `<${mail.item_id}@${new URL(parts.baseUrl).hostname}>`,
      headers: { 'Auto-Submitted': 'auto-generated' },
      ...textOf(mail, parts.baseUrl),
    });
  const state = { isStopping: false, isAsked: false, timer: null as NodeJS.Timeout | null };
  let running: Promise<void> | null = null;
  const look = (): void => {
    state.isAsked = true;
    running ??= run().finally(() => {
      running = null;
    });
  };
  const run = async (): Promise<void> => {
    if (state.timer !== null) clearTimeout(state.timer);
    try {
      while (state.isAsked && !state.isStopping) {
        state.isAsked = false;
        if (await sendDue(parts, send)) state.isAsked = true;
      }
    } catch (error) {
      parts.onFault(error);
    }
    if (!state.isStopping) state.timer = setTimeout(look, EVERY_MS);
  };
  look();
  return {
    wake: look,
    stop: async () => {
      state.isStopping = true;
      if (state.timer !== null) clearTimeout(state.timer);
      await running;
      transport.close();
    },
  };
}

/** Sends some of what is due; true when more may be. */
async function sendDue(
  { database, holder }: MailerParts,
  send: (mail: MailRow, to: string) => Promise<unknown>,
): Promise<boolean> {
  const mails = await listDueMails(database, AT_ONCE);
  if (mails.length === 0) return false;
  const lease = await takeLease(database, { name: 'mail', holder, seconds: LEASE_SECONDS });
  if (lease === null) return false;
  try {
    // Another may have sent some of them since.
    for (const mail of await listDueMails(database, AT_ONCE)) await sendOne(database, mail, send);
    await pruneMails(database);
  } finally {
    await giveUpLease(database, lease);
  }
  return mails.length === AT_ONCE;
}

async function sendOne(
  database: Database,
  mail: MailRow,
  send: (mail: MailRow, to: string) => Promise<unknown>,
): Promise<void> {
  const item = mail.item_n;
  const [address] = emailKeysOf(mail.document);
  if (address === undefined) {
    await markMailFailed(database, { item, error: 'no address', wait: null });
    return;
  }
  try {
    await send(mail, address.value);
  } catch (error) {
    const attempts = mail.attempts + 1;
    const isFinal = attempts >= MAIL_ATTEMPTS || isRefusedForGood(error);
    const wait = isFinal ? null : mailWaitSeconds(attempts);
    await markMailFailed(database, { item, error: reasonOf(error), wait });
    return;
  }
  await markMailSent(database, item);
}

/** RFC 5321 §4.2.1: a reply of 5yz means that the same mail is not taken later either. */
function isRefusedForGood(error: unknown): boolean {
  const reply = replyOf(error);
  return reply !== null && reply >= 500;
}

/** Codes alone: a server's words may name the address. */
function reasonOf(error: unknown): string {
  return [errorCode(error), replyOf(error)].filter((part) => part !== null).join(' ') || 'unknown';
}

function replyOf(error: unknown): number | null {
  const code =
    typeof error === 'object' && error !== null && 'responseCode' in error ? error.responseCode : null;
  return typeof code === 'number' ? code : null;
}

function textOf(mail: MailRow, baseUrl: string): MailText {
  if (mail.plan_id !== null) return planMailText(mail.plan_title ?? '', `${baseUrl}/plans/${mail.plan_id}`);
  const notice = {
    type: mail.type,
    group: mail.group_name ?? '',
    kind: mail.request_kind ?? 'join',
    about: mail.about,
    requestReason: mail.request_reason,
    decisionReason: mail.decision_reason,
  };
  return mailText(notice, `${baseUrl}/`);
}
