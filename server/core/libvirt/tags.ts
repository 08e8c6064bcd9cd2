import { escapeXml } from './xml';

/* XML that is written: elements with their attributes in order, indented as libvirt does. */

/** In this order; those without a value are left out. */
export type Attributes = readonly (readonly [name: string, value: string | number | undefined])[];

export type Tag = {
  readonly name: string;
  readonly attributes: Attributes;
  /** Text, elements (an empty list still has an end tag), XML as it is, or nothing. */
  readonly content: string | readonly Tag[] | { readonly raw: readonly string[] } | undefined;
};

export const tag = (name: string, attributes: Attributes = [], content?: Tag['content']): Tag => ({
  name,
  attributes,
  content,
});

export const yesNo = (value: boolean | undefined): 'yes' | 'no' | undefined =>
  value === undefined ? undefined : value ? 'yes' : 'no';

export const toText = (root: Tag): string =>
  lines(root, '')
    .map((line) => `${line}\n`)
    .join('');

function lines({ name, attributes, content }: Tag, indent: string): readonly string[] {
  const said = attributes.flatMap(([key, value]) =>
    value === undefined ? [] : [` ${key}='${escapeXml(String(value))}'`],
  );
  const head = `${indent}<${name}${said.join('')}`;
  const tail = `</${name}>`;
  if (content === undefined) return [`${head}/>`];
  if (typeof content === 'string') return [`${head}>${escapeXml(content)}${tail}`];
  if ('raw' in content)
    return [`${head}>`, ...content.raw.map((part) => `${indent}  ${part}`), `${indent}${tail}`];
  return [`${head}>`, ...content.flatMap((child) => lines(child, `${indent}  `)), `${indent}${tail}`];
}
