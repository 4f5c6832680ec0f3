/** Between a Group document, as clients write it, and the state that the directory keeps; members apart. */
import { isArray, isObject, type JsonObject, omit, own } from '../../core/scim/json.ts';
import { musterGroupSchema } from '../../core/scim/schemas/muster-group.ts';
import { invalidValue } from '../../core/scim/value-read.ts';
import type { GroupState } from '../../directory/groups.ts';
import type { AutoLeave } from '../../store/groups.ts';

const APART = ['displayName', 'externalId', 'members', musterGroupSchema.id];
const FLAGS = ['internal', 'hidden', 'open', 'public', 'restricted'] as const;

/** The document that a PATCH or PUT changes. */
export function documentOfGroup(state: GroupState): JsonObject {
  const flags = Object.fromEntries(FLAGS.map((name) => [name, state[name]]));
  const extension: JsonObject = {
    ...flags,
    ...(state.description === null ? {} : { description: state.description }),
    autoLeave: state.autoLeave,
    ...(state.roles.length === 0 ? {} : { roles: state.roles }),
    ...(state.reservedTo === null ? {} : { reservedTo: state.reservedTo }),
  };
  return {
    ...(state.document as JsonObject),
    displayName: state.name,
    ...(state.externalId === null ? {} : { externalId: state.externalId }),
    [musterGroupSchema.id]: extension,
  };
}

/** The state that a document stands for; what it does not say of the flags is as in `rest`. */
export function stateOfGroup(document: JsonObject, rest: Omit<GroupState, 'name'>): GroupState {
  const name = own(document, 'displayName');
  const externalId = own(document, 'externalId');
  if (typeof name !== 'string') throw invalidValue('displayName', 'is required.');
  return {
    ...rest,
    name,
    externalId: typeof externalId === 'string' ? externalId : null,
    ...flagsIn(own(document, musterGroupSchema.id), rest),
    document: omit(document, APART),
  };
}

function flagsIn(extension: unknown, rest: Omit<GroupState, 'name'>): Partial<GroupState> {
  if (!isObject(extension as JsonObject)) return {};
  const said = extension as JsonObject;
  const text = (name: string): string | null => {
    const value = own(said, name);
    return typeof value === 'string' ? value : null;
  };
  const flags = FLAGS.map((name) => {
    const value = own(said, name);
    return [name, typeof value === 'boolean' ? value : rest[name]];
  });
  const roles = own(said, 'roles');
  return {
    ...(Object.fromEntries(flags) as Pick<GroupState, (typeof FLAGS)[number]>),
    description: text('description'),
    autoLeave: readAutoLeave(text('autoLeave') ?? rest.autoLeave),
    reservedTo: text('reservedTo'),
    roles: isArray(roles) ? roles.filter((role) => typeof role === 'string') : [],
  };
}

function readAutoLeave(text: string): AutoLeave {
  const value = text.toLowerCase();
  if (value === 'inherit' || value === 'on' || value === 'off') return value;
  throw invalidValue(`${musterGroupSchema.id}:autoLeave`, 'must be inherit, on or off.');
}
