/** Between a Group document, as clients write it, and the state that the directory keeps; members apart. */
import { affiliationFollowedBy } from '../../core/affiliations.ts';
import { readRule, type Rule } from '../../core/rules.ts';
import { isArray, isObject, type JsonObject, omit, own } from '../../core/scim/json.ts';
import type { Registry } from '../../core/scim/registry.ts';
import { musterGroupSchema } from '../../core/scim/schemas/muster-group.ts';
import { invalidValue } from '../../core/scim/value-read.ts';
import { reservedForAffiliations } from '../../directory/automatic-groups.ts';
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
    ...(state.rule === null ? {} : { rule: state.rule.text }),
    ...(state.reservedTo === null ? {} : { reservedTo: state.reservedTo }),
  };
  return {
    ...(state.document as JsonObject),
    displayName: state.name,
    ...(state.externalId === null ? {} : { externalId: state.externalId }),
    [musterGroupSchema.id]: extension,
  };
}

/** What a document is read by: the schemas for its rule, and the state for all that it does not say. */
export interface GroupReading {
  readonly registry: Registry;
  readonly rest: Omit<GroupState, 'name'> & { readonly name?: string };
}

/**
 * The state that a document stands for. Refuses (`group.name_reserved`) a name of affiliation groups, which providers
 * of accounts have no say in, whatever their token may do (D-16); `filter.invalid` for a rule that is none.
 */
export function stateOfGroup(document: JsonObject, { registry, rest }: GroupReading): GroupState {
  const name = own(document, 'displayName');
  const externalId = own(document, 'externalId');
  if (typeof name !== 'string') throw invalidValue('displayName', 'is required.');
  if (affiliationFollowedBy(name) !== null && name !== rest.name) throw reservedForAffiliations(name);
  return {
    ...rest,
    name,
    externalId: typeof externalId === 'string' ? externalId : null,
    ...flagsIn(own(document, musterGroupSchema.id), { registry, rest }),
    document: omit(document, APART),
  };
}

function flagsIn(extension: unknown, { registry, rest }: GroupReading): Partial<GroupState> {
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
    rule: ruleIn(text('rule'), { registry, rest }),
    roles: isArray(roles) ? roles.filter((role) => typeof role === 'string') : [],
  };
}

/** A rule that stands already is not read again: it was written by the schemas of its day. */
function ruleIn(text: string | null, { registry, rest }: GroupReading): Rule | null {
  if (text === null) return null;
  return text.trim() === rest.rule?.text ? rest.rule : readRule(registry, text);
}

function readAutoLeave(text: string): AutoLeave {
  const value = text.toLowerCase();
  if (value === 'inherit' || value === 'on' || value === 'off') return value;
  throw invalidValue(`${musterGroupSchema.id}:autoLeave`, 'must be inherit, on or off.');
}
