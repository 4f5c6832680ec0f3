import type { AttributeSource } from '../schema.ts';

/** A multi-valued attribute with the usual sub-attributes value, display, type and primary (RFC 7643 §2.4). */
export function plural(
  about: { readonly name: string; readonly description: string; readonly types?: readonly string[] },
  value: Partial<AttributeSource> & { readonly description: string },
): AttributeSource {
  return {
    name: about.name,
    type: 'complex',
    multiValued: true,
    description: about.description,
    subAttributes: [
      { name: 'value', ...value },
      { name: 'display', description: 'A text to show for the value.' },
      {
        name: 'type',
        description: 'What the value is for.',
        ...(about.types === undefined ? {} : { canonicalValues: about.types }),
      },
      {
        name: 'primary',
        type: 'boolean',
        description: 'True for the preferred value; at most one has it.',
      },
    ],
  };
}
