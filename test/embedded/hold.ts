/** A process that holds the embedded server of a folder until it is killed: `hold.ts FOLDER`. */
import { openEmbedded } from '../../src/store/embedded/server.ts';

const server = await openEmbedded({ dataDir: process.argv[2] ?? '', durable: false });
console.log(`holding ${server.url}`);
process.once('SIGTERM', () => void server.stop().then(() => process.exit()));
setInterval(() => undefined, 60_000);
