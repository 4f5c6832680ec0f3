// A thread that takes what it is given and never answers, as one does that a message keeps busy.
import { parentPort } from 'node:worker_threads';

parentPort.on('message', () => {
  for (;;);
});
parentPort.postMessage({ kind: 'ready' });
