import { readText } from './body.ts';
import type { DoorContext } from './context.ts';
import { HttpProblem } from './problem.ts';

const FORM = 'application/x-www-form-urlencoded';

/** No page of ours has more, and each costs more to take apart than its bytes to read. */
const MOST_FIELDS = 10_000;

/**
 * Reads what a form sent. Refuses with 415 another media type, 413 more bytes than `limit`, 400 what is no UTF-8 or has
 * more than 10,000 fields.
 */
export async function readForm(context: DoorContext, limit: number): Promise<URLSearchParams> {
  const text = await readText(context, { bytes: limit, types: [FORM] });
  let fields = 1;
  for (let at = text.indexOf('&'); at >= 0; at = text.indexOf('&', at + 1)) fields += 1;
  if (fields > MOST_FIELDS) throw new HttpProblem('body.malformed', 'The form has too many fields.');
  return new URLSearchParams(text);
}
