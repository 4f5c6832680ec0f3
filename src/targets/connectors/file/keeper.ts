/**
 * The file itself. What is asked of it meanwhile is written together: one writing at a time, whole, into a file
 * beside it that takes its name once it is safe on the disk, so that a reader sees the old file or the new one. A
 * change counts as made when that has happened.
 */
import { randomUUID } from 'node:crypto';
import type { BigIntStats } from 'node:fs';
import { mkdir, open, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { errorCode } from '../../../core/error-code.ts';
import type { Outcome } from '../../../core/targets/outcome.ts';
import type { Operation } from '../../connector.ts';
import { membershipLines, objectLines, readLines } from './lines.ts';
import { carryOut, type Model } from './model.ts';
import { portalRows, readPortalRows } from './portal.ts';
import type { FileSettings } from './settings.ts';

export interface Keeper {
  /** What the file holds now; read again when somebody else wrote it. Throws when it cannot be read. */
  read(): Promise<Model>;
  change(operation: Operation): Promise<Outcome>;
  /** Throws when the file cannot be read, or when as much as it holds cannot be written beside it. */
  probe(): Promise<void>;
  readonly path: string;
}

interface Asked {
  readonly operation: Operation;
  readonly done: (outcome: Outcome) => void;
}

/** Text is handed to the disk in pieces of about this many characters. */
const PIECE = 1 << 20;
/** Most bytes that are written to see whether there is room. */
const LONGEST_TRIAL = 16 << 20;

export function keepFile(folder: string, settings: FileSettings): Keeper {
  const path = join(folder, settings.file);
  /** Beside the portal's format, which says nothing of ids, of empty groups and of users in none. */
  const besidePath = join(folder, `.${settings.file}.known`);
  const isPortal = settings.format === 'portal';
  let known: { readonly model: Model; readonly stamp: string } | null = null;
  let queue: Asked[] = [];
  let writing: Promise<void> | null = null;

  const read = async (): Promise<Model> => {
    const stamp = await stampOf([path, besidePath]);
    if (known?.stamp === stamp) return known.model;
    const model = readLines(await textOf(isPortal ? besidePath : path));
    if (isPortal) readPortalRows(await textOf(path), model, settings);
    known = { model, stamp };
    return model;
  };

  const write = async (model: Model): Promise<void> => {
    await mkdir(folder, { recursive: true });
    // Stamps of what we wrote: by now somebody else may have written over it, which has to be noticed.
    const beside = isPortal ? await replaceFile(besidePath, objectLines(model)) : await stampOf([besidePath]);
    const lines = isPortal ? portalRows(model, settings) : both(objectLines(model), membershipLines(model));
    const own = await replaceFile(path, lines);
    known = { model, stamp: `${own} ${beside}` };
  };

  const work = async (): Promise<void> => {
    while (queue.length > 0) {
      const asked = queue.splice(0);
      const outcomes: Outcome[] = [];
      try {
        const model = await read();
        for (const { operation } of asked) outcomes.push(carryOut(model, operation));
        if (outcomes.some(({ kind }) => kind === 'applied')) await write(model);
        asked.forEach(({ done }, at) => done(outcomes[at] ?? { kind: 'noop' }));
      } catch (error) {
        // What stands in memory was not written: the file is read again before anything else.
        known = null;
        const why = error instanceof Error ? error.message : String(error);
        const outcome: Outcome = { kind: 'down', why };
        for (const { done } of asked) done(outcome);
      }
    }
    writing = null;
  };

  return {
    path,
    read,
    change: (operation) =>
      new Promise((done) => {
        queue = [...queue, { operation, done }];
        // In the next turn, so that what is asked in this one is written together.
        writing ??= Promise.resolve().then(work);
      }),
    probe: async () => {
      await mkdir(folder, { recursive: true });
      await read();
      const { size } = await stat(path).catch(() => ({ size: 0 }));
      await tryWriting(path, Math.min(size + 1, LONGEST_TRIAL));
    },
  };
}

/** Writes so many bytes beside the file and takes them away: permission alone does not tell of a full disk. */
async function tryWriting(path: string, bytes: number): Promise<void> {
  const beside = besideOf(path);
  try {
    await writeFile(beside, Buffer.alloc(bytes), { flag: 'wx', mode: 0o640, flush: true });
  } finally {
    await rm(beside, { force: true });
  }
}

function besideOf(path: string): string {
  return `${path}.${randomUUID()}.tmp`;
}

/** Answers the stamp of what it wrote. */
async function replaceFile(path: string, pieces: Iterable<string>): Promise<string> {
  const beside = besideOf(path);
  let stamp: string;
  try {
    const file = await open(beside, 'wx', 0o640);
    try {
      let text = '';
      for (const piece of pieces) {
        text += piece;
        if (text.length < PIECE) continue;
        await file.writeFile(text);
        text = '';
      }
      await file.writeFile(text);
      await file.sync();
      stamp = stampFrom(await file.stat({ bigint: true }));
    } finally {
      await file.close();
    }
    await rename(beside, path);
    return stamp;
  } catch (error) {
    await rm(beside, { force: true });
    throw error;
  }
}

function* both(one: Iterable<string>, other: Iterable<string>): Generator<string> {
  yield* one;
  yield* other;
}

async function textOf(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return '';
    throw error;
  }
}

async function stampOf(paths: readonly string[]): Promise<string> {
  const stamps = await Promise.all(
    paths.map(async (path) => {
      const facts = await stat(path, { bigint: true }).catch(() => null);
      return facts === null ? '' : stampFrom(facts);
    }),
  );
  return stamps.join(' ');
}

function stampFrom({ ino, size, mtimeNs }: BigIntStats): string {
  return `${ino}:${size}:${mtimeNs}`;
}
