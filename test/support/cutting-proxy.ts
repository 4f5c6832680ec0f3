import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';

/** What happens to a connection once a request fits; `carriedOut` lets the request through first. */
export interface Fault {
  readonly when: (sent: Buffer) => boolean;
  readonly kind: 'cut' | 'stall';
  readonly carriedOut: boolean;
}

/** A TCP proxy on a bad day, between a connector and its real counterpart. */
export interface CuttingProxy {
  readonly port: number;
  /** Strikes once, then the network is good again. */
  fault: Fault | null;
  /** Changes what is sent to the counterpart. */
  rewrite: (sent: Buffer) => Buffer;
  /** Changes what the counterpart answers. */
  rewriteAnswer: (answered: Buffer) => Buffer;
  close(): Promise<void>;
}

/** Starts one before the server on `target` of this machine. */
export async function startCuttingProxy(target: number): Promise<CuttingProxy> {
  const open = new Set<Socket>();
  const proxy = {
    fault: null as Fault | null,
    rewrite: (sent: Buffer) => sent,
    rewriteAnswer: (answered: Buffer) => answered,
  };
  const server = createServer((client) => {
    const upstream = connect(target, '127.0.0.1');
    let struck: Fault | null = null;
    const end = (): void => {
      client.destroy();
      upstream.destroy();
    };
    for (const socket of [client, upstream]) {
      open.add(socket);
      socket.on('error', end);
      socket.on('close', () => {
        open.delete(socket);
        if (struck?.kind !== 'stall') end();
      });
    }
    client.on('data', (sent: Buffer) => {
      if (proxy.fault?.when(sent) === true) {
        struck = proxy.fault;
        proxy.fault = null;
        if (struck.kind === 'cut' && !struck.carriedOut) end();
      }
      if (struck === null || struck.carriedOut) upstream.write(proxy.rewrite(sent));
    });
    upstream.on('data', (answered: Buffer) => {
      if (struck === null) client.write(proxy.rewriteAnswer(answered));
      else if (struck.kind === 'cut') end();
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  return Object.assign(proxy, {
    port: typeof address === 'object' && address !== null ? address.port : 0,
    close: async () => {
      server.close();
      for (const socket of open) socket.destroy();
      await once(server, 'close');
    },
  });
}
