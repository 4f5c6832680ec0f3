/** What a person meets when something did not work: in the frame that they know, with the request's number. */
import type { DoorContext } from '../http/context.ts';
import type { ErrorForm } from '../http/edge.ts';
import { Trouble, type TroubleProps } from './components/trouble.tsx';
import { hereOf } from './frame/arrival.ts';
import { pageText } from './frame/page.tsx';
import { pageAnswers, wordsOf } from './refusals.ts';
import { en } from './texts/en.ts';

/** The form of this door's errors; `now` in milliseconds since 1970. */
export function consoleErrorForm(now: () => number): ErrorForm {
  const write = (context: DoorContext, status: number, trouble: Wrong): void => {
    const body = <Trouble {...trouble} requestId={context.state.requestId} back={backOf(context)} />;
    context.status = status;
    context.type = 'html';
    context.set('Cache-Control', 'no-store');
    context.body = pageText(hereOf(context, now()), { title: trouble.title, children: body });
  };
  const { trouble } = en.shell;
  return {
    refusal: (context, refusal) => {
      const { status, hint } = pageAnswers[refusal.code];
      write(context, status, { title: trouble.title, what: wordsOf(refusal), hint: en.refusals[hint] });
    },
    problem: (context, { status, message }) =>
      status === 404
        ? write(context, 404, {
            title: trouble.notFound,
            what: trouble.notFoundWhat,
            hint: trouble.notFoundHint,
          })
        : write(context, status, { title: trouble.title, what: message, hint: trouble.reload }),
    fault: (context) =>
      write(context, 500, { title: trouble.fault, what: trouble.faultWhat, hint: trouble.faultHint }),
  };
}

type Wrong = Pick<TroubleProps, 'title' | 'what' | 'hint'>;

/** The page of ours that led here, so that a form that was refused is one click away. */
function backOf(context: DoorContext): string | null {
  const from = context.get('Referer');
  if (!URL.canParse(from)) return null;
  const { host, pathname, search } = new URL(from);
  return host === context.host && pathname !== context.path ? `${pathname}${search}` : null;
}
