import { createHash } from 'node:crypto';
import type { ComponentChildren } from 'preact';
import { renderToString } from 'preact-render-to-string';
import { HereProvider, useHere } from '../frame/here.ts';
import { SEEN_HEADER, seenMark } from '../frame/seen.ts';

export interface ProgressProps {
  readonly label: string;
  readonly done: number;
  /** Null while nobody knows how much there is. */
  readonly total: number | null;
}

/** How far something is, in figures too. */
export function Progress({ label, done, total }: ProgressProps) {
  const figures = total === null ? `${done}` : `${done} / ${total}`;
  return (
    <div class="progress">
      <span id={`progress-${label}`}>{label}</span>
      <progress
        aria-labelledby={`progress-${label}`}
        value={total === null ? undefined : done}
        max={total ?? 1}
      />
      <span class="quiet">{figures}</span>
    </div>
  );
}

export interface LiveProps {
  readonly id: string;
  readonly path: string;
  /** Whether something is still under way: only then the page asks for this part again. */
  readonly isLive: boolean;
  readonly children: ComponentChildren;
}

/**
 * A part of a page that follows what is under way; without scripts the page's own `refresh` does. It is put in only
 * when it differs from what is shown: what somebody has opened, selected or moved to stays as it is until then.
 */
export function Live({ id, path, isLive, children }: LiveProps) {
  const html = renderToString(<HereProvider value={useHere()}>{children}</HereProvider>);
  const seen = createHash('sha256').update(html).digest('base64url');
  const asking = isLive
    ? {
        'hx-get': path,
        'hx-trigger': 'every 1s',
        'hx-select': `#${id}`,
        'hx-swap': 'outerHTML',
        'hx-headers': JSON.stringify({ [SEEN_HEADER]: seen }),
        ...seenMark(seen),
      }
    : {};
  return <div id={id} class="parts" {...asking} dangerouslySetInnerHTML={{ __html: html }} />;
}
