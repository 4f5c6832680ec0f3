import { mkdir } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { fillCampus } from '../demo/campus.ts';
import { clients, targets } from '../demo/cast.ts';
import { removeFiles } from '../demo/files.ts';
import { callerOf } from '../demo/http.ts';
import { startScimService, startWebhookService } from '../demo/services.ts';
import { openStage } from '../demo/stage.ts';
import { playStory } from '../demo/story.ts';
import {
  endClients,
  forgetTargets,
  issueTokens,
  rejectHeldFile,
  removeTraces,
  requireNamesFree,
} from '../demo/traces.ts';
import { exit } from '../exit.ts';
import { withCommonOptions, type Program } from '../command.ts';
import { writeJson, type CommandIo } from '../terminal.ts';
import { visit, type CommonOptions, type Visit } from '../visit.ts';
import { z } from 'zod';

/** The log is never rewritten, and neither is what a source once said. */
const REMAINS =
  'What happened stays written down: the log, the list of imported files, and the names of the sources.';

interface DemoOptions extends CommonOptions {
  readonly remove?: boolean;
}

const listOfTargets = z.object({ items: z.array(z.object({ id: z.string(), name: z.string() })) });

/** `muster demo` */
export function addDemoCommand({ root, io, run }: Program): void {
  withCommonOptions(
    root
      .command('demo')
      .description(
        'play the whole way once: SCIM and a file, groups in groups, two services, why, and leaving',
      ),
  )
    .option('--remove', 'take away what a demo left')
    .action(
      run(async (options: DemoOptions) => {
        await visit(io, { command: 'demo', options }, async (open) => {
          if (options.remove === true) await removeAndTell(io, options, open);
          else await play(io, options, open);
        });
        return exit.done;
      }),
    );
}

async function removeAndTell(io: CommandIo, { json }: DemoOptions, open: Visit): Promise<void> {
  const removed = await removeAll(open);
  if (json === true) return writeJson(io.out, removed);
  io.err.write(`Removed ${inWords(removed)} of the demo.\n`);
  if (removed.removed > 0) io.err.write(`${REMAINS}\n`);
}

async function play(io: CommandIo, { json, config }: DemoOptions, open: Visit): Promise<void> {
  const program = fileURLToPath(new URL('../../main.js', import.meta.url));
  const closers: (() => Promise<unknown>)[] = [];
  const steps: { readonly text: string; readonly ms: number | null }[] = [];
  const tell = (text: string, tookMs?: number): void => {
    steps.push({ text, ms: tookMs === undefined ? null : Math.round(tookMs) });
    if (json !== true) io.out.write(`${stamp(tookMs)}  ${text}\n`);
  };
  // All of them, whatever becomes of one: what was started must not outlive the demo.
  const closeAll = async (): Promise<void> => {
    const ends: PromiseSettledResult<unknown>[] = [];
    for (const close of closers.splice(0).reverse()) ends.push(...(await Promise.allSettled([close()])));
    const failed = ends.find((end) => end.status === 'rejected');
    if (failed !== undefined) throw failed.reason;
  };
  const interrupted = (): void => void closeAll().finally(() => process.exit(exit.unexpected));
  process.once('SIGINT', interrupted).once('SIGTERM', interrupted);
  try {
    const removed = await removeAll(open);
    if (removed.removed > 0) tell(`Removed ${inWords(removed)} of an earlier demo.`);
    await requireNamesFree(open);
    const stage = await openStage(open.settings, { program, config });
    closers.push(() => stage.close());
    await mkdir(stage.watchDir, { recursive: true });
    const scim = await startScimService(program);
    closers.push(() => scim.close());
    const webhook = await startWebhookService();
    closers.push(() => webhook.close());
    const tokens = await issueTokens(open);
    closers.push(() => endClients(open, [clients.admin]));
    closers.push(() => removeTargets(stage.address, tokens.admin));
    const where = stage.isOwn ? 'on an instance of its own' : `on the instance at ${stage.address}`;
    tell(`The demo plays ${where}.`);
    const actors = { address: stage.address, watchDir: stage.watchDir, tokens, scim, webhook, tell };
    await playStory(actors);
    await fillCampus(actors);
    const tour = new URL('/tour', open.settings.baseUrl).href;
    const sooner = stage.isOwn ? ' once it runs (npm start)' : '';
    tell(`A tour of five steps waits in the console${sooner}: ${tour}`);
    tell(`All of this stays; \`npx muster demo --remove\` takes it away. ${REMAINS}`);
  } finally {
    await closeAll();
    process.off('SIGINT', interrupted).off('SIGTERM', interrupted);
  }
  if (json === true) writeJson(io.out, { steps });
}

interface Removed {
  /** People and groups. */
  readonly removed: number;
  readonly targets: number;
  readonly clients: number;
}

/** Takes away all that a demo left, but for what is told of it; answers how much there was. */
async function removeAll(open: Visit): Promise<Removed> {
  await rejectHeldFile(open);
  const targets = await forgetTargets(open);
  const removed = await removeTraces(open);
  const clients = await endClients(open);
  await removeFiles(open.settings);
  return { removed, targets, clients };
}

function inWords({ removed, targets, clients }: Removed): string {
  const of = (count: number, one: string): string => `${count} ${one}${count === 1 ? '' : 's'}`;
  return `${removed} people and groups, ${of(targets, 'target')} and ${of(clients, 'client')}`;
}

/** The demo's services end with it, so nothing must be pushed to them any more. */
async function removeTargets(address: string, token: string): Promise<void> {
  const admin = callerOf(`${address}/api/v1`, token);
  const { items } = listOfTargets.parse(await admin.get('/targets?limit=1000'));
  for (const { id, name } of items) {
    if (targets.includes(name)) await admin.send('DELETE', `/targets/${id}`);
  }
}

function stamp(tookMs: number | undefined): string {
  return (tookMs === undefined ? '' : `${Math.round(tookMs)} ms`).padStart(8);
}
