/** The two services that receive: a SCIM server, played by a second Muster with a database of its own, and a webhook. */
import { randomBytes } from 'node:crypto';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { pathOf } from '../../config/names.ts';
import { type Child, startChild } from './child.ts';

export interface ScimService {
  readonly url: string;
  readonly token: string;
  close(): Promise<void>;
}

export interface WebhookService {
  readonly url: string;
  /** Tells it the secret that deliveries are signed with. */
  learnSecret(secret: string): Promise<void>;
  /** Waits for a genuine delivery whose text contains all of these. */
  delivery(...parts: readonly string[]): Promise<void>;
  close(): Promise<void>;
}

/** Starts a second Muster in a folder of its own, which goes with it. */
export async function startScimService(program: string): Promise<ScimService> {
  const folder = await mkdtemp(join(tmpdir(), 'muster-demo-'));
  // The embedded database runs as an unprivileged user where we are root, and has to get through to its data.
  await chmod(folder, 0o711);
  const settings = join(folder, 'muster.json');
  await writeFile(settings, '{}');
  const port = await freePort();
  const token = randomBytes(24).toString('hex');
  const child = startChild(program, ['serve'], {
    ...noneOfOurs(process.env),
    MUSTER_CONFIG: settings,
    MUSTER_DATA_DIR: join(folder, 'data'),
    MUSTER_WATCH_DIR: join(folder, 'watch'),
    MUSTER_HOST: '127.0.0.1',
    MUSTER_PORT: String(port),
    MUSTER_BASE_URL: `http://127.0.0.1:${port}`,
    MUSTER_BOOTSTRAP_TOKEN: token,
    MUSTER_LOG_LEVEL: 'warn',
  });
  const close = async (): Promise<void> => {
    await child.stop();
    await rm(folder, { recursive: true, force: true });
  };
  try {
    await child.line(/Muster runs at/);
  } catch (error) {
    await close();
    throw error;
  }
  return { url: `http://127.0.0.1:${port}/scim/v2`, token, close };
}

/** Clears every setting of the instance that the demo plays on: its ports and its database are not this service's. */
function noneOfOurs(environment: NodeJS.ProcessEnv): Record<string, string> {
  const isSetting = (name: string): boolean => pathOf(name.replace(/_FILE$/, '')) !== null;
  return Object.fromEntries(
    Object.keys(environment)
      .filter(isSetting)
      .map((name) => [name, '']),
  );
}

/** Starts the webhook receiver. */
export async function startWebhookService(): Promise<WebhookService> {
  const file = import.meta.url.endsWith('.ts') ? './webhook-receiver.ts' : './webhook-receiver.js';
  const child: Child = startChild(fileURLToPath(new URL(file, import.meta.url)), []);
  const [, url = ''] = await child.line(/listening on (http\S+)/);
  return {
    url: `${url}/events`,
    learnSecret: async (secret) => {
      await fetch(`${url}/secret`, { method: 'POST', body: secret });
    },
    delivery: async (...parts) => {
      const ahead = parts.map((part) => `(?=[^\\n]*${escape(part)})`).join('');
      await child.line(new RegExp(`delivered ${ahead}`));
    },
    close: () => child.stop(),
  };
}

function escape(text: string): string {
  return text.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&');
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer().once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      const port = address !== null && typeof address === 'object' ? address.port : 0;
      server.close(() => resolve(port));
    });
  });
}
