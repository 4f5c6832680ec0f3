import { readText } from './body.ts';
import type { DoorContext } from './context.ts';

const FORM = 'application/x-www-form-urlencoded';

/** Reads what a form sent. Refuses with 415 another media type, 413 more bytes than `limit`, 400 what is no UTF-8. */
export async function readForm(context: DoorContext, limit: number): Promise<URLSearchParams> {
  return new URLSearchParams(await readText(context, { bytes: limit, types: [FORM] }));
}
