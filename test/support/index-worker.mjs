// Runs the index's thread from its TypeScript source.
import { register } from 'tsx/esm/api';

register();
await import('../../src/effective/thread/worker.ts');
