/** A form that sends a file (RFC 7578): its fields, and the file as a stream that nobody keeps whole. */
import type { Readable } from 'node:stream';
import { Busboy, type BusboyHeaders, type BusboyInstance } from '@fastify/busboy';
import type { DoorContext } from './context.ts';
import { HttpProblem } from './problem.ts';

/** A file as a browser sends it. Its content has to be read, or discarded with {@link FileForm.discard}. */
export interface SentFile {
  readonly name: string;
  readonly content: Readable;
}

export interface FileForm {
  /** The fields that stand before the file. */
  readonly fields: URLSearchParams;
  /** Null where none was chosen. */
  readonly file: SentFile | null;
  /** Reads and forgets what is left of the request, so that it can be answered. */
  discard(): void;
}

const MULTIPART = 'multipart/form-data';

/**
 * Reads a form up to its file. Refuses with 415 another media type, and with 400 what is no such form; a field may
 * have `fieldBytes`, and there may be 50 of them.
 */
export async function readFileForm(context: DoorContext, fieldBytes: number): Promise<FileForm> {
  const type = context.get('Content-Type');
  if (!type.toLowerCase().startsWith(MULTIPART)) {
    throw new HttpProblem('body.unsupported_type', `The form must be sent as ${MULTIPART}.`);
  }
  const request = context.req;
  const reader = openReader({ ...request.headers, 'content-type': type }, fieldBytes);
  const discard = (): void => {
    request.unpipe(reader);
    request.resume();
  };
  const fields = new URLSearchParams();
  try {
    const file = await new Promise<SentFile | null>((resolve, reject) => {
      reader.on('field', (name: string, value: string) => fields.append(name, value));
      reader.on('file', (_: string, content: Readable, name: string | undefined) => {
        if (name !== undefined && name !== '') resolve({ name, content });
        else content.resume();
      });
      reader.on('finish', () => resolve(null));
      reader.on('error', reject);
      request.once('aborted', () => reject(malformed()));
      request.pipe(reader);
    });
    return { fields, file, discard };
  } catch {
    discard();
    throw malformed();
  }
}

function openReader(headers: BusboyHeaders, fieldBytes: number): BusboyInstance {
  try {
    return new Busboy({ headers, limits: { fieldSize: fieldBytes, fields: 50, files: 1 } });
  } catch {
    throw malformed();
  }
}

function malformed(): HttpProblem {
  return new HttpProblem('body.malformed', 'The form could not be read whole.');
}
