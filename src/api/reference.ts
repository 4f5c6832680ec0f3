/** `/api/openapi.json`, and `/api/docs` to read it: open to anyone, since nothing in it is of this installation. */
import type { DoorContext, DoorMiddleware } from '../http/context.ts';
import { openApiDocument } from '../http/openapi.ts';
import type { Operation } from '../http/operation.ts';
import { referencePage, referenceStyle } from './reference-page.ts';

const PATHS: ReadonlySet<string> = new Set(['/api/openapi.json', '/api/docs', '/api/docs/style.css']);
const HOUR = 'public, max-age=3600';

/** Builds the door. Requests for other paths and methods pass by. */
export function referenceDoor(baseUrl: string, operations: readonly Operation[]): DoorMiddleware {
  let pages: ReturnType<typeof pagesOf> | null = null;
  return async (context, next) => {
    const reads = context.method === 'GET' || context.method === 'HEAD';
    if (!reads || !PATHS.has(context.path)) {
      await next();
      return;
    }
    // Made when somebody reads it: every start would wait for it otherwise.
    pages ??= pagesOf(openApiDocument(baseUrl, operations));
    pages.get(context.path)?.(context);
  };
}

function pagesOf(
  document: ReturnType<typeof openApiDocument>,
): ReadonlyMap<string, (context: DoorContext) => void> {
  return new Map([
    ['/api/openapi.json', written('application/json; charset=utf-8', JSON.stringify(document, null, 2))],
    ['/api/docs', written('text/html; charset=utf-8', referencePage(document).text)],
    ['/api/docs/style.css', written('text/css; charset=utf-8', referenceStyle)],
  ]);
}

function written(type: string, body: string): (context: DoorContext) => void {
  return (context) => {
    context.body = body;
    context.set({
      'Content-Type': type,
      'Cache-Control': HOUR,
      'Content-Security-Policy':
        "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
      'Referrer-Policy': 'no-referrer',
      'X-Content-Type-Options': 'nosniff',
    });
  };
}
