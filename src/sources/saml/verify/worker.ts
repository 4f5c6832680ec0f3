/** The thread in which responses and metadata are checked. It is ended from outside when one takes too long. */
import { parentPort } from 'node:worker_threads';
import { readMetadata, type MetadataRead, type MetadataTask } from '../metadata/read.ts';
import { type ResponseRead, type ResponseTask, verifyResponse } from './response.ts';

export type Task =
  | { readonly kind: 'response'; readonly task: ResponseTask }
  | { readonly kind: 'metadata'; readonly task: MetadataTask };

export type FromVerifier =
  | { readonly kind: 'ready' }
  | { readonly kind: 'response'; readonly read: ResponseRead }
  | { readonly kind: 'metadata'; readonly read: MetadataRead };

const port = parentPort;
if (port === null) throw new Error('This runs as a worker thread.');
port.on('message', (task: Task) => {
  void answer(task).then((message) => port.postMessage(message));
});
port.postMessage({ kind: 'ready' } satisfies FromVerifier);

async function answer(task: Task): Promise<FromVerifier> {
  if (task.kind === 'metadata') return { kind: 'metadata', read: readMetadata(task.task) };
  return { kind: 'response', read: await verifyResponse(task.task) };
}
