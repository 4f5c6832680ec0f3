import { randomBytes } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { Unreachable } from '../../core/setup-problem.ts';
import { runCatalogue } from '../../sources/scim/conformance/catalogue.ts';
import type { Outcome } from '../../sources/scim/conformance/fixture.ts';
import { exit } from '../exit.ts';
import { withCommonOptions, type Program } from '../command.ts';
import { writeJson, writeTable, type CommandIo } from '../terminal.ts';
import type { CommonOptions } from '../visit.ts';

interface ConformanceOptions extends CommonOptions {
  readonly url: string;
  readonly token: string;
  readonly exitCode?: boolean;
}

const PATIENCE_MS = 30_000;
/** Of a server that takes so many requests a second only. */
const MOST_TRIES = 10;
const LONGEST_WAIT_S = 60;

/** `muster conformance`: what identity providers send, tried on any SCIM server. */
export function addConformanceCommand({ root, io, run }: Program): void {
  withCommonOptions(
    root
      .command('conformance')
      .description('try on a SCIM server, this one or another, what identity providers really send'),
  )
    .requiredOption('--url <url>', 'base URL of the server, such as http://localhost:8080/scim/v2')
    .requiredOption('--token <token>', 'a bearer token that may create and delete users and groups')
    .option('--exit-code', 'end with 9 where something was not met')
    .action(
      run(async (options: ConformanceOptions) => {
        const url = options.url.replace(/\/+$/, '');
        await requireAnswer(url);
        const outcomes = await tryAll(io, { ...options, url });
        if (options.json === true) writeJson(io.out, outcomes);
        else writeOutcomes(io, outcomes);
        const unmet = outcomes.filter((outcome) => outcome.unmet !== null).length;
        io.err.write(`${outcomes.length - unmet} met, ${unmet} not met.\n`);
        return options.exitCode === true && unmet > 0 ? exit.different : exit.done;
      }),
    );
}

async function requireAnswer(url: string): Promise<void> {
  try {
    await patient(`${url}/ServiceProviderConfig`);
  } catch (error) {
    const why = error instanceof Error && error.cause instanceof Error ? error.cause.message : String(error);
    throw new Unreachable(`${url} cannot be reached: ${why}`, ['Is the base URL right?']);
  }
}

async function tryAll(io: CommandIo, { url, token }: ConformanceOptions): Promise<readonly Outcome[]> {
  const outcomes: Outcome[] = [];
  for await (const outcome of runCatalogue({
    url,
    token,
    mark: randomBytes(4).toString('hex'),
    send: patient,
  })) {
    outcomes.push(outcome);
    if (io.err.isTTY === true) io.err.clearLine?.(`${outcomes.length} tried, at ${outcome.id}`);
  }
  if (io.err.isTTY === true) io.err.clearLine?.();
  return outcomes;
}

function writeOutcomes(io: CommandIo, outcomes: readonly Outcome[]): void {
  writeTable(
    io,
    ['ID', 'PROVIDER', '', 'WHAT IT DOES'],
    outcomes.map(({ id, provider, title, unmet }) => [
      id,
      provider,
      unmet === null ? 'met' : 'NOT MET',
      unmet === null ? title : `${title}: ${unmet}`,
    ]),
  );
}

/** Sends a request; where the server asks to come again later, and says when, it is done so a few times. */
const patient: typeof fetch = async (input, init) => {
  for (let tries = 1; ; tries += 1) {
    const response = await fetch(input, { ...init, signal: AbortSignal.timeout(PATIENCE_MS) });
    const seconds = Number(response.headers.get('Retry-After'));
    const isToComeAgain = response.status === 429 && seconds > 0 && seconds <= LONGEST_WAIT_S;
    if (!isToComeAgain || tries === MOST_TRIES) return response;
    await response.body?.cancel();
    await pause(seconds * 1_000);
  }
};
