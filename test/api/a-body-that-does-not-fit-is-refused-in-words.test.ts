import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type ApiServer, startApi } from './api-server.ts';

describe('a body that does not fit', () => {
  let api: ApiServer;
  beforeAll(async () => {
    api = await startApi();
  });
  afterAll(() => api.close());

  const detailOf = async (body: unknown): Promise<string> => {
    const answer = await api.ask('POST', '/clients', { token: api.token, body });
    expect(answer.status).toBe(400);
    return answer.body.detail as string;
  };

  it('is told what is missing, by its name', async () => {
    expect(await detailOf({ scopes: ['scim.read'] })).toBe('name is missing.');
  });

  it('is told what a value must be, and is not shown the value again', async () => {
    const detail = await detailOf({ name: 7, scopes: ['scim.reed', 'scim.read'], ratePerSecond: 1.5 });
    expect(detail).toMatch(
      /^name must be a text; scopes\.0 must be one of scim\.read, .*; ratePerSecond must be a whole number\.$/,
    );
    expect(detail).not.toContain('reed');
  });

  it('is told of a name that there is not, and which one may have been meant', async () => {
    expect(await detailOf({ name: 'a', scopes: ['scim.read'], namespce: 'own' })).toBe(
      'The body has no namespce (did you mean namespace?).',
    );
  });

  it('is told bounds with their units', async () => {
    expect(await detailOf({ name: 'a', scopes: [] })).toBe('scopes must have at least 1 entry.');
    expect(await detailOf({ name: 'a', scopes: ['scim.read'], ratePerSecond: 0 })).toBe(
      'ratePerSecond must be at least 1.',
    );
  });

  it.each([[], null])('is told when it is no object at all: %j', async (body) => {
    expect(await detailOf(body)).toBe('The body must be an object.');
  });
});

describe('a client', () => {
  let api: ApiServer;
  beforeAll(async () => {
    api = await startApi();
  });
  afterAll(() => api.close());

  const post = (body: object) =>
    api.ask('POST', '/clients', { token: api.token, body: { scopes: ['scim.read'], ...body } });

  it('cannot have a token that would be over already', async () => {
    const answer = await post({ name: 'late', expiresAt: '2001-01-01T00:00:00Z' });
    expect([answer.status, answer.body.code]).toEqual([400, 'client.invalid']);
    const { body } = await api.ask('GET', '/clients', { token: api.token });
    expect(body.items.map(({ name }: { name: string }) => name)).not.toContain('late');
  });

  it.each(['everywhere', '192.0.2.0/33', '2001:db8::/129', '192.0.2.1/', '192.0.2.1/8/8'])(
    'cannot come from %s, which is no address',
    async (entry) => {
      const answer = await post({ name: 'odd', allow: [entry] });
      expect([answer.status, answer.body.code]).toEqual([400, 'client.invalid']);
      expect(answer.body.detail).toContain(entry);
    },
  );

  it('has a token for a year unless it is said otherwise', async () => {
    const year = await post({ name: 'a year' });
    const days = (Date.parse(year.body.expiresAt as string) - Date.now()) / 86_400_000;
    expect(Math.round(days)).toBe(365);
    const ever = await post({ name: 'for ever', expiresAt: null });
    expect(ever.body.expiresAt).toBeNull();
  });

  it('is admitted from its addresses alone', async () => {
    const elsewhere = await post({ name: 'elsewhere', allow: ['192.0.2.0/24'], scopes: ['directory.read'] });
    const here = await post({ name: 'here', allow: ['127.0.0.0/8', '::1'], scopes: ['directory.read'] });
    expect((await api.ask('GET', '/groups', { token: elsewhere.body.token })).status).toBe(403);
    expect((await api.ask('GET', '/groups', { token: here.body.token })).status).toBe(200);
  });

  it('is listed page by page like everything else', async () => {
    for (const name of ['one', 'two', 'three']) await post({ name });
    const names: string[] = [];
    let cursor: string | null = '';
    while (cursor !== null) {
      const { body } = await api.ask('GET', `/clients?limit=2${cursor === '' ? '' : `&cursor=${cursor}`}`, {
        token: api.token,
      });
      expect(body.items.length).toBeLessThanOrEqual(2);
      names.push(...body.items.map(({ name }: { name: string }) => name));
      cursor = body.next as string | null;
    }
    expect(names.slice(-3)).toEqual(['one', 'two', 'three']);
    expect(new Set(names).size).toBe(names.length);
  });
});
