/** The index's thread: an engine with connections of its own, asked and woken by messages. */
import { parentPort, workerData } from 'node:worker_threads';
import { parsePosition } from '../../core/position.ts';
import { openDatabase } from '../../store/database.ts';
import { readsOf } from '../asks.ts';
import { Engine } from '../engine.ts';
import type { FromThread, ThreadData, ToThread } from './messages.ts';

/** One to follow, one to cut, one to spare. */
const POOL_SIZE = 3;

const port = parentPort;
if (port === null) throw new Error('This file runs as a worker thread.');
const say = (message: FromThread): void => port.postMessage(message);

const { url, hashKey, holder, file } = workerData as ThreadData;
const database = openDatabase({ url, poolSize: POOL_SIZE, applicationName: 'muster index' });
const engine = new Engine({
  database,
  hashKey,
  holder,
  file: file === null ? null : { ...file, now: Date.now },
  now: () => performance.now(),
  onCut: () => say({ kind: 'cut' }),
  onFault: (what, error) => say({ kind: 'fault', what, error }),
});
const reads = readsOf(engine);
const started = engine.start();

port.on('message', (message: ToThread) => {
  switch (message.kind) {
    case 'wake':
      engine.wake();
      return;
    case 'ask':
      void answer(message);
      return;
    case 'stop':
      void stop();
      return;
  }
});

await started;
say({ kind: 'ready' });

async function answer({ id, ask, at }: Extract<ToThread, { kind: 'ask' }>): Promise<void> {
  const position = parsePosition(at);
  const found = ask.kind === 'page' ? await reads.page(ask, position) : await reads.tag(ask.group, position);
  say({ kind: 'answer', id, answer: found });
}

async function stop(): Promise<void> {
  await started;
  await engine.stop();
  await database.close();
  port?.close();
}
