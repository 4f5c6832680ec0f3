import type { ComponentChildren } from 'preact';
import type { Notice } from '../frame/notice.ts';

/** What the last write has to say. */
export function NoticeBox({ notice: { tone, text, link } }: { readonly notice: Notice }) {
  return (
    <div class={`notice ${tone}`} role={tone === 'problem' ? 'alert' : 'status'}>
      <p>
        {text} {link === undefined ? null : <a href={link.href}>{link.text}</a>}
      </p>
    </div>
  );
}

export interface RemarkProps {
  readonly tone: 'done' | 'problem' | 'held' | 'remark';
  readonly title?: string;
  readonly children: ComponentChildren;
}

/** Something that a page has to say before or between its parts. */
export function Remark({ tone, title, children }: RemarkProps) {
  return (
    <div class={`notice ${tone}`}>
      {title === undefined ? null : <p class="notice-title">{title}</p>}
      {children}
    </div>
  );
}
