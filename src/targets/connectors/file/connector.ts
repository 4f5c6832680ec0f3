/** The file connector: the whole state of a target in one file, for programs that read files. */
import type { Outcome } from '../../../core/targets/outcome.ts';
import type { Connector, Failed, Held, HeldPage, Operation, TargetObject, Traits } from '../../connector.ts';
import type { Exchange } from '../../exchange.ts';
import { judgeHits, nameOf } from '../match.ts';
import { keepFile } from './keeper.ts';
import { differencesOf, type FileGroup, type FileUser, holderOf, type Model } from './model.ts';
import { nameOf as nameInFile } from './portal.ts';
import type { FileSettings } from './settings.ts';

const PAGE = 1_000;
/** One writing serves them all. */
const CHUNK = 50_000;
const CHUNK_BYTES = 16 * 1024 * 1024;

/** What is known of a file before it is written. */
export function fileTraits({ groupName, roleGroupName }: FileSettings): Traits {
  return {
    chunk: CHUNK,
    chunkBytes: CHUNK_BYTES,
    // The last of the styles: there is one way of taking members out, and a refusal is not about it.
    removal: 'put',
    membersReadable: true,
    names: { template: groupName, roleTemplate: roleGroupName, fold: 'case', longest: 256 },
  };
}

/** A connector to a file of that folder. */
export function fileConnector(
  folder: string,
  settings: FileSettings,
  heard: (exchange: Exchange) => void = () => undefined,
): Connector {
  const keeper = keepFile(folder, settings);
  const ask = async <T>(question: (model: Model) => T): Promise<T | Failed> => {
    try {
      return question(await keeper.read());
    } catch (error) {
      return failed(error);
    }
  };
  return {
    keeps: { users: true, groups: true },
    probe: async () => {
      try {
        await keeper.probe();
        return { kind: 'ready', says: `${keeper.path} can be written` };
      } catch (error) {
        return failed(error);
      }
    },
    resolve: (object) =>
      ask((model) => {
        const ours = heldOf(model, object.kind, object.id);
        if (ours !== null) return judgeHits(object, [ours], 'externalId');
        const holder = holderOf(model, object.kind, nameOf(object));
        const namesake = holder === null ? null : heldOf(model, object.kind, holder);
        return judgeHits(object, namesake === null ? [] : [namesake], 'name');
      }),
    observe: (of, remoteId) =>
      ask((model) => {
        const object = heldOf(model, of, remoteId);
        return object === null ? ({ kind: 'absent' } as const) : ({ kind: 'found', object } as const);
      }),
    observeMembers: (group) =>
      ask((model) => {
        const members = model.groups.get(group)?.members;
        return members === undefined
          ? ({ kind: 'absent' } as const)
          : ({ kind: 'all', members: new Set(members) } as const);
      }),
    list: (of, after) => ask((model) => listPage(model, of, after)),
    apply: async (operation) => {
      const begun = performance.now();
      const fault = faultOf(operation, settings);
      const outcome = fault ?? (await keeper.change(operation));
      const answer = 'why' in outcome ? outcome.why : outcome.kind;
      const told = { method: operation.kind, url: settings.file, body: null, status: null, answer };
      heard({ ...told, ms: performance.now() - begun });
      return outcome;
    },
    differences: (object, { held }) => (isModel(held) ? differencesOf(held, object) : []),
    close: async () => undefined,
  };
}

/** Somebody without the value that the portal's format names people by can stand in no row. */
function faultOf(operation: Operation, { format, userValue }: FileSettings): Outcome | null {
  const object: TargetObject | null =
    operation.kind === 'create' || operation.kind === 'update' ? operation.object : null;
  if (format !== 'portal' || object?.kind !== 'user' || nameInFile(object, userValue) !== null) return null;
  return { kind: 'rejected', code: 422, why: `there is no ${userValue} that could stand in a row` };
}

function heldOf(model: Model, of: 'user' | 'group', id: string): Held | null {
  const object = of === 'user' ? model.users.get(id) : model.groups.get(id);
  return object === undefined ? null : heldAs(model, object);
}

function heldAs(model: Model, object: FileUser | FileGroup): Held {
  const { id } = object;
  const isUser = 'userName' in object;
  return {
    remoteId: id,
    externalId: id,
    name: isUser ? object.userName : object.name,
    active: !isUser || object.active,
    held: model,
  };
}

function listPage(model: Model, of: 'user' | 'group', after: string | null): HeldPage {
  const all: readonly (FileUser | FileGroup)[] = [...(of === 'user' ? model.users : model.groups).values()];
  const start = Number(after ?? 0);
  const next = start + PAGE < all.length ? String(start + PAGE) : null;
  return { kind: 'page', objects: all.slice(start, start + PAGE).map((one) => heldAs(model, one)), next };
}

function isModel(held: unknown): held is Model {
  return typeof held === 'object' && held !== null && 'users' in held && 'groups' in held;
}

function failed(error: unknown): Failed {
  const why = error instanceof Error ? error.message : String(error);
  return { kind: 'failed', outcome: { kind: 'down', why } };
}
