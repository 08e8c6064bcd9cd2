import { Forward } from '@/server/core/kinds/forward';
import { OWN_BRIDGE_MODES } from '@/server/core/kinds/network';
import { Vlan } from '@/server/core/kinds/port';
import {
  burst,
  carried,
  lease,
  lines,
  maybe,
  pciAddresses,
  prefix,
  rate,
  someWords,
  text,
  verbatim,
  whole,
  words,
  yesNo,
} from './codecs';
import { flag, group, member, optional, rows } from './shape';
import { parseTags, splitCidr, tagsText } from './units';

/*
 * The fields of a network: the same tree as the network itself, with text at its ends. A new field of the kind is a
 * line here and one in its section.
 */

const address = (standIns: readonly [string, string] = ['192.0.2.1', '203.0.113.1']) => text(standIns);

/** An address that was typed with its prefix length says both. */
function splitAddress(fields: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  const split = typeof fields.address === 'string' ? splitCidr(fields.address) : null;
  if (split === null) return fields;
  const length = prefix().read(split[1]);
  return { ...fields, address: split[0], ...('value' in length ? { prefix: length.value } : {}) };
}

const dhcp = optional(
  {
    /** Is anything given out? What stands below stays while not. */
    served: flag(),
    ranges: rows(group({ start: address(), end: address(), lease: lease() }), 'list'),
    hosts: rows(group({ mac: maybe(), ip: address(), name: maybe(), duid: maybe(), lease: lease() }), 'list'),
    bootp: optional({ file: maybe(), server: maybe() }),
  },
  {
    toFields: (value) => (value === undefined ? {} : { ...Object(value), served: true }),
    uses: ({ served }) => served === true,
    toValue: ({ served, ...rest }) => rest,
  },
);

const subnet = group(
  {
    address: address(['2001:db8:aaaa::1', '198.51.100.1']),
    prefix: prefix(),
    dhcp,
    localPtr: yesNo(),
    tftp: maybe(),
    written: carried(),
  },
  { toValue: splitAddress },
);

/** Tags in one line; one of them may be native. */
const vlan = optional(
  {
    tags: {
      is: 'leaf',
      standIns: ['', ''],
      write: (value) => (typeof value === 'string' ? value : ''),
      read: (typed) => {
        if (typed.trim() === '') return { value: undefined };
        const ids = parseTags(typed);
        return ids === null
          ? { problem: 'VLANs are numbers from 1 to 4094, with commas or as ranges: 10, 20-29.' }
          : { value: ids };
      },
    },
    trunk: yesNo(),
    native: whole(),
    nativeMode: maybe(),
  },
  {
    toFields: (value) => {
      if (value === undefined) return {};
      const { trunk, tags } = Vlan.parse(value);
      const native = tags.find((t) => t.nativeMode !== undefined);
      return {
        tags: tagsText(tags.map((t) => t.id)),
        trunk,
        native: native?.id,
        nativeMode: native?.nativeMode,
      };
    },
    toValue: ({ tags, trunk, native, nativeMode }) => {
      if (tags === undefined && trunk === undefined && native === undefined) return undefined;
      const ids: readonly unknown[] = Array.isArray(tags) ? tags : [];
      // A native VLAN belongs to the trunk, whether it was typed twice or not.
      const all = native === undefined || ids.includes(native) ? ids : [...ids, native];
      return {
        ...(trunk === undefined ? {} : { trunk }),
        tags: all.map((id) => (id === native ? { id, nativeMode: nativeMode ?? 'untagged' } : { id })),
      };
    },
  },
);

const bandwidth = optional({
  inbound: optional({ average: rate(), peak: rate(), burst: burst(), floor: rate() }),
  outbound: optional({ average: rate(), peak: rate(), burst: burst() }),
});

const virtualPort = optional({
  type: maybe(),
  profileId: maybe(),
  interfaceId: maybe(),
  managerId: whole(),
  typeId: whole(),
  typeIdVersion: whole(),
  instanceId: maybe(),
});

/** All that any mode has; `source` is where guests of the other modes are plugged in. */
const forward = group(
  {
    mode: text(),
    dev: maybe(),
    nat: optional({
      address: optional({ start: maybe(), end: maybe() }),
      port: optional({ start: whole(), end: whole() }),
      ipv6: yesNo(),
    }),
    source: maybe(),
    bridge: maybe(),
    macTableManager: maybe(),
    interfaces: words(),
    pf: maybe(),
    addresses: pciAddresses(),
    managed: yesNo(),
    driver: maybe(),
    driverModel: maybe(),
  },
  {
    toFields: (value) => ({ ...Object(value), source: sourceOf(value) }),
    uses: ({ mode, source }, key) => {
      const option = Forward.options.find((o) => o.shape.mode.value === mode);
      if (option === undefined || !Object.hasOwn(option.shape, key)) return key === 'mode';
      if (key === 'macTableManager') return source === 'bridge';
      return !SOURCES.includes(key) || key === source;
    },
  },
);
const SOURCES: readonly string[] = ['bridge', 'interfaces', 'pf', 'addresses'];

function sourceOf(value: unknown): string {
  const given = SOURCES.find((key) => member(value, key) !== undefined);
  return given ?? usualSource(String(member(value, 'mode')));
}
export const usualSource = (mode: string): string =>
  mode === 'hostdev' ? 'pf' : mode === 'bridge' ? 'bridge' : 'interfaces';

/** Does this mode make a bridge of its own? */
export const isOwn = (mode: string): boolean => OWN_BRIDGE_MODES.some((m) => m === mode);

export const networkShape = group({
  name: text(['stand-in-a', 'stand-in-b']),
  footing: maybe(),
  adopted: flag(),
  forward,
  bridge: group({
    name: text(['standin-a', 'standin-b']),
    stp: flag(false),
    delay: whole(),
    zone: maybe(),
    macTableManager: maybe(),
  }),
  subnets: rows(subnet, 'list'),
  mtu: whole(),
  mac: maybe(),
  guestIpv6: yesNo(),
  isolated: yesNo(),
  domain: optional({ name: maybe(), localOnly: yesNo(), register: yesNo() }),
  dns: optional({
    enable: yesNo(),
    forwardPlainNames: yesNo(),
    forwarders: rows(group({ address: maybe(), port: whole(), domain: maybe() })),
    hosts: rows(group({ ip: address(), names: someWords() })),
    txt: rows(
      group({ name: text(['a', 'b']), value: verbatim() }, { toValue: (v) => ({ value: '', ...v }) }),
    ),
    srv: rows(
      group({
        service: text(['a', 'b']),
        protocol: text(['tcp', 'udp']),
        domain: maybe(),
        target: maybe(),
        port: whole(),
        priority: whole(),
        weight: whole(),
      }),
    ),
  }),
  vlan,
  portgroups: rows(
    group({
      name: text(['a', 'b']),
      default: flag(),
      vlan,
      bandwidth,
      virtualPort,
      trustGuestRxFilters: yesNo(),
    }),
  ),
  portForwards: rows(
    group({
      protocol: text(['tcp', 'udp']),
      port: portRange(),
      to: address(),
      toPort: whole(),
      address: maybe(),
    }),
  ),
  routes: rows(
    group(
      {
        address: address(['2001:db8:bbbb::', '198.51.100.128']),
        prefix: prefix(),
        gateway: address(),
        metric: whole(),
        written: carried(),
      },
      { toValue: splitAddress },
    ),
  ),
  bandwidth,
  virtualPort,
  trustGuestRxFilters: yesNo(),
  title: maybe(),
  description: verbatim(),
  uuid: maybe(),
  metadata: verbatim(),
  dnsmasqOptions: lines(),
});

/** `8080`, `8000-8010`. */
function portRange() {
  return {
    is: 'leaf',
    standIns: ['1', '2'],
    write: (value: unknown) => {
      const [start, end] = [member(value, 'start'), member(value, 'end')];
      return start === undefined ? '' : start === end ? `${start}` : `${start}-${end}`;
    },
    read: (typed: string) => {
      const [, start, end] = /^\s*(\d{1,6})\s*(?:[-–]\s*(\d{1,6}))?\s*$/.exec(typed) ?? [];
      if (start === undefined) return { problem: 'Ports look like 8080 or 8000-8010.' };
      return { value: { start: Number(start), end: Number(end ?? start) } };
    },
  } as const;
}
