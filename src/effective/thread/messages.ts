/** What the index's thread and the main thread say to each other. */
import type { PageAnswer, PageAsk, TagAsk } from '../asks.ts';

/** What the thread is started with. */
export interface ThreadData {
  readonly url: string;
  readonly hashKey: Uint32Array;
  readonly holder: string;
  /** Where the index is kept between starts, and of which epoch it must be. */
  readonly file: { readonly path: string; readonly epoch: string } | null;
}

export type ToThread =
  | { readonly kind: 'wake' }
  | { readonly kind: 'stop' }
  | { readonly kind: 'ask'; readonly id: number; readonly ask: PageAsk | TagAsk; readonly at: string };

export type FromThread =
  | { readonly kind: 'ready' }
  | { readonly kind: 'cut' }
  | { readonly kind: 'fault'; readonly what: string; readonly error: unknown }
  | { readonly kind: 'answer'; readonly id: number; readonly answer: PageAnswer | string | null };
