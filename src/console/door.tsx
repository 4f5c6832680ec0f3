/** The pages: complete at their own addresses, with JavaScript off. */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { Router } from '@koa/router';
import type { JSX } from 'preact';
import type { Logger } from 'pino';
import type { Attribution } from '../core/attribution.ts';
import { SECRET_BYTES } from '../core/session.ts';
import { redeemSignInLink } from '../directory/sessions.ts';
import { type Directory, perform } from '../directory/work.ts';
import type { DoorContext, DoorMiddleware, DoorState } from '../http/context.ts';
import { answerErrors } from '../http/edge.ts';
import { readForm } from '../http/form.ts';
import { protectPage } from '../http/page-headers.ts';
import type { Sessions } from '../http/session.ts';
import { listOwnGroups } from '../store/effective/own-groups.ts';
import { listProviders } from '../store/saml/providers.ts';
import { consoleErrorForm } from './problem.tsx';
import { ConfirmLinkPage, OwnPage, type WayIn, WelcomePage } from './landing.tsx';
import { pageText, STYLE_PATH } from './layout.tsx';

export interface ConsoleParts {
  readonly directory: Directory;
  readonly sessions: Sessions;
  readonly log: Logger;
  readonly random: (bytes: number) => Buffer;
}

/** Most groups on one page. */
const SHOWN_GROUPS = 500;
const FORM_BYTES = 16_384;

/** Builds the door. Requests for other paths pass by. */
export function consoleDoor(parts: ConsoleParts): DoorMiddleware {
  const router = new Router<DoorState>();
  const style = readFileSync(new URL('./style.css', import.meta.url), 'utf8');
  const tag = `"${createHash('sha256').update(style).digest('base64url').slice(0, 16)}"`;

  router.get('/', async (context) => writePage(context, await firstPage(parts, context)));
  router.get(STYLE_PATH, (context) => {
    context.set({ ETag: tag, 'Cache-Control': 'public, max-age=300' });
    context.type = 'css';
    context.status = 200;
    if (context.fresh) context.status = 304;
    else context.body = style;
  });
  router.get('/sign-in/:link', async (context) => {
    // Only a person who opens the link by hand is signed in at once: a page that leads here, or a program that looks
    // ahead, must not use it up or sign anybody in.
    const isByHand = ['', 'none'].includes(context.get('Sec-Fetch-Site')) && context.method === 'GET';
    const isAhead = /prefetch|preview/i.test(`${context.get('Sec-Purpose')} ${context.get('Purpose')}`);
    if (isByHand && !isAhead) await redeem(parts, context, context.params.link ?? '');
    else writePage(context, <ConfirmLinkPage action={context.path} />);
  });
  router.post('/sign-in/:link', async (context) => {
    parts.sessions.requireOwnSite(context);
    await redeem(parts, context, context.params.link ?? '');
  });
  router.post('/sign-out', async (context) => {
    const form = await readForm(context, FORM_BYTES);
    parts.sessions.requireOwnForm(context, form.get('csrf') ?? '');
    await parts.sessions.end(context);
    seeOther(context, '/');
  });

  // The router's own context type asks for what it sets itself.
  const table = router.routes() as unknown as DoorMiddleware;
  const errors = answerErrors(consoleErrorForm, parts.log);
  return async (context, next) => {
    if (!router.match(context.path, context.method).route) {
      await next();
      return;
    }
    protectPage(context);
    await errors(context, async () => {
      await table(context, () => Promise.resolve());
    });
  };
}

async function firstPage({ sessions, directory }: ConsoleParts, context: DoorContext): Promise<JSX.Element> {
  const session = await sessions.find(context);
  if (session === null) return <WelcomePage ways={await waysIn(directory)} />;
  const groups = await listOwnGroups(directory.database, session.person.n, SHOWN_GROUPS);
  return <OwnPage session={session} groups={groups} />;
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

function signingIn({ state: { requestId } }: DoorContext): Attribution {
  return {
    actor: { kind: 'system', id: 'sign-in' },
    onBehalfOf: null,
    source: 'console',
    origin: { kind: 'console', action: 'sign-in' },
    requestId,
  };
}

function writePage(context: DoorContext, page: JSX.Element): void {
  context.status = 200;
  context.type = 'html';
  context.set('Cache-Control', 'no-store');
  context.body = pageText(page);
}

function seeOther(context: DoorContext, path: string): void {
  context.redirect(path);
  context.status = 303;
  context.set('Cache-Control', 'no-store');
}
