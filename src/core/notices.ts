/** What people are told of requests and of held plans, as text of a mail. One language, in one place. */
import type { RequestKind } from './joining.ts';

export interface Notice {
  /** `request.created`, `request.approved`, `request.denied`, `request.cancelled` or `request.expired`. */
  readonly type: string;
  readonly group: string;
  readonly kind: RequestKind;
  /** Who made the request, where that is not the reader; null for the reader itself. */
  readonly about: string | null;
  readonly requestReason: string | null;
  readonly decisionReason: string | null;
}

export interface MailText {
  readonly subject: string;
  readonly text: string;
}

/** A notice as a mail; `home` is where the reader does something about it. */
export function mailText(notice: Notice, home: string): MailText {
  const { group, kind, about } = notice;
  const wish = `${kind} ${group}`;
  if (notice.type === 'request.created') {
    return {
      subject: `${about ?? 'Somebody'} asks to ${wish}`,
      text: lines([
        `${about ?? 'Somebody'} asks to ${wish}, and you may decide.`,
        notice.requestReason === null ? null : `Their reason: ${notice.requestReason}`,
        `Decide in Muster: ${home}`,
      ]),
    };
  }
  const end = notice.type.replace('request.', '');
  const sentence =
    end === 'expired'
      ? `Nobody decided of your request to ${wish} in time, so it has expired.`
      : `Your request to ${wish} was ${end}.`;
  return {
    subject: `Your request to ${wish}: ${end}`,
    text: lines([
      sentence,
      notice.decisionReason === null ? null : `The reason given: ${notice.decisionReason}`,
      `Your groups: ${home}`,
    ]),
  };
}

/** A plan that a guard held, as a mail to those who decide; `home` is where they do. */
export function planMailText(title: string, home: string): MailText {
  return {
    subject: `A guard held ${title}`,
    text: lines([
      `A guard held ${title}: it would take more away than passes unasked. Nothing of it is done until somebody who may approves it.`,
      `Look at it, and approve or reject it, in Muster: ${home}`,
    ]),
  };
}

/** Attempts after which a mail is given up: with the waits below, after about a day. */
export const MAIL_ATTEMPTS = 9;

/** Seconds to wait after so many failed attempts: a minute, doubled each time up to six hours. */
export function mailWaitSeconds(attempts: number): number {
  return Math.min(60 * 2 ** (attempts - 1), 21_600);
}

function lines(parts: readonly (string | null)[]): string {
  return `${parts.filter((part) => part !== null).join('\n\n')}\n`;
}
