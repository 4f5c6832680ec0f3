// Runs the thread that checks answers from its TypeScript source.
import { register } from 'tsx/esm/api';

register();
await import('../../src/sources/saml/verify/worker.ts');
