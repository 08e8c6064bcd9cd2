import { type DomainNic, type DomainNicSource, ownName } from '../kinds/domain-nic';
import { NicName, nicAt } from '../kinds/nic';
import { Bandwidth } from '../kinds/port';
import type { Domain } from '../observed';
import { formatBandwidth } from './format-parts';
import { readBandwidth } from './parse-port';
import { newReading, withoutAbsent } from './reading';
import { type Tag, tag, toText } from './tags';
import { USER_ALIAS } from './user-alias';
import { readXml, type XmlElement } from './xml';

/*
 * The `<interface>` elements of a domain: what of them a NIC of ours says, and the elements with that changed and all
 * else as it was.
 */

/** One element, read. */
export type Card = {
  readonly mac: string;
  /** The name that people gave it, or null. */
  readonly name: string | null;
  /** Its type, and for networks and bridges which. */
  readonly source: Readonly<Record<string, string>> & { readonly type: string };
  readonly model: string;
  readonly link: 'up' | 'down';
  /** Of a guest that runs, also what its portgroup gave it. */
  readonly bandwidth: Bandwidth | undefined;
  readonly element: XmlElement;
};

/** A NIC of a domain as it runs and as libvirt keeps it, under one name. */
export type Seat = {
  readonly name: string;
  readonly mac: string;
  readonly live: Card | null;
  readonly config: Card | null;
};

const child = (element: XmlElement, name: string) => element.children.find((c) => c.name === name);

function readCard(xml: string): readonly Card[] {
  const read = readXml(xml);
  const mac = read.ok ? child(read.value, 'mac')?.attributes.address?.toLowerCase() : undefined;
  if (!read.ok || mac === undefined) return [];
  const element = read.value;
  const alias = child(element, 'alias')?.attributes.name ?? '';
  const { type = '' } = element.attributes;
  const { network, portgroup, bridge } = child(element, 'source')?.attributes ?? {};
  const said = type === 'network' ? { network, portgroup } : type === 'bridge' ? { bridge } : {};
  const source = Object.fromEntries(
    Object.entries(said).flatMap(([key, value]) => (value === undefined ? [] : [[key, value]])),
  );
  return [
    {
      ...{ mac, element, source: { ...source, type } },
      name: alias.startsWith(USER_ALIAS) ? alias.slice(USER_ALIAS.length) : null,
      model: child(element, 'model')?.attributes.type ?? 'virtio',
      link: child(element, 'link')?.attributes.state === 'down' ? 'down' : 'up',
      bandwidth: bandwidthOf(element),
    },
  ];
}

function bandwidthOf(element: XmlElement): Bandwidth | undefined {
  const said = withoutAbsent(readBandwidth(newReading(), child(element, 'bandwidth'), []));
  const parsed = Bandwidth.safeParse(said);
  return parsed.success ? parsed.data : undefined;
}

/** The tap that a running guest has for it. */
export const tapOf = ({ element }: Card): string | null => child(element, 'target')?.attributes.dev ?? null;

/** Does its QEMU run? Only then there is something that a NIC can be plugged into. */
export const isRunning = ({ state }: Domain): boolean =>
  !['shut off', 'crashed', 'no state', 'unknown'].includes(state);

/** The NICs of a domain, those that nobody named called by their place. */
export function seatsOf(domain: Domain): readonly Seat[] {
  const config = (domain.config ?? []).flatMap(readCard);
  const live = isRunning(domain) ? (domain.live ?? []).flatMap(readCard) : [];
  const all = [...config, ...live.filter((l) => !config.some((c) => c.mac === l.mac))];
  const taken = new Set(all.flatMap((card) => card.name ?? []));
  return all.map((card, i) => {
    let name = card.name !== null && NicName.safeParse(card.name).success ? card.name : null;
    for (let n = i; name === null; n += 1) if (!taken.has(nicAt(n))) name = nicAt(n);
    taken.add(name);
    return {
      ...{ name, mac: card.mac },
      live: live.find((l) => l.mac === card.mac) ?? null,
      config: config.find((c) => c.mac === card.mac) ?? null,
    };
  });
}

export const sameSource = (card: Card, source: DomainNicSource): boolean =>
  source.type === 'bridge'
    ? card.source.type === 'bridge' && card.source.bridge === source.bridge
    : card.source.type === 'network' &&
      card.source.network === source.network &&
      card.source.portgroup === source.portgroup;

const modelOf = ({ model = 'virtio' }: Pick<DomainNic, 'model'>) => model;
export const sameModel = (card: Card, nic: DomainNic): boolean => card.model === modelOf(nic);
export const linkOf = ({ link }: { readonly link?: 'up' | 'down' | undefined }): 'up' | 'down' =>
  link ?? 'up';

const sourceTag = (source: DomainNicSource): Tag =>
  source.type === 'bridge'
    ? tag('source', [['bridge', source.bridge]])
    : tag('source', [
        ['network', source.network],
        ['portgroup', source.portgroup],
      ]);

/** What a NIC of ours says, but for its link. */
const said = (nic: DomainNic): readonly Tag[] => [
  tag('mac', [['address', nic.mac]]),
  sourceTag(nic.source),
  tag('model', [['type', modelOf(nic)]]),
];

/** A NIC that was never there. */
export const newCardXml = (nic: DomainNic): string =>
  toText(
    tag(
      'interface',
      [['type', nic.source.type]],
      [
        ...said(nic),
        ...formatBandwidth(nic.bandwidth),
        ...(nic.link === undefined ? [] : [tag('link', [['state', nic.link]])]),
        tag('alias', [['name', `${USER_ALIAS}${ownName(nic)}`]]),
      ],
    ),
  );

/** What libvirt makes up for a guest that runs, and fills in again. */
const OF_RUNNING: readonly string[] = ['alias', 'address', 'target'];

type Rewriting = {
  readonly keep: (element: string) => boolean;
  /** Elements that take the place of those of their name. */
  readonly instead?: readonly Tag[];
  /** The limits, none or one; absent: those that it has. */
  readonly limits?: readonly Tag[] | undefined;
  readonly type?: string;
};

/** An element written anew; what is kept of it is word for word as it was. */
function rewritten({ element }: Card, { keep, instead = [], limits, type }: Rewriting): string {
  const attributes = Object.entries({ ...element.attributes, ...(type === undefined ? {} : { type }) });
  const limited = limits?.map((each) => toText(each).trim().replaceAll('\n', '\n  '));
  const raw = element.children.flatMap(({ name }, i) => {
    if (name === 'bandwidth' && limited !== undefined) return limited;
    const other = instead.find((t) => t.name === name);
    return other !== undefined ? [toText(other).trim()] : keep(name) ? [element.inside[i] ?? ''] : [];
  });
  const more = child(element, 'bandwidth') === undefined ? (limited ?? []) : [];
  return toText(tag('interface', attributes, { raw: [...raw, ...more] }));
}

/** Those of a NIC of ours; of one without, what libvirt tells of a guest that runs may be its old portgroup's. */
const limitsOf = ({ source }: Card, { bandwidth }: DomainNic): readonly Tag[] | undefined =>
  bandwidth === undefined && source.portgroup === undefined ? undefined : formatBandwidth(bandwidth);

/** In another network or bridge, as libvirt keeps it. */
export const movedInRecord = (card: Card, nic: DomainNic): string =>
  rewritten(card, {
    keep: () => true,
    instead: [sourceTag(nic.source)],
    limits: nic.bandwidth === undefined ? undefined : formatBandwidth(nic.bandwidth),
    type: nic.source.type,
  });

/** The same, for a guest that runs. */
export const movedLive = (card: Card, nic: DomainNic): string =>
  rewritten(card, {
    keep: (name) => !OF_RUNNING.includes(name),
    instead: [sourceTag(nic.source)],
    limits: limitsOf(card, nic),
    type: nic.source.type,
  });

/** With another model or MAC address, in a slot that libvirt chooses. */
export const replacedXml = (card: Card, nic: DomainNic): string =>
  rewritten(card, {
    keep: (name) => name !== 'address' && (name !== 'alias' || card.name !== null),
    instead: said(nic),
    limits: limitsOf(card, nic),
    type: nic.source.type,
  });

/** As it was, to go on as it was where it is still there. */
export const asInRecord = (card: Card): string => rewritten(card, { keep: () => true });
export const asItRuns = (card: Card): string =>
  rewritten(card, { keep: (name) => !OF_RUNNING.includes(name) });

/** As it was, to be put in again in its slot; an alias of somebody's choice stays. */
export const putBack = (card: Card): string =>
  rewritten(card, { keep: (name) => name !== 'target' && (name !== 'alias' || card.name !== null) });

/** Enough for libvirt to find it by its MAC address. */
export const whichXml = (card: Card): string =>
  rewritten(card, { keep: (name) => name === 'mac' || name === 'source' });

/** What a NIC of ours says, or libvirt makes up; the rest a record of ours does not have. */
const KNOWN: readonly string[] = ['mac', 'source', 'model', 'link', ...OF_RUNNING];
export const notKept = (card: Card, { bandwidth }: DomainNic): readonly string[] => [
  ...new Set(
    card.element.children
      .map((c) => c.name)
      .filter((name) => !KNOWN.includes(name) && (name !== 'bandwidth' || bandwidth === undefined)),
  ),
];
