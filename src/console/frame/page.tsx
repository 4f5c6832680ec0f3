/** The frame of every page. */
import type { ComponentChildren, JSX } from 'preact';
import { renderToString } from 'preact-render-to-string';
import { Button } from '../components/button.tsx';
import { Form } from '../components/form.tsx';
import { NoticeBox } from '../components/notice-box.tsx';
import { assetPaths } from './assets.ts';
import { type Here, HereProvider, useHere } from './here.ts';
import { waysOf } from './navigation.ts';
import { themes } from './theme.ts';

export interface Crumb {
  readonly text: string;
  readonly href: string;
}

export interface PageProps {
  readonly title: string;
  /** The way of the navigation that the page belongs to; its own path when left out. */
  readonly at?: string;
  /** What the way to the page calls it; its title when left out. */
  readonly crumb?: string;
  /** Pages above this one. */
  readonly crumbs?: readonly Crumb[];
  /** Seconds after which the page asks for itself again: for what is under way. */
  readonly refresh?: number;
  readonly children: ComponentChildren;
}

/** Nothing inline, no evaluation, nobody else's address: what the policy of the pages allows. */
const HTMX_CONFIG = JSON.stringify({
  includeIndicatorStyles: false,
  allowEval: false,
  allowScriptTags: false,
  selfRequestsOnly: true,
  historyCacheSize: 0,
});

/** The text of a whole page. */
export function pageText(here: Here, page: PageProps): string {
  return `<!doctype html>${renderToString(
    <HereProvider value={here}>
      <Page {...page} />
    </HereProvider>,
  )}`;
}

function Page({ title, at, crumb = title, crumbs = [], refresh, children }: PageProps) {
  const { t, session, theme, notice, path } = useHere();
  return (
    <html lang="en" data-theme={theme}>
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="htmx-config" content={HTMX_CONFIG} />
        <title>{`${title} · ${t.shell.product}`}</title>
        <link rel="stylesheet" href={assetPaths.style} />
        <link rel="icon" href={assetPaths.icon} type="image/svg+xml" />
        <script src={assetPaths.htmx} defer />
        {refresh === undefined ? null : (
          <noscript>
            <meta http-equiv="refresh" content={String(refresh)} />
          </noscript>
        )}
      </head>
      <body class={session === null ? 'outside' : 'inside'}>
        <a class="skip" href="#content">
          {t.shell.skip}
        </a>
        <Top />
        {session === null ? null : <Menu at={at ?? path} />}
        <main id="content" tabIndex={-1}>
          {crumbs.length === 0 ? null : <Crumbs crumbs={crumbs} title={crumb} />}
          {notice === null ? null : <NoticeBox notice={notice} />}
          {children}
        </main>
        <Foot />
      </body>
    </html>
  );
}

function Top() {
  const { t, session } = useHere();
  return (
    <header class="top">
      <a class="brand" href="/">
        <img src={assetPaths.icon} alt="" width="24" height="24" />
        {t.shell.product}
      </a>
      {session === null ? null : (
        <div class="whoami">
          <span class="name">
            <span class="sr">{t.shell.signedInAs} </span>
            {session.name}
          </span>
          <Form action="/sign-out">
            <Button tone="plain" size="small">
              {t.shell.signOut}
            </Button>
          </Form>
          <button type="button" class="menu-button" popovertarget="menu">
            {t.shell.menu}
          </button>
        </div>
      )}
    </header>
  );
}

function Menu({ at }: { readonly at: string }) {
  const { t, session, waiting } = useHere();
  if (session === null) return null;
  return (
    <nav id="menu" class="menu" popover="auto" aria-label={t.shell.menu}>
      <div class="menu-inside">
        <p class="menu-name">
          {t.shell.signedInAs} {session.name}
        </p>
        {waysOf(session.person).map(({ title, ways }) => (
          <section key={title(t)}>
            <h2>{title(t)}</h2>
            <ul>
              {ways.map(({ path, text }) => (
                <li key={path}>
                  <a href={path} aria-current={isAt(at, path) ? 'page' : undefined}>
                    {text(t)}
                    <Waiting count={waiting[path] ?? 0} />
                  </a>
                </li>
              ))}
            </ul>
          </section>
        ))}
      </div>
    </nav>
  );
}

function Waiting({ count }: { readonly count: number }): JSX.Element | null {
  const { t } = useHere();
  if (count === 0) return null;
  return (
    <span class="count">
      <span aria-hidden="true">{count}</span>
      <span class="sr">{t.shell.waiting(count)}</span>
    </span>
  );
}

function Crumbs({ crumbs, title }: { readonly crumbs: readonly Crumb[]; readonly title: string }) {
  const { t } = useHere();
  return (
    <nav class="crumbs" aria-label={t.shell.breadcrumbs}>
      <ol>
        {crumbs.map(({ text, href }) => (
          <li key={href}>
            <a href={href}>{text}</a>
          </li>
        ))}
        <li aria-current="page">{title}</li>
      </ol>
    </nav>
  );
}

function Foot() {
  const { t, theme, path } = useHere();
  return (
    <footer class="foot">
      <form method="post" action="/theme">
        <fieldset class="segments">
          <legend>{t.shell.theme.label}</legend>
          <input type="hidden" name="back" value={path} />
          {themes.map((name) => (
            <button key={name} name="theme" value={name} aria-pressed={name === theme ? 'true' : 'false'}>
              {t.shell.theme[name]}
            </button>
          ))}
        </fieldset>
      </form>
    </footer>
  );
}

function isAt(at: string, path: string): boolean {
  return at === path || at.startsWith(`${path}/`);
}
