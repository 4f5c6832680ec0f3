/** The frame of every page. */
import type { ComponentChildren } from 'preact';
import { renderToString } from 'preact-render-to-string';
import type { SignedIn } from '../http/context.ts';

export interface PageProps {
  readonly title: string;
  /** Who is signed in; null on pages for everybody. */
  readonly session: SignedIn | null;
  readonly children: ComponentChildren;
}

/** Where the style sheet is served. */
export const STYLE_PATH = '/assets/style.css';

/** A whole page. */
export function Page({ title, session, children }: PageProps) {
  return (
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <title>{`${title} · Muster`}</title>
        <link rel="stylesheet" href={STYLE_PATH} />
      </head>
      <body>
        <header>
          <a href="/">Muster</a>
          {session === null ? null : <SignOut session={session} />}
        </header>
        <main>{children}</main>
      </body>
    </html>
  );
}

function SignOut({ session }: { readonly session: SignedIn }) {
  return (
    <form method="post" action="/sign-out">
      <CsrfField session={session} />
      <span class="quiet">{session.name}</span> <button class="quiet">Sign out</button>
    </form>
  );
}

/** The field that every form of a session carries. */
function CsrfField({ session }: { readonly session: SignedIn }) {
  return <input type="hidden" name="csrf" value={session.csrfToken} />;
}

/** The text of a page. */
export function pageText(page: Parameters<typeof renderToString>[0]): string {
  return `<!doctype html>${renderToString(page)}`;
}
