/** The reference as a page to read: made from the OpenAPI document, without a script. */
import { html, type Html } from '../http/html.ts';
import type {
  JsonSchema,
  OpenApiContent,
  OpenApiDocument,
  OpenApiOperation,
  OpenApiResponse,
} from '../http/openapi.ts';

export const referenceStyle = `
:root { color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif; }
body { margin: 0 auto; max-width: 62rem; padding: 1rem 1.5rem 4rem; }
nav ul { columns: 3 14rem; list-style: none; padding: 0; }
h2 { border-bottom: 1px solid; margin-top: 3rem; }
h3 { font-size: 1rem; margin: 2rem 0 0.25rem; overflow-wrap: anywhere; }
code, pre, .method { font-family: ui-monospace, monospace; font-size: 0.9rem; }
.method { font-weight: bold; }
table { border-collapse: collapse; width: 100%; }
th, td { border-top: 1px solid #8888; padding: 0.25rem 0.75rem 0.25rem 0; text-align: left; vertical-align: top; }
pre { background: #8882; margin: 0.25rem 0; overflow-x: auto; padding: 0.5rem 0.75rem; }
`;

/** Writes the page. */
export function referencePage(document: OpenApiDocument): Html {
  const operations = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ path, method, operation })),
  );
  const chapters = document.tags.map(({ name }) => ({
    name,
    rows: operations.filter(({ operation }) => operation.tags.includes(name)),
  }));
  return html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <title>Muster: reference</title>
        <link rel="stylesheet" href="/api/docs/style.css" />
      </head>
      <body>
        <header>
          <h1>Muster: reference</h1>
          <p>
            ${document.info.description} The same for programs: <a href="/api/openapi.json">OpenAPI 3.1</a>.
          </p>
        </header>
        <nav aria-label="Chapters">
          <ul>
            ${[...chapters.map(({ name }) => html`<li><a href="#${anchor(name)}">${name}</a></li>`), html`<li><a href="#shapes">shapes</a></li>`]}
          </ul>
        </nav>
        <main>
          ${chapters.map(
            ({ name, rows }) =>
              html`<section aria-labelledby="${anchor(name)}">
                <h2 id="${anchor(name)}">${name}</h2>
                ${rows.map(({ path, method, operation }) => operationPart(path, method, operation))}
              </section>`,
          )}
          <section aria-labelledby="shapes">
            <h2 id="shapes">shapes</h2>
            ${Object.entries(document.components.schemas).map(
              ([name, schema]) =>
                html`<h3 id="shape-${name}">${name}</h3>
                  ${schemaPart(schema)}`,
            )}
          </section>
        </main>
      </body>
    </html> `;
}

function operationPart(path: string, method: string, operation: OpenApiOperation): Html {
  const { operationId, summary, security, parameters, requestBody, responses } = operation;
  const scope = security.flatMap((way) => Object.values(way).flat())[0];
  return html`<article aria-labelledby="${operationId}">
    <h3 id="${operationId}"><span class="method">${method.toUpperCase()}</span> <code>${path}</code></h3>
    <p>
      ${summary}. ${scope === undefined ? 'Open to anyone.' : html`Needs the scope <code>${scope}</code>.`}
    </p>
    ${
      parameters.length === 0
        ? ''
        : html`<table>
            <caption>
              Parameters
            </caption>
            <tbody>
              ${parameters.map(
                (one) =>
                  html`<tr>
                    <th scope="row"><code>${one.name}</code></th>
                    <td>${one.in}</td>
                    <td>${typeText(one.schema)}</td>
                    <td>${one.description ?? ''}</td>
                  </tr>`,
              )}
            </tbody>
          </table>`
    }
    ${
      requestBody === undefined
        ? ''
        : html`<p>Body${requestBody.required ? '' : ', may be left out'}:</p>
            ${contentPart(requestBody.content)}`
    }
    ${Object.entries(responses).map(([status, response]) => responsePart(status, response))}
  </article>`;
}

function responsePart(status: string, { description, headers = {}, content = {} }: OpenApiResponse): Html {
  const names = Object.keys(headers);
  return html`<p>
      <strong>${status}</strong> ${description}${names.length === 0 ? '' : `; headers ${names.join(', ')}`}
    </p>
    ${contentPart(content)}`;
}

function contentPart(content: OpenApiContent): Html {
  const kinds = Object.entries(content);
  const [first] = kinds;
  if (first === undefined) return html``;
  const isOneShape = kinds.every(
    ([, { schema }]) => JSON.stringify(schema) === JSON.stringify(first[1].schema),
  );
  if (isOneShape)
    return html`<p>${kinds.map(([type]) => type).join(', ')}</p>
      ${schemaPart(first[1].schema)}`;
  return html`${kinds.map(
    ([type, { schema }]) =>
      html`<p>${type}</p>
        ${schemaPart(schema)}`,
  )}`;
}

function schemaPart(schema: JsonSchema): Html {
  const name = nameOf(schema);
  if (name !== null) return html`<pre><a href="#shape-${name}">${name}</a></pre>`;
  return html`<pre>${JSON.stringify(schema, null, 2)}</pre>`;
}

function nameOf({ $ref }: JsonSchema): string | null {
  return typeof $ref === 'string' ? $ref.slice($ref.lastIndexOf('/') + 1) : null;
}

function typeText({ type, format, enum: choices, default: preset, minimum, maximum }: JsonSchema): string {
  const words: unknown[] = [...(Array.isArray(choices) ? (choices as unknown[]) : [format ?? type])];
  words.push(minimum, maximum, preset);
  const [bound, most, otherwise] = words.splice(-3).map((word) => JSON.stringify(word));
  const kind = words.filter((word) => typeof word === 'string').join(' | ');
  const bounds = most === undefined ? '' : ` ${bound ?? ''} to ${most}`;
  return `${kind}${bounds}${otherwise === undefined ? '' : `, ${otherwise} when left out`}`;
}

function anchor(name: string): string {
  return name.replaceAll(/[^A-Za-z0-9]+/g, '-');
}
