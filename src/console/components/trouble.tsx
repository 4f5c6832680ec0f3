import { useTexts } from '../frame/here.ts';
import { PageHeader } from './page-header.tsx';

export interface TroubleProps {
  readonly title: string;
  /** What happened, and to whom. */
  readonly what: string;
  /** What to do. */
  readonly hint: string;
  readonly requestId: string | null;
  /** Where the person was. */
  readonly back: string | null;
}

/** Something that did not work. */
export function Trouble({ title, what, hint, requestId, back }: TroubleProps) {
  const t = useTexts();
  return (
    <>
      <PageHeader title={title} />
      <div class="notice problem" role="alert">
        <p class="notice-title">{what}</p>
        {hint === '' ? null : <p>{hint}</p>}
      </div>
      <p class="actions">
        {back === null ? null : (
          <a class="button main normal" href={back}>
            {t.shell.trouble.back}
          </a>
        )}
        <a class="button plain normal" href="/">
          {t.shell.trouble.home}
        </a>
      </p>
      {requestId === null ? null : (
        <p class="quiet small">
          {t.shell.trouble.requestId} <code>{requestId}</code>
        </p>
      )}
    </>
  );
}
