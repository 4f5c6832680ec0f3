/** What a group is, as a form: for a new one and for one that changes. */
import { isAdministrator } from '../../../core/actor.ts';
import { isRefused, type Refusal, type RefusalCode } from '../../../core/refusal.ts';
import type { GroupPatch } from '../../../plans/edits/group-patch.ts';
import type { AutoLeave } from '../../../store/groups.ts';
import { wordIn } from '../../address.ts';
import { CheckField, FieldGroup, SelectField, TextField } from '../../components/field.tsx';
import { useHere } from '../../frame/here.ts';
import { type FlagName, flagNames } from './flags.tsx';

export interface GroupValues extends Readonly<Record<FlagName, boolean>> {
  readonly name: string;
  readonly description: string;
  readonly autoLeave: AutoLeave;
  readonly rule: string;
  readonly reservedTo: string;
  readonly consoleBesides: boolean;
  readonly trustedSources: string;
}

/** As new groups are (domain.md, Joining and leaving). */
export const newGroupValues: GroupValues = {
  ...{ name: '', description: '', autoLeave: 'inherit', rule: '', reservedTo: '', trustedSources: '' },
  ...{ internal: true, hidden: true, open: false, public: false, restricted: false, consoleBesides: false },
};

const autoLeaves = ['inherit', 'on', 'off'] as const;

/** What the form sent. */
export function readGroupForm(form: URLSearchParams): GroupValues {
  const text = (name: string): string => form.get(name) ?? '';
  const flags = Object.fromEntries(flagNames.map((name) => [name, form.has(name)]));
  return {
    ...newGroupValues,
    ...flags,
    name: text('name'),
    description: text('description'),
    autoLeave: wordIn(form, 'autoLeave', autoLeaves) ?? 'inherit',
    rule: text('rule').trim(),
    reservedTo: text('reservedTo').trim(),
    consoleBesides: form.has('consoleBesides'),
    trustedSources: text('trustedSources').trim(),
  };
}

/** The form's values as a patch. What only makes plans is named where it differs alone. */
export function patchOf(values: GroupValues, before: GroupValues): GroupPatch & { readonly name: string } {
  const orNull = (text: string): string | null => (text === '' ? null : text);
  const { name, internal, hidden, open, public: isPublic, restricted, autoLeave } = values;
  return {
    ...{ name, internal, hidden, open, public: isPublic, restricted, autoLeave },
    description: orNull(values.description),
    ...(values.rule === before.rule ? {} : { rule: orNull(values.rule) }),
    ...(values.reservedTo === before.reservedTo ? {} : { reservedTo: orNull(values.reservedTo) }),
    ...(values.consoleBesides === before.consoleBesides ? {} : { consoleBesides: values.consoleBesides }),
    ...(values.trustedSources === before.trustedSources
      ? {}
      : { trustedSources: values.trustedSources.split(/[\s,]+/).filter((one) => one !== '') }),
  };
}

const fieldOf: Partial<Record<RefusalCode, keyof GroupValues>> = {
  'group.name_taken': 'name',
  'group.name_reserved': 'name',
  'group.invalid': 'name',
  'filter.invalid': 'rule',
  'source.not_found': 'reservedTo',
  'group.protected_open': 'open',
};

/** The field that a refusal of what was sent is about, with its sentence; other refusals stand above the form. */
export function errorsOf(
  refusal: Refusal | null,
  { reservedTo }: GroupValues,
): Partial<Record<keyof GroupValues, string>> {
  let field = refusal === null ? undefined : fieldOf[refusal.code];
  // Two fields name sources.
  if (isRefused(refusal, 'source.not_found') && refusal.details.source !== reservedTo)
    field = 'trustedSources';
  return refusal === null || field === undefined ? {} : { [field]: refusal.message };
}

export interface GroupFieldsProps {
  readonly values: GroupValues;
  readonly errors: Partial<Record<keyof GroupValues, string>>;
  /** Which parts it has: members of automatic groups follow facts, so that nothing of joining applies. */
  readonly kind: 'regular' | 'rule' | 'automatic' | 'new';
}

/** The fields. */
export function GroupFields({ values, errors, kind }: GroupFieldsProps) {
  const { t, session } = useHere();
  const e = t.groups.edit;
  const isTrusting = kind !== 'new' && session !== null && isAdministrator(session.person);
  return (
    <>
      <TextField
        name="name"
        label={e.name}
        hint={e.nameHint}
        isRequired
        value={values.name}
        error={errors.name}
      />
      <TextField name="description" label={e.description} rows={2} value={values.description} />
      {kind === 'automatic' || kind === 'rule' ? null : (
        <FieldGroup legend={e.joining}>
          {flagNames.map((name) => (
            <CheckField
              key={name}
              name={name}
              label={t.groups.flag[name]}
              hint={t.groups.flagHint[name]}
              isChecked={values[name]}
              error={errors[name]}
            />
          ))}
          <SelectField
            name="autoLeave"
            label={e.autoLeave}
            value={values.autoLeave}
            options={autoLeaves.map((value) => ({ value, text: t.groups.overview.autoLeaves[value] }))}
          />
        </FieldGroup>
      )}
      {kind === 'automatic' ? null : (
        <TextField
          name="rule"
          label={e.rule}
          hint={e.ruleHint}
          rows={2}
          value={values.rule}
          error={errors.rule}
        />
      )}
      {kind === 'automatic' || kind === 'rule' ? null : (
        <>
          <TextField
            name="reservedTo"
            label={e.reservedTo}
            hint={e.reservedHint}
            value={values.reservedTo}
            error={errors.reservedTo}
          />
          <CheckField
            name="consoleBesides"
            label={e.consoleBesides}
            hint={e.consoleBesidesHint}
            isChecked={values.consoleBesides}
          />
        </>
      )}
      {isTrusting ? (
        <TextField
          name="trustedSources"
          label={e.trusted}
          hint={e.trustedHint}
          value={values.trustedSources}
          error={errors.trustedSources}
        />
      ) : null}
    </>
  );
}
