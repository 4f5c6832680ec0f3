/**
 * A screen is a row: a path, for whom, and what answers. To add one: write `screens/NAME.tsx` with its rows, put them
 * into routes.ts, its sentences into texts/en/NAME.ts, and its way into frame/navigation.ts.
 */
import type { Readable } from 'node:stream';
import type { ComponentChildren } from 'preact';
import type { Person } from '../core/actor.ts';
import type { Attribution } from '../core/attribution.ts';
import type { SignedIn } from '../http/context.ts';
import type { SentFile } from '../http/multipart.ts';
import type { Crumb } from './frame/page.tsx';
import type { Notice } from './frame/notice.ts';
import type { ConsoleParts } from './parts.ts';
import type { Texts } from './texts/en.ts';

/** A request of somebody who is signed in. */
export interface Visit {
  readonly parts: ConsoleParts;
  readonly session: SignedIn;
  readonly person: Person;
  /** Whom writes are put down to. */
  readonly by: Attribution;
  readonly path: string;
  readonly params: Readonly<Record<string, string>>;
  readonly query: URLSearchParams;
  /** What a form sent; empty for a GET. */
  readonly form: URLSearchParams;
  /** The file that a form sent, for screens that take one. */
  readonly file: SentFile | null;
  readonly now: Date;
  readonly t: Texts;
}

export type ScreenAnswer =
  | {
      readonly kind: 'page';
      readonly title: string;
      readonly at?: string;
      readonly crumb?: string;
      readonly crumbs?: readonly Crumb[];
      /** 200 when left out; a form that has to be mended is shown again with 422. */
      readonly status?: number;
      readonly refresh?: number;
      readonly body: ComponentChildren;
    }
  /** 303, so that a reload repeats nothing. */
  | { readonly kind: 'go'; readonly to: string; readonly notice?: Notice }
  | {
      readonly kind: 'file';
      readonly name: string;
      readonly type: string;
      readonly body: string | Buffer | Readable;
    };

export interface Screen {
  readonly method: 'GET' | 'POST';
  readonly path: string;
  /** Set where its form sends a file. */
  readonly takes?: 'file';
  /** Whom it is for; others find nothing there. Absent where everybody who is signed in may come. */
  readonly who?: (person: Person) => boolean;
  readonly handle: (visit: Visit) => Promise<ScreenAnswer>;
}
