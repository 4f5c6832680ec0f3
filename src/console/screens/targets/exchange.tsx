/** A request to a target and its answer, as they are kept: without data of people, without credentials. */
import { z } from 'zod';
import { useTexts } from '../../frame/here.ts';

const exchangeShape = z.looseObject({
  method: z.string(),
  url: z.string(),
  status: z.number().nullable(),
  ms: z.number(),
  sent: z.unknown().optional(),
  answered: z.unknown().optional(),
});

/** Behind a line that opens; nothing where none was kept. */
export function ExchangeView({ exchange }: { readonly exchange: unknown }) {
  const t = useTexts().targets;
  const read = exchangeShape.safeParse(exchange);
  if (!read.success) return null;
  const { method, url, status, ms, sent, answered } = read.data;
  return (
    <details>
      <summary>{t.exchange}</summary>
      <p>
        <code>
          {method} {url}
        </code>{' '}
        {status ?? ''} <span class="quiet">{t.took(ms)}</span>
      </p>
      <Body name={t.sent} body={sent} />
      <Body name={t.answered} body={answered} />
    </details>
  );
}

function Body({ name, body }: { readonly name: string; readonly body: unknown }) {
  if (body === undefined || body === null || body === '') return null;
  return (
    <>
      <p class="quiet">{name}</p>
      <pre tabIndex={0}>
        <code>{typeof body === 'string' ? body : JSON.stringify(body, null, 2)}</code>
      </pre>
    </>
  );
}
