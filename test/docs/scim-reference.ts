/** docs/reference/scim.md as the code has it: attributes, filters, limits, profiles, errors. */
import { MOST_VALUES } from '../../src/core/scim/element.ts';
import { MOST_LOOKS } from '../../src/core/scim/patch-apply.ts';
import { filterLimits } from '../../src/core/scim/filter-text.ts';
import { MAX_OPERATIONS } from '../../src/core/scim/patch-normalise.ts';
import { profiles, type Profile } from '../../src/core/scim/profile.ts';
import { buildRegistry, schemasOf } from '../../src/core/scim/registry.ts';
import type { Attribute } from '../../src/core/scim/schema.ts';
import { commonAttributes } from '../../src/core/scim/schemas/common.ts';
import { defineSchema } from '../../src/core/scim/schema.ts';
import { MAX_DEPTH } from '../../src/http/body.ts';
import { SORTED_LENGTH } from '../../src/store/scim/order.ts';
import { bodyBytes, scimLimits } from '../../src/sources/scim/limits.ts';
import type { ScimType } from '../../src/sources/scim/problem.ts';

export function scimReference(): string {
  return `${[
    '# SCIM reference',
    'What the code says of itself; [SCIM 2.0](../scim.md) explains it. `UPDATE_DOCS=1 npm run jest -- test/docs` writes this page, and a test holds it to the code.',
    ...attributes(),
    ...filters(),
    ...limits(),
    ...profileTable(),
    ...errors(),
  ].join('\n\n')}\n`;
}

const row = (cells: readonly string[]): string =>
  `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
const table = (heads: readonly string[], rows: readonly (readonly string[])[]): string =>
  [row(heads), row(heads.map(() => '---')), ...rows.map(row)].join('\n');
const code = (text: string): string => `\`${text}\``;
const number = (value: number): string => value.toLocaleString('en');
const size = (bytes: number): string =>
  bytes >= 1_048_576 ? `${bytes / 1_048_576} MiB` : `${bytes / 1_024} KiB`;

function attributes(): string[] {
  const common = defineSchema(commonAttributes);
  const intro =
    'Names are read in any case and answered as they stand here. `[]` marks what may have several values. Mutability is `readWrite` and returned `default` where nothing else is said; text is compared without case unless it is exact.';
  return [
    '## Attributes',
    intro,
    '### Common to users and groups',
    attributeTable(common.attributes),
    ...schemasOf(buildRegistry([])).flatMap(({ id, name, attributes: own }) => [
      `### ${name}`,
      code(id),
      attributeTable(own),
    ]),
    'With the scope `groups.govern` a client may write the flags of Muster’s Group extension; without it they are `readOnly`. An operator adds extensions from files: `MUSTER_SCHEMAS`.',
  ];
}

function attributeTable(of: readonly Attribute[]): string {
  const rows = of.flatMap((attribute) => [
    attributeRow(attribute, attribute.name),
    ...attribute.subAttributes.map((sub) => attributeRow(sub, `${attribute.name}.${sub.name}`)),
  ]);
  return table(['attribute', 'type', 'rules'], rows);
}

function attributeRow(attribute: Attribute, name: string): readonly string[] {
  const { type, multiValued, required, caseExact, mutability, returned, uniqueness } = attribute;
  const rules = [
    ...(required ? ['required'] : []),
    ...(mutability === 'readWrite' ? [] : [mutability]),
    ...(returned === 'default' ? [] : [`returned: ${returned}`]),
    ...(type === 'string' && caseExact ? ['exact'] : []),
    ...(uniqueness === 'none' ? [] : [`unique (${uniqueness})`]),
    ...(attribute.canonicalValues.length > 0 ? [`such as ${attribute.canonicalValues.join(', ')}`] : []),
    ...(attribute.referenceTypes.length > 0 ? [`of ${attribute.referenceTypes.join(', ')}`] : []),
  ];
  return [code(name), `${type}${multiValued ? '[]' : ''}`, rules.join('; ')];
}

function filters(): string[] {
  return [
    '## Filters',
    table(
      ['operator', 'for', 'holds when'],
      [
        ['`eq`, `ne`', 'every type', 'equal, not equal; `ne` also holds for what is not assigned'],
        ['`co`, `sw`, `ew`', 'text', 'contains, starts with, ends with'],
        [
          '`gt`, `ge`, `lt`, `le`',
          'text, numbers, dateTime',
          'greater, less; instants whatever their offset',
        ],
        ['`pr`', 'every type', 'has a value'],
        ['`and`, `or`, `not ( )`, `( )`', 'filters', '`not` before `and` before `or`'],
        ['`attribute[ … ]`', 'what has several values', 'one and the same value fits all that stands inside'],
      ],
    ),
    `A filter has at most ${size(filterLimits.bytes)}, ${filterLimits.terms} terms and ${filterLimits.depth} levels. An attribute of several complex values stands for their \`value\`. \`password\` cannot be searched. \`groups\` finds direct and nested memberships, \`members\` direct ones. Booleans and binary values know only \`eq\`, \`ne\` and \`pr\`. Lists are sorted by the first ${SORTED_LENGTH} characters of a text.`,
  ];
}

function limits(): string[] {
  return [
    '## Limits',
    table(
      ['what', 'most', 'beyond it'],
      [
        [
          'resources of a page',
          `${number(scimLimits.maxResults)} (${scimLimits.defaultPageSize} unless asked)`,
          'that many',
        ],
        ['age of a cursor', `${scimLimits.cursorSeconds / 60} minutes`, '400 `expiredCursor`'],
        ['operations of a Bulk', number(scimLimits.bulkOperations), '413'],
        ['operations of a PATCH', number(MAX_OPERATIONS), '400 `invalidSyntax`'],
        ['values of an attribute', `${number(MOST_VALUES)}; any number of \`members\``, '400 `invalidValue`'],
        [
          'looks of a PATCH at values',
          `${number(MOST_LOOKS)}: an operation on an attribute looks at each of its values once for each term of its filter, and three times more to change them`,
          '400 `invalidValue`',
        ],
        ['body of a user', size(bodyBytes.user), '413'],
        ['body of a group', size(bodyBytes.group), '413'],
        ['body of a Bulk', size(bodyBytes.bulk), '413'],
        ['body of a search', size(bodyBytes.search), '413'],
        ['depth of a body', `${MAX_DEPTH} levels`, '400 `invalidSyntax`'],
        [
          'filter',
          `${size(filterLimits.bytes)}, ${filterLimits.terms} terms, ${filterLimits.depth} levels`,
          '400 `invalidFilter`',
        ],
        ['requests a second', 'what `--rate` of the client says', '429 with `Retry-After`'],
      ],
    ),
  ];
}

const habits = {
  looseValues: 'values without quotes in filters',
  unknown: 'unknown attributes and schemas',
  looseTypes: '`"True"`, `["x"]`, a bare value for a complex one, the wrong `type` of a member',
  emptyText: '`""` means',
  absentElement: '`replace` where no value fits the filter',
  readOnlyWrite: 'a write of what is readOnly',
  danglingMembers: 'members that do not exist',
  patchedUser: 'answer to PATCH of a user',
  patchedGroup: 'answer to PATCH of a group',
  bareToken: 'a token without `Bearer`',
} as const satisfies Record<Exclude<keyof Profile, 'name'>, string>;

function profileTable(): string[] {
  const names = Object.keys(profiles) as (keyof typeof profiles)[];
  const habit = Object.entries(habits) as [keyof typeof habits, string][];
  return [
    '## Profiles',
    'How far the requests of a client may differ from the RFCs. What a lenient profile mended stands in the trace of the request.',
    table(
      ['', ...names.map(code)],
      habit.map(([key, what]) => [what, ...names.map((name) => String(profiles[name][key]))]),
    ),
  ];
}

/** Every answer that is an error. A kind that the code gives and that does not stand here fails the test. */
export const errorRows: readonly {
  readonly status: number;
  readonly scimType: ScimType | null;
  readonly when: string;
}[] = [
  { status: 400, scimType: 'invalidFilter', when: 'a filter that cannot be read, or over its limits' },
  {
    status: 400,
    scimType: 'invalidSyntax',
    when: 'a body that is no JSON or not the message it should be; `attributes` and `excludedAttributes` together',
  },
  { status: 400, scimType: 'invalidPath', when: 'a PATCH path that is none' },
  {
    status: 400,
    scimType: 'noTarget',
    when: 'a removal without a path; under `strict` a filter that nothing fits',
  },
  {
    status: 400,
    scimType: 'invalidValue',
    when: 'a value that does not fit, a missing one, a member that does not exist, a nesting in a circle',
  },
  {
    status: 400,
    scimType: 'mutability',
    when: 'a change of what is immutable or, under `strict`, readOnly; members of an automatic group or of one that is reserved to another source',
  },
  { status: 400, scimType: 'invalidCursor', when: 'a cursor that is not one of this list' },
  { status: 400, scimType: 'expiredCursor', when: 'a cursor that is too old' },
  {
    status: 400,
    scimType: 'invalidCount',
    when: 'of a list by cursor: another `count` than that of its first page, or one that is no number',
  },
  { status: 401, scimType: null, when: 'no token, or one that is unknown, expired or revoked; all the same' },
  {
    status: 403,
    scimType: null,
    when: 'a token without the scope or from an address it may not come from; a filter on discovery; a protected role or group; another name for an account that holds a permission',
  },
  {
    status: 404,
    scimType: null,
    when: 'no such resource or path: unknown, deleted, or outside of the client’s namespace',
  },
  {
    status: 405,
    scimType: null,
    when: 'a method that the path does not take; `Allow` names those that it does',
  },
  { status: 409, scimType: 'uniqueness', when: 'a userName or displayName in use' },
  { status: 409, scimType: null, when: 'another conflict; in a Bulk a reference to what could not be made' },
  {
    status: 412,
    scimType: null,
    when: 'If-Match names another version than the one that stands, or If-None-Match of a write that one',
  },
  { status: 413, scimType: null, when: 'a body, or a Bulk, over its limit' },
  {
    status: 415,
    scimType: null,
    when: 'a body that is neither `application/scim+json` nor `application/json`, declares another charset than UTF-8, or is compressed',
  },
  {
    status: 429,
    scimType: null,
    when: 'more requests than the client may make; `Retry-After` says when to come again',
  },
  {
    status: 500,
    scimType: null,
    when: 'a fault of ours; the answer names the request’s id, under which it stands in the log',
  },
  { status: 501, scimType: null, when: 'a method that no path takes' },
  {
    status: 503,
    scimType: null,
    when: 'no connection to the database, or the keys of a tenant of Entra ID cannot be had; `Retry-After` says when to come again',
  },
];

function errors(): string[] {
  return [
    '## Errors',
    'Every error has the form of RFC 7644 §3.12: `schemas`, `status` as a text, `scimType` where there is one, and `detail` for a person.',
    table(
      ['status', 'scimType', 'when'],
      errorRows.map(({ status, scimType, when }) => [
        String(status),
        scimType === null ? '' : code(scimType),
        when,
      ]),
    ),
  ];
}
