import fc from 'fast-check';
import { toAddress, toNumber } from '../ip';
import { Network, OWN_BRIDGE_MODES } from '../kinds/network';
import { libvirtProblems } from '../libvirt/rules';
import {
  ascii,
  bandwidth,
  dnsName,
  few,
  forward,
  hexByte,
  mac,
  manager,
  maybe,
  metadata,
  portgroups,
  text,
  u16,
  uuid,
  virtualPort,
  vlan,
} from './random-libvirt-parts';

/*
 * Random networks that use all of libvirt's format, and that libvirt takes. Few values for what has its own tests
 * (names, addresses); all combinations of what can be there or not.
 */

const { constantFrom: oneOf, integer, boolean, array } = fc;

const lease = fc.oneof(
  fc.constant({ expiry: 0, unit: 'minutes' }),
  fc.record({ expiry: integer({ min: 120, max: 99999 }), unit: oneOf('seconds', 'minutes', 'hours') }),
);
const LEASED = { requiredKeys: ['offset', 'length'] as ('offset' | 'length')[] };
const range = fc.record(
  { offset: integer({ min: 2, max: 100 }), length: integer({ min: 0, max: 99 }), lease },
  LEASED,
);
const hostName = oneOf('web', 'db-1', 'a.example.com');
const duid = array(hexByte, { minLength: 6, maxLength: 6 }).map((b) => `00:03:00:01:${b.join(':')}`);
const guest = fc.oneof(
  fc.record({ id: fc.constant(true), name: hostName }, { requiredKeys: ['id'] }),
  fc.record({ name: hostName }),
);

const plus = (address: string, n: number) =>
  toAddress((toNumber(address) ?? 0n) + BigInt(n), address.includes(':') ? 6 : 4);

/** Base, prefix length, and how that can be written. */
const BLOCKS = [
  ['192.168.100.0', 24, [undefined, { prefix: 'prefix' }, { prefix: 'none' }, { family: true }]],
  ['10.7.0.0', 16, [undefined, { family: true, prefix: 'prefix' }]],
  ['10.0.0.0', 8, [undefined, { prefix: 'none' }, { family: true, prefix: 'none' }]],
  ['fd00:7::', 64, [undefined, { prefix: 'none' }]],
  ['fd00:8::', 80, [undefined]],
] as const;

const subnet = (dhcp: boolean) =>
  oneOf(...BLOCKS).chain(([base, prefix, ways]) => {
    const six = base.includes(':');
    const hosts = array(
      fc.tuple(guest, six ? duid : mac, fc.record({ lease }, maybe), integer({ min: 101, max: 200 })),
      { maxLength: 3 },
    ).map((all) =>
      all.map(([g, id, leased, n]) => ({
        ...('id' in g ? { [six ? 'duid' : 'mac']: id } : {}),
        ...(g.name === undefined ? {} : { name: g.name }),
        ip: plus(base, n),
        ...leased,
      })),
    );
    const ranges = array(range, { maxLength: 2 }).map((all) =>
      all.map(({ offset, length, ...more }) => ({
        start: plus(base, offset),
        end: plus(base, offset + length),
        ...more,
      })),
    );
    const bootp = fc.record(
      { file: oneOf('pxelinux.0', '/boot/x.img'), server: oneOf('192.0.2.1') },
      { requiredKeys: ['file'] },
    );
    const served = fc
      .record({ ranges, hosts, ...(six ? {} : { bootp }) }, { requiredKeys: ['ranges', 'hosts'] })
      .filter((d) => d.ranges.length + d.hosts.length > 0 || 'bootp' in d);
    return fc
      .record(
        {
          address: fc.constant(plus(base, 1)),
          prefix: fc.constant(prefix),
          written: oneOf(...ways),
          localPtr: boolean(),
          ...(dhcp ? { dhcp: served } : {}),
          ...(six ? {} : { tftp: oneOf('/srv/tftp') }),
        },
        { requiredKeys: ['address', 'prefix'] },
      )
      .map(withoutUndefined);
  });

const withoutUndefined = (o: object): object =>
  Object.fromEntries(Object.entries(o).filter(([, v]) => v !== undefined));

const route = oneOf(
  { address: '172.20.0.0', prefix: 16, gateway: '192.168.100.9' },
  { address: '172.21.0.0', prefix: 24, gateway: '10.0.0.9', metric: 7, written: { prefix: 'prefix' } },
  { address: '0.0.0.0', prefix: 0, gateway: '10.0.0.9', written: { family: true, prefix: 'none' } },
  { address: 'fd00:99::', prefix: 48, gateway: 'fd00:7::9' },
);

const dns = fc
  .record(
    {
      enable: boolean(),
      forwardPlainNames: boolean(),
      forwarders: few(
        oneOf(
          { address: '8.8.8.8' },
          { address: 'fd00::53', domain: 'example.com' },
          { domain: 'internal' },
          { address: '192.0.2.5', port: 5353 },
        ),
      ),
      txt: few(fc.record({ name: dnsName, value: ascii })),
      srv: few(
        fc
          .record(
            {
              service: oneOf('ldap', 'sip-tls'),
              protocol: oneOf('tcp', 'udp'),
              domain: dnsName,
              target: dnsName,
              port: u16,
              priority: u16,
              weight: u16,
            },
            { requiredKeys: ['service', 'protocol'] },
          )
          .map((s) => ('target' in s ? s : { service: s.service, protocol: s.protocol })),
      ),
      hosts: few(fc.record({ ip: oneOf('192.0.2.8', 'fd00::8'), names: few(dnsName) })),
    },
    maybe,
  )
  .filter((d) => Object.keys(d).length > 0)
  .map((d) => (d.enable === false ? { enable: false } : d));

const domain = oneOf(
  { name: 'example.com' },
  { name: 'example.com', localOnly: false },
  { name: 'lab', localOnly: true, register: true },
);

const bridge = fc.record(
  {
    name: oneOf('virbr0', 'br-lab.1'),
    stp: boolean(),
    delay: integer({ min: 1, max: 30 }),
    zone: oneOf('trusted', 'guest_2'),
    macTableManager: manager,
  },
  { requiredKeys: ['name', 'stp'] },
);

const subnets = fc
  .tuple(subnet(true), array(subnet(false), { maxLength: 3 }), boolean())
  .map(([first, more, none]) => (none ? [] : [first, ...more]));

/** One field less until libvirt takes it: what does not go together is left out. */
function fitting(network: Record<string, unknown>): Network | null {
  for (let rest = network; ; ) {
    const [problem] = libvirtProblems(Network.parse(rest));
    if (problem === undefined) return Network.parse(rest);
    const field = String(problem.path[0]);
    if (field === 'forward') return null;
    rest = { ...rest, [field]: undefined, ...(field === 'subnets' ? { subnets: [] } : {}) };
    rest = Object.fromEntries(Object.entries(rest).filter(([, v]) => v !== undefined));
  }
}

export const randomLibvirtNetwork: fc.Arbitrary<Network> = fc
  .record(
    {
      kind: fc.constant('network'),
      name: oneOf('default', 'net-1', 'a_b.c'),
      uuid,
      title: text,
      description: text.map((t) => `${t}\n\t${t}`),
      metadata,
      guestIpv6: fc.constant(true),
      trustGuestRxFilters: boolean(),
      forward,
      bridge,
      mtu: integer({ min: 68, max: 65535 }),
      mac,
      domain,
      dns,
      subnets,
      routes: few(route),
      vlan,
      bandwidth,
      virtualPort,
      isolated: boolean(),
      portgroups,
      dnsmasqOptions: few(ascii.filter((option) => option !== '')),
    },
    { requiredKeys: ['kind', 'name', 'forward', 'bridge', 'subnets'] },
  )
  .map(({ bridge: own, ...network }) => {
    const makes = (OWN_BRIDGE_MODES as readonly string[]).includes(network.forward.mode);
    return fitting({ ...network, ...(makes ? { bridge: own } : {}) });
  })
  .filter((network) => network !== null);
