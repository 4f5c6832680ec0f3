/**
 * A service that receives webhooks, as one would write it: it checks the signature with the Standard Webhooks
 * library and answers 204. It prints its address, then a line for each delivery. The signing secret, which only
 * exists once the target does, is posted to /secret.
 */
import { createServer } from 'node:http';
import { Webhook } from 'standardwebhooks';

const MAX_BYTES = 64 * 1024;

const state: { secret: string | null } = { secret: null };

const server = createServer((request, response) => {
  const pieces: Buffer[] = [];
  let bytes = 0;
  request.on('data', (piece: Buffer) => {
    bytes += piece.length;
    if (bytes > MAX_BYTES) request.destroy();
    else pieces.push(piece);
  });
  request.on('end', () => {
    const body = Buffer.concat(pieces).toString('utf8');
    if (request.url === '/secret') {
      state.secret = body;
      response.writeHead(204).end();
      return;
    }
    response.writeHead(isGenuine(body, request.headers) ? 204 : 401).end();
  });
});

function isGenuine(body: string, headers: Readonly<Record<string, string | string[] | undefined>>): boolean {
  if (state.secret === null) return false;
  const signed = Object.fromEntries(
    ['webhook-id', 'webhook-timestamp', 'webhook-signature'].map((name) => [name, String(headers[name])]),
  );
  try {
    const event: unknown = new Webhook(state.secret).verify(body, signed);
    process.stdout.write(`delivered ${JSON.stringify(event)}\n`);
    return true;
  } catch {
    process.stdout.write('refused: the signature is not genuine\n');
    return false;
  }
}

server.listen(0, '127.0.0.1', () => {
  const address = server.address();
  if (address !== null && typeof address === 'object') {
    process.stdout.write(`listening on http://127.0.0.1:${address.port}\n`);
  }
});
process.once('SIGTERM', () => process.exit(0));
