/** The pages: complete at their own addresses, with JavaScript off. */
import { Router } from '@koa/router';
import { holds } from '../core/actor.ts';
import { SECRET_BYTES } from '../core/session.ts';
import type { Attribution } from '../core/attribution.ts';
import { redeemSignInLink } from '../directory/sessions.ts';
import { type Directory, perform } from '../directory/work.ts';
import type { DoorContext, DoorMiddleware, DoorState, SignedIn } from '../http/context.ts';
import { answerErrors } from '../http/edge.ts';
import { readForm } from '../http/form.ts';
import { readFileForm } from '../http/multipart.ts';
import { protectPage } from '../http/page-headers.ts';
import { HttpProblem } from '../http/problem.ts';
import { countWaiting } from '../store/screens/waiting.ts';
import { listProviders } from '../store/saml/providers.ts';
import { forgetGoal, goalIn, hereOf, rememberGoal } from './frame/arrival.ts';
import { readAssets, sendAsset } from './frame/assets.ts';
import { leaveNotice, takeNotice } from './frame/notice.ts';
import { type PageProps, pageText } from './frame/page.tsx';
import { isSeen, SEEN_HEADER } from './frame/seen.ts';
import { keepTheme, readTheme } from './frame/theme.ts';
import type { ConsoleParts } from './parts.ts';
import { consoleErrorForm } from './problem.tsx';
import { screens } from './routes.ts';
import { leavingPage } from './saml-pages.tsx';
import type { Screen, ScreenAnswer, Visit } from './screen.ts';
import { ConfirmLink, type WayIn, Welcome } from './screens/sign-in.tsx';
import { en } from './texts/en.ts';

const FORM_BYTES = 262_144;

/** Builds the door. It is the last: what no door before it answered, and no row of its table does, is not found. */
export function consoleDoor(parts: ConsoleParts): DoorMiddleware {
  const router = new Router<DoorState>();
  for (const [path, asset] of readAssets()) router.get(path, (context) => sendAsset(context, asset));
  addSignIn(router, parts);
  router.post('/theme', async (context) => {
    parts.sessions.requireOwnSite(context);
    const form = await readForm(context, FORM_BYTES);
    keepTheme(context, readTheme(form.get('theme') ?? ''));
    seeOther(context, ownPath(form.get('back')));
  });
  for (const screen of screens) {
    router.register(screen.path, [screen.method], (context) => answer(parts, screen, context));
  }

  // The router's own context type asks for what it sets itself.
  const table = router.routes() as unknown as DoorMiddleware;
  const errors = answerErrors(consoleErrorForm(parts.now), parts.log);
  return async (context, next) => {
    const isKnown = router.match(context.path, context.method).route;
    if (!isKnown && context.accepts('text/html', 'json') !== 'text/html') {
      await next();
      return;
    }
    protectPage(context);
    await errors(context, async () => {
      if (!context.path.startsWith('/assets/')) {
        const session = await parts.sessions.find(context);
        if (session !== null) context.state.session = session;
      }
      if (!isKnown) throw notHere();
      await table(context, () => Promise.resolve());
    });
  };
}

function addSignIn(router: Router<DoorState>, parts: ConsoleParts): void {
  router.get('/', async (context, next) => {
    const goal = goalIn(context);
    if (context.state.session === undefined) {
      const ways = await waysIn(parts.directory);
      await writePage(parts, context, {
        title: en.shell.signIn.title,
        children: <Welcome ways={ways} isOnTheWay={goal !== null} />,
      });
    } else if (goal !== null) {
      forgetGoal(context);
      seeOther(context, goal);
    } else await next();
  });
  router.get('/sign-in/:link', async (context) => {
    // Only a person who opens the link by hand is signed in at once: a page that leads here, or a program that looks
    // ahead, must not use it up or sign anybody in.
    const isByHand = ['', 'none'].includes(context.get('Sec-Fetch-Site')) && context.method === 'GET';
    const isAhead = /prefetch|preview/i.test(`${context.get('Sec-Purpose')} ${context.get('Purpose')}`);
    if (isByHand && !isAhead) await redeem(parts, context, context.params.link ?? '');
    else {
      const children = <ConfirmLink action={context.path} />;
      await writePage(parts, context, { title: en.shell.signIn.title, children });
    }
  });
  router.post('/sign-in/:link', async (context) => {
    parts.sessions.requireOwnSite(context);
    await redeem(parts, context, context.params.link ?? '');
  });
  router.post('/sign-out', async (context) => {
    const form = await readForm(context, FORM_BYTES);
    parts.sessions.requireOwnForm(context, form.get('csrf') ?? '');
    const ended = await parts.sessions.end(context);
    const onward = ended === null ? null : await parts.leave(context, ended);
    if (onward === null) {
      seeOther(context, '/');
      return;
    }
    // Not a redirect: the policy of our pages lets forms lead to no other site.
    context.set({ Refresh: `0; url=${onward.address}`, 'Cache-Control': 'no-store' });
    context.type = 'html';
    context.body = leavingPage(onward);
  });
}

/** A button per identity provider that may be used. */
async function waysIn({ database }: Directory): Promise<readonly WayIn[]> {
  const usable = (await listProviders(database)).filter(({ expired }) => !expired);
  return usable.map(({ name, settings, metadata }) => ({
    title: settings.title ?? metadata.title ?? name,
    href: `/saml/${name}/login`,
  }));
}

async function redeem(
  { directory, sessions, random }: ConsoleParts,
  context: DoorContext,
  link: string,
): Promise<void> {
  sessions.requireFitSite();
  const secret = random(SECRET_BYTES).toString('base64url');
  await perform(directory, signingIn(context), (work) => redeemSignInLink(work, { link, secret }));
  await sessions.give(context, secret);
  seeOther(context, '/');
}

/** Answers a row of the table. Nobody yet is asked to sign in first; whom it is not for finds nothing there. */
async function answer(parts: ConsoleParts, screen: Screen, context: DoorContext): Promise<void> {
  const { session } = context.state;
  if (session === undefined) {
    if (screen.method === 'GET') rememberGoal(context);
    seeOther(context, '/');
    return;
  }
  if (context.url.includes('%00')) throw new HttpProblem('request.invalid', 'The address contains a NUL.');
  if (screen.takes === 'file') {
    await answerFile(parts, screen, { context, session });
    return;
  }
  const form = screen.method === 'POST' ? await readOwnForm(parts, context) : new URLSearchParams();
  if (screen.who?.(session.person) === false) throw notHere();
  const visit = visitOf(parts, context, { session, form, file: null });
  await write(parts, context, await screen.handle(visit), session);
}

/** Answers a form with a file. What is left of the request is read whatever becomes of it: browsers wait for that. */
async function answerFile(
  parts: ConsoleParts,
  screen: Screen,
  { context, session }: { readonly context: DoorContext; readonly session: SignedIn },
): Promise<void> {
  const sent = await readFileForm(context, FORM_BYTES);
  try {
    requireOwn(parts, context, sent.fields);
    if (screen.who?.(session.person) === false) throw notHere();
    const visit = visitOf(parts, context, { session, form: sent.fields, file: sent.file });
    await write(parts, context, await screen.handle(visit), session);
  } finally {
    sent.discard();
  }
}

async function readOwnForm(parts: ConsoleParts, context: DoorContext): Promise<URLSearchParams> {
  const form = await readForm(context, FORM_BYTES);
  requireOwn(parts, context, form);
  return form;
}

function requireOwn({ sessions }: ConsoleParts, context: DoorContext, form: URLSearchParams): void {
  sessions.requireOwnForm(context, form.get('csrf') ?? '');
  if ([...form.values()].some((value) => value.includes('\0'))) {
    throw new HttpProblem('body.malformed', 'The form contains a NUL character.');
  }
}

function visitOf(
  parts: ConsoleParts,
  context: DoorContext,
  { session, form, file }: Pick<Visit, 'session' | 'form' | 'file'>,
): Visit {
  const { requestId } = context.state;
  return {
    parts,
    session,
    person: session.person,
    by: {
      actor: session.person,
      onBehalfOf: null,
      source: 'console',
      origin: { kind: 'request', id: requestId },
      requestId,
    },
    path: context.path,
    // The router adds it.
    params: (context as DoorContext & { readonly params: Readonly<Record<string, string>> }).params,
    query: new URLSearchParams(context.querystring),
    form,
    file,
    now: new Date(parts.now()),
    t: en,
  };
}

async function write(
  parts: ConsoleParts,
  context: DoorContext,
  answered: ScreenAnswer,
  session: SignedIn,
): Promise<void> {
  switch (answered.kind) {
    case 'go':
      if (answered.notice !== undefined) leaveNotice(context, session, answered.notice);
      seeOther(context, answered.to);
      return;
    case 'file':
      context.status = 200;
      context.type = answered.type;
      context.attachment(answered.name);
      context.set('Cache-Control', 'no-store');
      context.body = answered.body;
      return;
    case 'page': {
      const { status = 200, body, ...page } = answered;
      await writePage(parts, context, { ...page, children: body }, status);
    }
  }
}

async function writePage(
  { now, directory }: ConsoleParts,
  context: DoorContext,
  page: PageProps,
  status = 200,
): Promise<void> {
  const { session } = context.state;
  const notice = session === undefined ? null : takeNotice(context, session);
  const waiting = session === undefined ? {} : await waitingFor(directory, session);
  const text = pageText(hereOf(context, now(), { notice, waiting }), page);
  context.set('Cache-Control', 'no-store');
  if (isSeen(text, context.get(SEEN_HEADER))) {
    context.status = 204;
    return;
  }
  context.status = status;
  context.type = 'html';
  context.body = text;
}

/** What waits for somebody, by path of the navigation. */
async function waitingFor({ database }: Directory, { person }: SignedIn): Promise<Record<string, number>> {
  const groups = holds(person, 'groups.manage') ? null : [...person.leads];
  const { unread, requests } = await countWaiting(database, person.n, groups);
  return { '/inbox': unread, '/requests': requests };
}

function notHere(): HttpProblem {
  return new HttpProblem('path.not_found', 'There is no such page.');
}

function signingIn({ state: { requestId } }: DoorContext): Attribution {
  return {
    actor: { kind: 'system', id: 'sign-in' },
    onBehalfOf: null,
    source: 'console',
    origin: { kind: 'console', action: 'sign-in' },
    requestId,
  };
}

/** A path of ours that a form named; the first page for anything else. */
function ownPath(text: string | null): string {
  return text !== null && /^\/(?![/\\])[^\s\\]*$/.test(text) ? text : '/';
}

function seeOther(context: DoorContext, path: string): void {
  context.redirect(path);
  context.status = 303;
  context.set('Cache-Control', 'no-store');
}
