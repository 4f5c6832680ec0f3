/**
 * Preloaded into the processes of the demo: each ends with the one that started it, which cannot end them itself
 * when it is killed.
 */
const LOOK_EVERY_MS = 500;

const parent = process.ppid;

setInterval(() => {
  if (process.ppid !== parent) process.kill(process.pid, 'SIGTERM');
}, LOOK_EVERY_MS).unref();
