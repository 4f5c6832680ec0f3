/** How the pages say no. */
import type { RefusalCode } from '../core/refusal.ts';
import type { DoorContext } from '../http/context.ts';
import type { ErrorForm } from '../http/edge.ts';
import { TroublePage } from './landing.tsx';
import { pageText } from './layout.tsx';

interface PageAnswer {
  readonly status: number;
  readonly hint: string;
}

/** What these pages let people do can be refused in few ways; a door that lets them do more answers more. */
const answers: Partial<Record<RefusalCode, PageAnswer>> = {
  'sign_in.link_invalid': { status: 403, hint: 'A new one: npx muster admin link, on the host.' },
};

export const consoleErrorForm: ErrorForm = {
  refusal: (context, refusal) => {
    const { status, hint } = answers[refusal.code] ?? { status: 409, hint: '' };
    writeTrouble(context, status, { title: 'That did not work', what: refusal.message, hint });
  },
  problem: (context, { status, message }) =>
    writeTrouble(context, status, {
      title: 'That did not work',
      what: message,
      hint: 'Load the page again.',
    }),
  fault: (context) =>
    writeTrouble(context, 500, {
      title: 'Something went wrong here',
      what: `It is in the log under ${context.state.requestId}.`,
      hint: 'Try again; tell the people who run this if it goes on.',
    }),
};

function writeTrouble(
  context: DoorContext,
  status: number,
  trouble: { readonly title: string; readonly what: string; readonly hint: string },
): void {
  context.status = status;
  context.type = 'html';
  context.body = pageText(<TroublePage {...trouble} />);
}
