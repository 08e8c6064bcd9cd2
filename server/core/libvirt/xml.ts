import { XmlElement as Node, parseXml, XmlCdata, XmlError, XmlNode, XmlText } from '@rgrove/parse-xml';
import { fail, ok, type Problem, type Result } from '../result';
import { short } from '../short';

/*
 * XML text as a tree of elements, and back. What is malformed, too much, too deep or could define entities is refused;
 * comments are gone. Lines end with \n alone, as XML has it.
 */

/** Characters; 4096 reservations take less than half of it. */
const MOST = 1_000_000;
/** Angle brackets that open; 4096 reservations with lease times need an eighth of them. */
const MOST_TAGS = 100_000;
/** Levels of elements; libvirt's own format has six, the rest is for metadata. */
const DEEPEST = 64;
/** The namespace of `<dnsmasq:options>`. */
export const DNSMASQ = 'http://libvirt.org/schemas/network/dnsmasq/1.0';

export type XmlElement = {
  /** Without a namespace as it is; `dnsmasq:NAME` in libvirt's; `prefix:NAME` or `NAME (namespace …)` in any other. */
  readonly name: string;
  /** Without those that declare namespaces. */
  readonly attributes: Readonly<Record<string, string>>;
  readonly children: readonly XmlElement[];
  /** Text between the children, joined. */
  readonly text: string;
  /** Each child as it was written, with the namespaces it needs; comments too. */
  readonly inside: readonly string[];
  /** For people: `<ip address='10.0.0.1'> → <dhcp>`. */
  readonly label: string;
  /** Names of the elements below the root, each followed by its position among those of its name. */
  readonly path: Problem['path'];
};

/** What a prefix means at some place. A chain, not a copy for each element: documents can declare thousands. */
type Scope = (prefix: string) => string | undefined;
const BUILT_IN = new Map([
  ['', ''],
  ['xml', 'http://www.w3.org/XML/1998/namespace'],
]);
const NO_NAMESPACES: Scope = (prefix) => BUILT_IN.get(prefix);

/** Refused with XML_TOO_LONG, XML_DOCTYPE, XML_MALFORMED (with line and column), XML_TOO_DEEP or XML_NAMESPACE. */
export function readXml(source: string): Result<XmlElement> {
  if (source.length > MOST)
    return refused(
      'XML_TOO_LONG',
      `The XML has more than ${MOST} characters: no network or guest needs so many.`,
    );
  if (source.split('<').length > MOST_TAGS)
    return refused(
      'XML_TOO_LONG',
      `The XML has more than ${MOST_TAGS} tags: no network or guest needs so many.`,
    );
  const text = source.replace(/^\uFEFF/, '').replaceAll(/\r\n?/g, '\n');
  const parsed = parse(text);
  if (!parsed.ok) return parsed;
  const fault = faultOf(parsed.value, NO_NAMESPACES, 1);
  if (fault !== null) return fault;
  return ok(convert({ node: parsed.value, text, outer: NO_NAMESPACES, parent: null, n: 0 }));
}

/**
 * Elements as they stand inside another one, each as it was written.
 * Refused as `readXml` refuses, and with XML_TEXT when there is text beside them.
 */
export function readFragment(source: string): Result<readonly string[]> {
  const root = readXml(`<metadata>${source}</metadata>`);
  if (!root.ok) return root;
  if (root.value.text.trim() !== '')
    return refused('XML_TEXT', 'Metadata consists of elements: text beside them is not kept.');
  return ok(root.value.inside);
}

/** Text as it stands in an element or an attribute, escaped as libvirt does. */
export const escapeXml = (text: string): string => text.replaceAll(/[&<>'"]/g, (c) => ESCAPES[c] ?? c);
const ESCAPES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  "'": '&apos;',
  '"': '&quot;',
};

const refused = (code: string, message: string): Result<never> =>
  fail(code, message, { problems: [{ path: [], code, message }] });

const tooDeep = () =>
  refused(
    'XML_TOO_DEEP',
    `The XML is nested more than ${DEEPEST} levels deep: no network or guest needs so many.`,
  );

function parse(text: string): Result<Node> {
  const doctype = () =>
    refused(
      'XML_DOCTYPE',
      'The XML has a document type declaration (<!DOCTYPE …>): it could define entities, and libvirt writes none.',
    );
  try {
    const options = { includeOffsets: true, preserveCdata: true, preserveComments: true };
    const document = parseXml(text, { ...options, preserveDocumentType: true });
    if (document.children.some((c) => c.type === XmlNode.TYPE_DOCUMENT_TYPE)) return doctype();
    return document.root === null ? refused('XML_MALFORMED', 'The XML has no element.') : ok(document.root);
  } catch (e) {
    // The parser calls itself for each level: it runs out of stack long after DEEPEST.
    if (e instanceof RangeError) return tooDeep();
    if (!(e instanceof XmlError)) throw e;
    if (text.includes('<!DOCTYPE')) return doctype();
    const what = (e.message.split('\n')[0] ?? '').replace(/ \(line \d+, column \d+\)$/, '');
    return refused(
      'XML_MALFORMED',
      `The XML is malformed in line ${e.line}, column ${e.column}: ${short(what, 120)}.`,
    );
  }
}

const elementsOf = (node: Node): readonly Node[] => node.children.filter((c) => c instanceof Node);

function declaredBy(node: Node): ReadonlyMap<string, string> {
  const attributes = Object.entries(node.attributes);
  return new Map(
    attributes.flatMap(([name, value]): [string, string][] =>
      name === 'xmlns' ? [['', value]] : name.startsWith('xmlns:') ? [[name.slice(6), value]] : [],
    ),
  );
}

function scopeOf(node: Node, outer: Scope): Scope {
  const declared = declaredBy(node);
  return declared.size === 0 ? outer : (prefix) => declared.get(prefix) ?? outer(prefix);
}

const prefixOf = (name: string): string => (name.includes(':') ? name.slice(0, name.indexOf(':')) : '');

/** Too deep, or a prefix that nobody declared. */
function faultOf(node: Node, outer: Scope, depth: number): Result<never> | null {
  if (depth > DEEPEST) return tooDeep();
  const scope = scopeOf(node, outer);
  const undeclared = prefixesOf(node).find((prefix) => scope(prefix) === undefined);
  if (undeclared !== undefined)
    return refused(
      'XML_NAMESPACE',
      `The element <${short(node.name)}> uses the prefix ${short(undeclared)}, which is not declared: xmlns:${short(undeclared)} is missing.`,
    );
  for (const child of elementsOf(node)) {
    const fault = faultOf(child, scope, depth + 1);
    if (fault !== null) return fault;
  }
  return null;
}

/** Of the element and its attributes; a declaration uses none. */
const prefixesOf = (node: Node): readonly string[] => [
  prefixOf(node.name),
  ...Object.keys(node.attributes)
    .map(prefixOf)
    .filter((p) => p !== 'xmlns' && p !== ''),
];

type Place = {
  readonly node: Node;
  readonly text: string;
  readonly outer: Scope;
  /** Null at the root. */
  readonly parent: XmlElement | null;
  /** Position among those of its name. */
  readonly n: number;
};

/** Everything but the name is made when asked for: hostile documents have a million elements, none of which is told of. */
function convert({ node, text, outer, parent, n }: Place): XmlElement {
  const scope = scopeOf(node, outer);
  const name = nameOf(node.name, scope);
  const self: XmlElement = {
    name,
    get attributes() {
      const all = Object.entries(node.attributes);
      return Object.fromEntries(all.filter(([key]) => key !== 'xmlns' && !key.startsWith('xmlns:')));
    },
    get label() {
      const above = parent === null || parent.path.length === 0 ? '' : `${parent.label} → `;
      // The NICs of a guest are told apart by their order alone.
      const number = parent?.name === 'devices' ? ` no. ${n + 1}` : '';
      return `${above}${labelOf(name, self.attributes)}${number}`;
    },
    get path() {
      return parent === null ? [] : [...parent.path, node.name, n];
    },
    get children() {
      children ??= childrenIn(self, { node, text, scope });
      return children;
    },
    text: node.children.map((c) => (c instanceof XmlText || c instanceof XmlCdata ? c.text : '')).join(''),
    get inside() {
      const parts = node.children.filter((c) => !(c instanceof XmlText || c instanceof XmlCdata));
      return parts.map((c) => {
        const raw = text.slice(c.start, c.end);
        return c instanceof Node ? withNamespaces(c, raw, scope) : raw;
      });
    },
  };
  let children: readonly XmlElement[] | null = null;
  return self;
}

function childrenIn(
  parent: XmlElement,
  { node, text, scope }: { readonly node: Node; readonly text: string; readonly scope: Scope },
): readonly XmlElement[] {
  const seen = new Map<string, number>();
  return elementsOf(node).map((child) => {
    const n = seen.get(child.name) ?? 0;
    seen.set(child.name, n + 1);
    return convert({ node: child, text, outer: scope, parent, n });
  });
}

function nameOf(name: string, scope: Scope): string {
  const local = name.slice(name.indexOf(':') + 1);
  const namespace = scope(prefixOf(name)) ?? '';
  if (namespace === '') return local;
  if (namespace === DNSMASQ) return `dnsmasq:${local}`;
  return name === local ? `${local} (namespace ${namespace})` : name;
}

/** What tells an element from its like, the first of these that it has. */
const IDENTITY = ['name', 'address', 'mac', 'id', 'ip', 'dev', 'addr', 'domain', 'start', 'service', 'value'];

function labelOf(name: string, attributes: Readonly<Record<string, string>>): string {
  const isPci = attributes.type === 'pci';
  const key = isPci ? undefined : IDENTITY.find((k) => attributes[k] !== undefined);
  return key === undefined ? `<${short(name)}>` : `<${short(name)} ${key}='${short(attributes[key] ?? '')}'>`;
}

/** An element cut out of its document, with the declarations that it took from outside. */
function withNamespaces(node: Node, raw: string, outer: Scope): string {
  const needed = new Set<string>();
  collectFree(node, (prefix) => BUILT_IN.has(prefix), needed);
  const declarations = [...needed].sort().map((p) => ` xmlns:${p}="${escapeXml(outer(p) ?? '')}"`);
  const head = node.name.length + 1;
  return `${raw.slice(0, head)}${declarations.join('')}${raw.slice(head)}`;
}

/** Adds the prefixes that an element or what is in it uses, and that are declared outside of it. */
function collectFree(node: Node, known: (prefix: string) => boolean, free: Set<string>): void {
  const declared = declaredBy(node);
  const inner = declared.size === 0 ? known : (prefix: string) => declared.has(prefix) || known(prefix);
  for (const prefix of prefixesOf(node)) if (!inner(prefix)) free.add(prefix);
  for (const child of elementsOf(node)) collectFree(child, inner, free);
}
