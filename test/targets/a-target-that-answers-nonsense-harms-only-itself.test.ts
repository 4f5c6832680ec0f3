import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import {
  isRemoteId,
  readForeignJson,
  storableJson,
  storableText,
} from '../../src/core/targets/foreign-text.ts';
import { showObjects } from '../../src/targets/admin/ledger.ts';
import { eventually } from '../support/eventually.ts';
import { openTestTargets, type TestTargets } from '../support/target-engine.ts';

type Answer = (request: IncomingMessage, response: ServerResponse) => void;

const json = (response: ServerResponse, status: number, body: unknown): void => {
  response.writeHead(status, { 'content-type': 'application/scim+json' });
  response.end(typeof body === 'string' ? body : JSON.stringify(body));
};
const NOBODY = { totalResults: 0, Resources: [] };

/** What it says to whoever wants something made; looks find nothing. */
const toMakers =
  (say: Answer): Answer =>
  (request, response) =>
    request.method === 'POST' ? say(request, response) : json(response, 200, NOBODY);

const nonsense: Readonly<Record<string, { readonly answer: Answer; readonly why: RegExp }>> = {
  'one id for everybody': {
    answer: toMakers((_request, response) => json(response, 201, { id: 'same' })),
    why: /the target has the id same for "u1" and for "u0"|the target has the id same for "u0" and for "u1"/,
  },
  'an id that leads elsewhere in a path': {
    answer: toMakers((_request, response) => json(response, 201, { id: '..' })),
    why: /without an id that could be used/,
  },
  'an id with NUL in it': {
    answer: toMakers((_request, response) => json(response, 201, '{"id":"a\\u0000b"}')),
    why: /the target has the id a. for|the target has the id a.b for/,
  },
  'an id with half of a character': {
    answer: toMakers((_request, response) => json(response, 201, '{"id":"a\\ud800"}')),
    why: /the target has the id a. for|the target has the id a.b for/,
  },
  'an id that is a book': {
    answer: toMakers((_request, response) => json(response, 201, { id: 'x'.repeat(100_000) })),
    why: /without an id that could be used/,
  },
  'a refusal with what no database takes': {
    answer: toMakers((_request, response) =>
      json(
        response,
        400,
        '{"detail":"bad \\u0000 and \\udfff","scimType":"x\\u0000","\\u0000":{"detail":"\\ud800"}}',
      ),
    ),
    why: /rejected \(400\): 400 x.: bad . and ./,
  },
  'a refusal in bytes': {
    answer: toMakers((_request, response) => {
      response.writeHead(422);
      response.end(Buffer.from([0, 1, 2, 0xff, 0xfe, 0]));
    }),
    why: /rejected \(422\)/,
  },
  'lists that are nested without end': {
    answer: (_request, response) => json(response, 200, `${'['.repeat(200_000)}${']'.repeat(200_000)}`),
    why: /an answer that is no SCIM/,
  },
  'a bomb of zeros in gzip that nobody asked for': {
    answer: (_request, response) => {
      response.writeHead(200, { 'content-encoding': 'gzip', 'content-type': 'application/scim+json' });
      response.end(BOMB);
    },
    why: /an answer that is no SCIM/,
  },
};
const BOMB = gzipSync(Buffer.alloc(8 * 1024 * 1024));

describe('a SCIM target that answers', () => {
  let on: TestTargets;
  const servers: Server[] = [];
  beforeAll(async () => {
    on = await openTestTargets();
    await on.user('u0');
    await on.user('u1');
  });
  afterAll(async () => {
    await on.close();
    for (const server of servers) server.closeAllConnections();
  });

  it.each(Object.keys(nonsense))('%s is shown so, and is no fault of ours', async (name) => {
    const { answer, why } = nonsense[name] ?? { answer: () => undefined, why: /$^/ };
    const server = createServer((request, response) => {
      request.resume().once('end', () => answer(request, response));
    });
    servers.push(server);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    await on.add({
      ...{ name, type: 'scim', mode: 'enforce', scope: { allUsers: true } },
      settings: { url: `http://127.0.0.1:${port}`, allowPrivate: true },
    });
    await eventually(async () => {
      const all = { state: null, type: null, id: null, after: 0, limit: 10 };
      const { items } = await showObjects(on.targets, name, all);
      const said = items.flatMap((item) => [item.why, item.lastAttempt?.why]).map((text) => text ?? '');
      expect(said.some((text) => why.test(text)) ? 'said' : said).toBe('said');
    });
    expect(on.faults).toEqual([]);
    server.close();
  });
});

describe('a text from a target', () => {
  const anything = fc.string({ unit: 'binary' });

  it('is kept as it is where a database takes it, and is always such that it does', () => {
    fc.assert(
      fc.property(anything, (text) => {
        const kept = storableText(text);
        expect(kept.includes('\0') || !kept.isWellFormed()).toBe(false);
        if (!text.includes('\0') && text.isWellFormed()) expect(kept).toBe(text);
      }),
    );
  });

  it('is alike within JSON, keys too', () => {
    fc.assert(
      fc.property(fc.dictionary(anything, anything), (value) => {
        const read = JSON.parse(storableJson(value)) as Record<string, string>;
        for (const text of [...Object.keys(read), ...Object.values(read)]) {
          expect(text.includes('\0') || !text.isWellFormed()).toBe(false);
        }
        expect(Object.values(readForeignJson(JSON.stringify(value)) as object)).toEqual(
          Object.values(value).map(storableText),
        );
      }),
    );
  });

  it('is an id where it can stand in a path', () => {
    expect(['1', 'a b', 'ä/ö', 'x'.repeat(1_000)].every(isRemoteId)).toBe(true);
    expect(['', '.', '..', 'a\n', '\0', '\ud800', 'x'.repeat(1_001)].some(isRemoteId)).toBe(false);
  });
});
