import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { randomBytes } from 'node:crypto';
import { TOKEN_BYTES } from '../../src/core/token.ts';
import { addToken, createClient, endClient, rotateClient } from '../../src/directory/clients.ts';
import { eventually } from '../support/eventually.ts';
import { type Client, idIn, openDoor, type TestDoor, USER } from './door.ts';

let door: TestDoor;
beforeAll(async () => {
  door = await openDoor();
});
afterAll(() => door.close());

const HOUR = 3_600_000;
const fresh = () => ({ kind: 'random', bytes: randomBytes(TOKEN_BYTES) }) as const;

/** Asks at another instance, which has not seen the token yet. */
async function statusOf(token: string): Promise<number> {
  const client = await door.instanceFor({ token } as Client);
  return (await client.send('GET', '/Users?count=0')).status;
}

describe('Tokens', () => {
  it('are several at a time; a rotation ends the older ones after the overlap', async () => {
    const first = (await door.client({ name: 'rotated' })).token;
    const soon = new Date(Date.now() + HOUR);
    const second = await door.write((work) =>
      addToken(work, { client: 'rotated', material: fresh(), expiresAt: null }),
    );
    const rotation = { client: 'rotated', material: fresh(), expiresAt: null };
    const third = await door.write((work) => rotateClient(work, { ...rotation, overlapUntil: soon }));
    for (const token of [first, second.token, third.token]) expect(await statusOf(token)).toBe(200);
    const fourth = await door.write((work) =>
      rotateClient(work, { ...rotation, material: fresh(), overlapUntil: new Date(0) }),
    );
    expect(await statusOf(third.token)).toBe(401);
    expect(await statusOf(fourth.token)).toBe(200);
    await door.write((work) => endClient(work, 'rotated'));
    expect(await statusOf(fourth.token)).toBe(401);
  });

  it('are rotated one after the other: of two rotations at once one token stays, the later one’s', async () => {
    await door.client({ name: 'raced' });
    const rotation = { client: 'raced', expiresAt: null, overlapUntil: new Date(0) };
    const rotate = (atEnd: () => Promise<unknown>) =>
      door.write(async (work) => {
        const { token } = await rotateClient(work, { ...rotation, material: fresh() });
        await atEnd();
        return token;
      });
    const isWaiting = async (): Promise<boolean> => {
      const text = `select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`;
      return (await door.database.rows({ text })).length > 0;
    };
    for (let round = 0; round < Number(process.env.MUSTER_TEST_ROTATION_RACES ?? 3); round += 1) {
      let open: () => void = () => undefined;
      const gate = new Promise<void>((resolve) => (open = resolve));
      let first: Promise<string> = Promise.resolve('');
      await new Promise<void>((hasRotated) => {
        first = rotate(() => {
          hasRotated();
          return gate;
        });
      });
      let isOver = false;
      const second = rotate(() => {
        isOver = true;
        return Promise.resolve();
      });
      // Either it waits for the first one, which is not committed, or it did not see it.
      await eventually(async () => {
        expect(isOver || (await isWaiting())).toBe(true);
      });
      open();
      const [gone, kept] = await Promise.all([first, second]);
      expect([await statusOf(gone), await statusOf(kept)]).toEqual([401, 200]);
    }
  });

  it('end when their time is over', async () => {
    await door.client({ name: 'ending' });
    const ending = { client: 'ending', material: fresh(), expiresAt: new Date(Date.now() + HOUR) };
    const { token } = await door.write((work) => addToken(work, ending));
    expect(await statusOf(token)).toBe(200);
    await door.database.rows({
      text: `update client_token set expires_at = now() - interval '1 second' where expires_at is not null`,
    });
    expect(await statusOf(token)).toBe(401);
  });

  it('are good only from the addresses of the client', async () => {
    const elsewhere = await door.client({ allow: ['192.0.2.0/24'] });
    expect((await elsewhere.send('GET', '/Users')).status).toBe(403);
    const here = await door.client({ allow: ['127.0.0.0/8', '::1'] });
    expect((await here.send('GET', '/Users')).status).toBe(200);
  });

  it('stand alone in the header where the profile of the client has it so (OK-21)', async () => {
    const bare = async (client: Client) =>
      (await client.send('GET', '/Users', undefined, { Authorization: client.token })).status;
    expect(await bare(await door.client({ profile: 'okta' }))).toBe(200);
    expect(await bare(await door.client({ profile: 'auto' }))).toBe(401);
  });
});

describe('A limit of requests', () => {
  it('is told with every answer, and one too many is 429 with the time to wait (EN-35, SA-02)', async () => {
    const client = await door.client({ ratePerSecond: 2 });
    const replies = await Promise.all(Array.from({ length: 8 }, () => client.send('GET', '/Users?count=0')));
    const refused = replies.filter(({ status }) => status === 429);
    expect(refused).toHaveLength(6);
    expect(refused[0]?.body).toMatchObject({ status: '429' });
    expect(refused[0]?.headers.get('retry-after')).toBe('1');
    expect(refused[0]?.headers.get('x-rate-limit-retry-after-seconds')).toBe(
      refused[0]?.headers.get('retry-after'),
    );
    const admitted = replies.find(({ status }) => status === 200);
    expect(admitted?.headers.get('x-rate-limit-limit')).toBe('2');
    door.advance(500);
    expect((await client.send('GET', '/Users?count=0')).status).toBe(200);
    expect((await client.send('GET', '/Users?count=0')).status).toBe(429);
    const other = await door.client({ ratePerSecond: 2 });
    expect((await other.send('GET', '/Users?count=0')).status).toBe(200);
  });
});

describe('Client credentials (RFC 6749 §4.4)', () => {
  const ask = async (
    form: Readonly<Record<string, string>>,
    headers: Readonly<Record<string, string>> = {},
  ) => {
    const url = new URL('/oauth2/token', door.baseUrl);
    const response = await fetch(url, { method: 'POST', body: new URLSearchParams(form), headers });
    return {
      status: response.status,
      headers: response.headers,
      body: (await response.json()) as Record<string, string>,
    };
  };

  it('give an access token for an hour, which gets no further one', async () => {
    const { token: secret } = await door.client({ name: 'oauth client' });
    const basic = `Basic ${Buffer.from(`oauth+client:${encodeURIComponent(secret)}`).toString('base64')}`;
    const form = { grant_type: 'client_credentials' };
    const posted = await ask({ ...form, client_id: 'oauth client', client_secret: secret });
    expect(posted.body).toMatchObject({
      token_type: 'Bearer',
      expires_in: 3_600,
      scope: 'scim.read scim.write',
    });
    expect(posted.headers.get('cache-control')).toBe('no-store');
    const { body } = await ask({ ...form, scope: 'scim.read' }, { Authorization: basic });
    const token = body.access_token ?? '';
    expect(await statusOf(token)).toBe(200);
    const client = await door.instanceFor({ token } as Client);
    expect((await client.send('POST', '/Users', { schemas: [USER], userName: 'narrow' })).status).toBe(403);
    expect((await ask({ ...form, client_id: 'oauth client', client_secret: token })).status).toBe(401);
  });

  it('are refused as RFC 6749 §5.2 says', async () => {
    const { token: secret } = await door.client({ name: 'oauth other' });
    const good = { grant_type: 'client_credentials', client_id: 'oauth other', client_secret: secret };
    const wrong = await ask({ ...good, client_secret: 'wrong' });
    expect([wrong.status, wrong.body.error, wrong.headers.get('www-authenticate')]).toEqual([
      401,
      'invalid_client',
      'Basic realm="muster"',
    ]);
    expect((await ask({ ...good, client_id: 'oauth client' })).body.error).toBe('invalid_client');
    expect((await ask({ ...good, grant_type: 'password' })).body.error).toBe('unsupported_grant_type');
    expect((await ask({ ...good, scope: 'admin' })).body.error).toBe('invalid_scope');
    expect((await fetch(new URL('/oauth2/token', door.baseUrl))).status).toBe(405);
  });
});

describe('A client', () => {
  it('has a profile that there is', async () => {
    const client = {
      name: 'x',
      profile: 'nonsense',
      namespace: 'all',
      scopes: [],
      allow: [],
      expiresAt: null,
    } as const;
    await expect(door.write((work) => createClient(work, client, fresh()))).rejects.toMatchObject({
      code: 'source.invalid',
    });
  });

  it('under the strict profile is refused what others may send', async () => {
    const strict = await door.client({ profile: 'strict' });
    const body = { schemas: [USER], userName: 'strict@x.test' };
    expect((await strict.send('POST', '/Users', { ...body, colour: 'red' })).status).toBe(400);
    expect((await strict.send('POST', '/Users', { ...body, active: 'True' })).status).toBe(400);
    const id = idIn(await strict.send('POST', '/Users', body));
    expect((await strict.send('GET', '/Users?filter=userName+eq+strict@x.test')).body.scimType).toBe(
      'invalidFilter',
    );
    const reply = await strict.patch(`/Users/${id}`, {
      op: 'replace',
      path: 'emails[type eq "work"].value',
      value: 'x',
    });
    expect(reply.body.scimType).toBe('noTarget');
  });
});
