import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { request } from 'undici';
import type { Benchmark } from './benchmark.ts';
import { absolute, type Figure, ratio } from './figure.ts';
import { landmarks } from './generator/groups.ts';
import { findLandmark, inTurn, type Known, someStrangers } from './ground.ts';
import { type Api, openApi } from './http/api.ts';
import { startDaemon, untilIdle } from './http/processes.ts';
import { interleave, spreadOf, timed } from './interleave.ts';
import { withClient } from './kept-databases.ts';

/** How soon a target on this machine knows of a change, and what readers of the log cost the writers (P13). */
export const delivery: Benchmark = {
  name: 'delivery',
  goals: ['P13'],
  run: async ({ url, say }) => {
    const daemon = await startDaemon({ databaseUrl: url });
    const [api, receiver] = [openApi(daemon.address, 4), await openReceiver()];
    try {
      const { group, strangers } = await withClient(url, async (client) => {
        const found = await findLandmark(client, landmarks.ten);
        return { group: found, strangers: await someStrangers(client, found, 400) };
      });
      say('waiting until the daemon has filled its index');
      await untilIdle(daemon.pid);
      // Told one by one, for a part that does not end hides what was measured before it.
      const told = (figure: Figure): Figure => {
        say(`${figure.goal} ${figure.what}: ${figure.measured.toFixed(3)} (${figure.note ?? ''})`);
        return figure;
      };
      const delivered = told(await untilReceived({ api, receiver, group, strangers }));
      const read = told(await untilRead({ api, group, strangers }));
      return [delivered, read, told(await besideReader({ api, group, strangers }))];
    } finally {
      await receiver.close();
      await api.close();
      await daemon.stop();
    }
  },
};

interface Receiver {
  readonly address: string;
  /** Resolves when a message comes that names the id. */
  comes(id: string): Promise<void>;
  close(): Promise<void>;
}

async function openReceiver(): Promise<Receiver> {
  const awaited = new Map<string, () => void>();
  const server: Server = createServer((asked, answer) => {
    const pieces: Buffer[] = [];
    asked.on('data', (piece: Buffer) => pieces.push(piece));
    asked.on('end', () => {
      answer.writeHead(204).end();
      const text = Buffer.concat(pieces).toString('utf8');
      for (const [id, found] of awaited) if (text.includes(id)) found();
    });
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  const { port } = server.address() as AddressInfo;
  return {
    address: `http://127.0.0.1:${port}`,
    comes: (id) =>
      new Promise((found) => {
        awaited.set(id, () => {
          awaited.delete(id);
          found();
        });
      }),
    close: () => new Promise((closed) => server.close(() => closed())),
  };
}

interface Changing {
  readonly api: Api;
  readonly group: Known;
  readonly strangers: readonly Known[];
}

async function untilReceived({
  api,
  receiver,
  group,
  strangers,
}: Changing & { readonly receiver: Receiver }): Promise<Figure> {
  const made = await api.ask('POST', '/targets', {
    name: `delivery ${process.pid}`,
    type: 'webhook',
    mode: 'enforce',
    settings: { url: `${receiver.address}/hook`, allowPrivate: true, types: ['membership.effective'] },
  });
  const target = String((made as { id: unknown }).id);
  const next = inTurn(strangers);
  const ping = { to: `${receiver.address}/ping`, body: JSON.stringify({ ping: true }) };
  const change = async (method: 'PUT' | 'DELETE', { id }: Known): Promise<number> => {
    const comes = receiver.comes(id);
    await api.ask(method, `/groups/${group.id}/members/users/${id}`);
    return timed(() => comes);
  };
  try {
    const times = await interleave(
      {
        ours: async () => {
          const user = next();
          return ((await change('PUT', user)) + (await change('DELETE', user))) / 2;
        },
        ping: () =>
          timed(async () => (await request(ping.to, { method: 'POST', body: ping.body })).body.dump()),
      },
      { runs: 100, warmUp: 10 },
    );
    return ratio({
      goal: 'P13',
      what: 'from the answer to a member change until a webhook on this machine has it',
      ours: times.ours.p50,
      baseline: { is: 'an empty request to the same receiver', value: times.ping.p50 },
      limit: { atMost: 3 },
      note: `95 of 100 within ${times.ours.p95.toFixed(1)} ms`,
    });
  } finally {
    await api.ask('DELETE', `/targets/${target}`);
  }
}

const READINGS = 100;

/** A reader that follows the log waits all the while; how soon after the answer does it have what the write led to? */
async function untilRead({ api, group, strangers }: Changing): Promise<Figure> {
  const next = inTurn(strangers);
  const heard = { text: '', awaited: '', began: (): void => undefined, found: (): void => undefined };
  const beginning = new Promise<void>((began) => Object.assign(heard, { began }));
  const reader = api.follow((text) => {
    heard.began();
    heard.text = `${heard.text}${text}`.slice(-20_000);
    const events = heard.text.split('\n\n');
    if (events.some((told) => told.includes(heard.awaited))) heard.found();
  });
  // What is changed before the stream has begun is not in it.
  await beginning;
  const change = async (method: 'PUT' | 'DELETE', { id }: Known): Promise<number> => {
    heard.text = '';
    const awaited = `"${method === 'PUT' ? 'joined' : 'left'}":["${id}"]`;
    const comes = new Promise<void>((found) => Object.assign(heard, { found, awaited }));
    await api.ask(method, `/groups/${group.id}/members/users/${id}`);
    return timed(() => comes);
  };
  const times: number[] = [];
  try {
    for (let at = 0; at < READINGS / 2; at += 1) {
      const user = next();
      times.push(await change('PUT', user), await change('DELETE', user));
    }
  } finally {
    await reader.stop();
  }
  const { p50, p95, longest } = spreadOf(times.slice(20));
  return absolute({
    goal: 'P-02',
    what: 'from the answer to a member change until a waiting reader has the join or leave, 95 of 100',
    unit: 'ms',
    ours: p95,
    limit: { atMost: 100 },
    note: `median ${p50.toFixed(1)} ms, longest ${longest.toFixed(1)} ms`,
  });
}

const WRITES = 200;

async function besideReader({ api, group, strangers }: Changing): Promise<Figure> {
  const next = inTurn(strangers);
  const writing = (): Promise<number> =>
    timed(async () => {
      let left = WRITES;
      const writer = async (): Promise<void> => {
        while ((left -= 1) >= 0) {
          const path = `/groups/${group.id}/members/users/${next().id}`;
          await api.ask('PUT', path);
          await api.ask('DELETE', path);
        }
      };
      await Promise.all([writer(), writer(), writer(), writer()]);
    });
  const times = await interleave(
    {
      read: async () => {
        const reader = api.follow();
        try {
          return await writing();
        } finally {
          await reader.stop();
        }
      },
      unread: writing,
    },
    { runs: 5, warmUp: 1 },
  );
  return ratio({
    goal: 'P13',
    what: `${2 * WRITES} member changes over HTTP, four at a time, while one reader follows the log`,
    ours: times.read.p50,
    baseline: { is: 'the same without a reader', value: times.unread.p50 },
    as: 'baseline ÷ ours',
    limit: { atLeast: 0.9 },
  });
}
