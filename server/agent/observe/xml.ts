/** An element of an XML document. Text between elements is joined; comments and declarations are gone. */
export type XmlElement = {
  readonly name: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly children: readonly XmlElement[];
  readonly text: string;
};

type Open = { name: string; attributes: Record<string, string>; children: XmlElement[]; text: string };

const TOKEN =
  /<!--[\s\S]*?-->|<!\[CDATA\[([\s\S]*?)\]\]>|<\?[\s\S]*?\?>|<!\w[^>]*>|<\/([^\s>]+)\s*>|<([A-Za-z_][^\s/>]*)((?:\s+[^\s=/>]+\s*=\s*(?:"[^"]*"|'[^']*'))*)\s*(\/?)>|[^<]+|</g;
const ATTRIBUTE = /([^\s=/>]+)\s*=\s*(?:"([^"]*)"|'([^']*)')/g;
const ENTITIES: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" };

const decode = (text: string) =>
  text.replaceAll(/&(?:#(\d+)|#x([0-9a-fA-F]+)|(\w+));/g, (all, decimal, hex, name) => {
    const code =
      decimal !== undefined ? Number(decimal) : hex !== undefined ? Number.parseInt(hex, 16) : null;
    if (code !== null) return code <= 0x10ffff ? String.fromCodePoint(code) : all;
    return ENTITIES[String(name)] ?? all;
  });

/**
 * Reads the XML that libvirt prints: enough of XML for that, and lenient where libvirt is careless (it prints a bare
 * `&` or `<` inside an attribute). Null when tags do not match or there is no element.
 */
export function parseXml(text: string): XmlElement | null {
  const root: Open = { name: '', attributes: {}, children: [], text: '' };
  const stack: Open[] = [root];
  for (const [token, cdata, closing, opening, attributes, selfClosing] of text.matchAll(TOKEN)) {
    const top = stack.at(-1);
    if (top === undefined) return null;
    if (cdata !== undefined) top.text += cdata;
    else if (closing !== undefined) {
      if (stack.length < 2 || top.name !== closing) return null;
      stack.pop();
    } else if (opening !== undefined) {
      const element: Open = {
        name: opening,
        attributes: attributesOf(attributes ?? ''),
        children: [],
        text: '',
      };
      top.children.push(element);
      if (selfClosing !== '/') stack.push(element);
    } else if (!token.startsWith('<') || token === '<') top.text += decode(token);
  }
  return stack.length === 1 ? (root.children[0] ?? null) : null;
}

const attributesOf = (text: string): Record<string, string> =>
  Object.fromEntries(
    [...text.matchAll(ATTRIBUTE)].map(([, name, double, single]) => [
      name ?? '',
      decode(double ?? single ?? ''),
    ]),
  );

/** First child of that name. */
export const child = (element: XmlElement | undefined, name: string): XmlElement | undefined =>
  element?.children.find((c) => c.name === name);
