import { type ComponentChildren, h } from 'preact';
import { useTexts } from '../frame/here.ts';

interface FieldFrame {
  readonly name: string;
  readonly label: string;
  /** How to fill it in. */
  readonly hint?: string | undefined;
  /** What is wrong with what was sent. */
  readonly error?: string | undefined;
}

export interface TextFieldProps extends FieldFrame {
  readonly value?: string;
  readonly type?: 'text' | 'search' | 'email' | 'url' | 'number' | 'date' | 'datetime-local';
  readonly isRequired?: true;
  /** Rows of text; one line when left out. */
  readonly rows?: number;
  /** Set where each sign counts, as in JSON. */
  readonly isCode?: true;
  readonly autocomplete?: string;
}

/** A labelled line, or several, of text. */
export function TextField({
  name,
  label,
  hint,
  error,
  value = '',
  type = 'text',
  isRequired,
  rows,
  isCode,
  autocomplete = 'off',
}: TextFieldProps) {
  const common = {
    id: idOf(name),
    name,
    required: isRequired === true,
    'aria-describedby': describedBy(name, { hint, error }),
    'aria-invalid': error === undefined ? undefined : ('true' as const),
  };
  return (
    <Labelled name={name} label={label} hint={hint} error={error} isOptional={isRequired !== true}>
      {rows === undefined ? (
        h('input', { ...common, type, value, autocomplete })
      ) : (
        <textarea
          {...common}
          rows={rows}
          value={value}
          {...(isCode === true ? { class: 'mono', spellcheck: false } : {})}
        />
      )}
    </Labelled>
  );
}

export interface SelectFieldProps extends FieldFrame {
  readonly value: string;
  readonly options: readonly { readonly value: string; readonly text: string }[];
}

/** A choice of one from few. */
export function SelectField({ name, label, hint, error, value, options }: SelectFieldProps) {
  return (
    <Labelled name={name} label={label} hint={hint} error={error}>
      <select id={idOf(name)} name={name} aria-describedby={describedBy(name, { hint, error })}>
        {options.map((option) => (
          <option key={option.value} value={option.value} selected={option.value === value}>
            {option.text}
          </option>
        ))}
      </select>
    </Labelled>
  );
}

export interface FileFieldProps extends FieldFrame {
  /** What browsers offer first. */
  readonly accept: string;
}

/** A file of the visitor's own; it has to be the last field of its form. */
export function FileField({ name, label, hint, error, accept }: FileFieldProps) {
  return (
    <Labelled name={name} label={label} hint={hint} error={error}>
      <input
        type="file"
        id={idOf(name)}
        name={name}
        accept={accept}
        aria-describedby={describedBy(name, { hint, error })}
        aria-invalid={error === undefined ? undefined : 'true'}
      />
    </Labelled>
  );
}

export interface CheckFieldProps extends FieldFrame {
  readonly isChecked: boolean;
  readonly value?: string;
  readonly isFixed?: boolean;
}

/** A yes or no, with its meaning beside it. */
export function CheckField({
  name,
  label,
  hint,
  error,
  isChecked,
  value = 'on',
  isFixed = false,
}: CheckFieldProps) {
  const id = value === 'on' ? idOf(name) : idOf(`${name}-${value}`);
  return (
    <div class="check">
      <input
        type="checkbox"
        id={id}
        name={name}
        value={value}
        checked={isChecked}
        disabled={isFixed}
        aria-describedby={hint === undefined ? undefined : `${id}-hint`}
      />
      <label for={id}>{label}</label>
      {hint === undefined ? null : (
        <p class="hint" id={`${id}-hint`}>
          {hint}
        </p>
      )}
      {error === undefined ? null : <p class="error">{error}</p>}
    </div>
  );
}

/** Fields that belong together, under a heading of their own. */
export function FieldGroup({
  legend,
  children,
}: {
  readonly legend: string;
  readonly children: ComponentChildren;
}) {
  return (
    <fieldset class="group">
      <legend>{legend}</legend>
      {children}
    </fieldset>
  );
}

function Labelled({
  name,
  label,
  hint,
  error,
  isOptional = false,
  children,
}: FieldFrame & {
  readonly isOptional?: boolean;
  readonly children: ComponentChildren;
}) {
  const t = useTexts();
  return (
    <div class={error === undefined ? 'field' : 'field wrong'}>
      <label for={idOf(name)}>
        {label} {isOptional ? <span class="quiet">({t.shell.optional})</span> : null}
      </label>
      {hint === undefined ? null : (
        <p class="hint" id={`${idOf(name)}-hint`}>
          {hint}
        </p>
      )}
      {children}
      {error === undefined ? null : (
        <p class="error" id={`${idOf(name)}-error`}>
          {error}
        </p>
      )}
    </div>
  );
}

function idOf(name: string): string {
  return `field-${name}`;
}

function describedBy(name: string, { hint, error }: Pick<FieldFrame, 'hint' | 'error'>): string | undefined {
  const ids = [
    ...(hint === undefined ? [] : [`${idOf(name)}-hint`]),
    ...(error === undefined ? [] : [`${idOf(name)}-error`]),
  ];
  return ids.length === 0 ? undefined : ids.join(' ');
}
