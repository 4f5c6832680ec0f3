/**
 * A receiver of webhooks in its own process. Verifies with the verifier of standardwebhooks and keeps what it
 * accepted. Prints `listening PORT`. POST /answer {status, headers, times} sets what it answers next, for so many
 * messages, and with `anyTime: true` that it is not asked how old a signature is, for senders whose clock is a
 * test's; GET /messages tells what came: { accepted: [message], refused: number, tries: [id] }.
 */
import { createServer } from 'node:http';
import { Webhook } from 'standardwebhooks';

const [secret] = process.argv.slice(2);
const accepted = [];
const tries = [];
let refused = 0;
let next = { status: 200, headers: {}, times: Infinity };

function verify(body, headers) {
  const webhook = new Webhook(secret);
  if (next.anyTime !== true) return webhook.verify(body, headers);
  const at = new Date(Number(headers['webhook-timestamp']) * 1_000);
  const wanted = webhook.sign(headers['webhook-id'], at, body);
  if (!headers['webhook-signature'].split(' ').includes(wanted)) throw new Error('No signature fits.');
}

const server = createServer(async (request, response) => {
  const chunks = [];
  for await (const chunk of request) chunks.push(chunk);
  const body = Buffer.concat(chunks).toString();
  if (request.url === '/messages') return response.end(JSON.stringify({ accepted, refused, tries }));
  if (request.url === '/answer') {
    next = { times: Infinity, headers: {}, ...JSON.parse(body) };
    return response.end();
  }
  tries.push(request.headers['webhook-id']);
  const answer = next.times > 0 ? next : { status: 200 };
  next.times -= 1;
  if (answer.status >= 200 && answer.status < 300) {
    try {
      if (secret !== undefined) verify(body, request.headers);
      accepted.push({ id: request.headers['webhook-id'], ...JSON.parse(body) });
    } catch {
      refused += 1;
      return response.writeHead(401).end();
    }
  }
  response.writeHead(answer.status, answer.headers).end();
});
// A connection that it gave up just when the next message comes would be a failed try.
server.keepAliveTimeout = 0;
server.listen(0, '127.0.0.1', () => console.log(`listening ${server.address().port}`));
