import { csvImport } from './csv-import.ts';
import { openServer } from './kept-databases.ts';
const server = await openServer();
try { const f = await csvImport.run({ server, size: 'full', seed: 1, url: '', say: (t: string) => console.log(t) } as any); console.log(JSON.stringify(f, null, 1)); } finally { await server.stop(); }
