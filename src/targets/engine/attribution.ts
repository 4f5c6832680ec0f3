/** In whose name the engine writes into the log. */
import type { Attribution } from '../../core/attribution.ts';

/** Muster itself, while it keeps the target of that name in step. */
export function byEngine(name: string): Attribution {
  return {
    actor: { kind: 'system', id: 'targets' },
    onBehalfOf: null,
    source: 'system',
    origin: { kind: 'command', command: `push ${name}` },
    requestId: null,
  };
}
