import fc from 'fast-check';

/* Parts of random networks that use all of libvirt's format: text, `forward`, and what ports have. */

const { constantFrom: oneOf, integer, boolean, array } = fc;
export const maybe = { requiredKeys: [] };
export const few = <T>(item: fc.Arbitrary<T>) => array(item, { minLength: 1, maxLength: 3 });
const distinct = <T>(item: fc.Arbitrary<T>, key: (value: T) => unknown) =>
  fc.uniqueArray(item, { minLength: 1, maxLength: 3, selector: key });

const device = oneOf('eth0', 'eth1', 'bond0', 'enp3s0f0', 'br.17');
export const hexByte = integer({ min: 0, max: 255 }).map((n) => n.toString(16).padStart(2, '0'));
export const mac = array(hexByte, { minLength: 3, maxLength: 3 }).map((b) => `52:54:00:${b.join(':')}`);
export const uuid = fc.uuid();
export const dnsName = oneOf('example.com', 'a', 'db-1.internal', 'x.y.z');
export const u16 = integer({ min: 1, max: 65535 });
/** What must be escaped, and what is not ASCII. */
export const text = fc
  .array(oneOf('a', 'B', ' ', '&', '<', '>', '"', "'", 'ö', '😀', ']]>', '<!--', '\u{2028}'), {
    minLength: 1,
    maxLength: 12,
  })
  .map((all) => all.join(''));
export const ascii = text.map((t) => t.replaceAll(/[^\x20-\x7e]/gu, '.').replaceAll('"', ''));

export const metadata = few(
  oneOf(
    '<a:b xmlns:a="urn:x">t &amp; u</a:b>',
    '<plain/>',
    "<!-- a note -->\n<n:m xmlns:n='urn:y'>\n  <n:o p='1'/> two\n</n:m>",
    '<c><![CDATA[<d>]]></c>',
  ),
).map((parts) => parts.join('\n'));

const addressRange = oneOf(['192.0.2.1', '192.0.2.9'], ['192.0.2.7', '192.0.2.7']);
const portRange = fc.tuple(u16, u16).map(([a, b]) => ({ start: Math.min(a, b), end: Math.max(a, b) }));
const nat = fc
  .record(
    { ipv6: boolean(), address: addressRange.map(([start, end]) => ({ start, end })), port: portRange },
    maybe,
  )
  .filter((n) => Object.keys(n).length > 0);
const pci = fc
  .tuple(hexByte, integer({ min: 0, max: 31 }), integer({ min: 0, max: 7 }))
  .map(([bus, slot, f]) => ({
    domain: '0000',
    bus,
    slot: slot.toString(16).padStart(2, '0'),
    function: String(f),
  }));

const names = distinct(device, (d) => d);
const pool = fc.oneof(
  fc.constant({}),
  names.map((interfaces) => ({ interfaces })),
  device.map((pf) => ({ pf })),
);
const hostdevPool = fc.oneof(
  fc.constant({}),
  distinct(pci, (p) => JSON.stringify(p)).map((addresses) => ({ addresses })),
  device.map((pf) => ({ pf })),
);
const driver = oneOf(
  {},
  { driver: 'vfio' },
  { driver: 'kvm' },
  { driver: 'vfio', driverModel: 'mlx5_vfio_pci' },
);
export const manager = oneOf('kernel', 'libvirt');

export const forward = fc.oneof(
  fc.constant({ mode: 'none' }),
  fc.record({ mode: fc.constant('nat'), dev: device, nat }, { requiredKeys: ['mode'] }),
  fc.record({ mode: fc.constant('route'), dev: device }, { requiredKeys: ['mode'] }),
  fc.constant({ mode: 'open' }),
  fc.record({ bridge: device, macTableManager: manager }, maybe).map((more) => ({ mode: 'bridge', ...more })),
  fc.tuple(oneOf('bridge', 'private', 'vepa', 'passthrough'), pool).map(([mode, p]) => ({ mode, ...p })),
  fc
    .tuple(oneOf({}, { managed: true }), driver, hostdevPool)
    .map(([m, d, p]) => ({ mode: 'hostdev', ...m, ...d, ...p })),
);

export const bandwidth = fc
  .record(
    Object.fromEntries(
      ['inbound', 'outbound'].map((way) => [
        way,
        fc
          .record({ average: u16, more: u16, burst: u16 }, { requiredKeys: ['average'] })
          .map(({ average, more, burst }) => ({
            average,
            ...(more === undefined ? {} : { peak: average + more }),
            ...(burst === undefined ? {} : { burst: Math.min(burst, average * 268) }), // tc counts no more
          })),
      ]),
    ),
    maybe,
  )
  .filter((b) => Object.keys(b).length > 0);

export const vlan = fc
  .uniqueArray(integer({ min: 1, max: 4094 }), { minLength: 1, maxLength: 3 })
  .chain((ids) =>
    fc
      .tuple(boolean(), integer({ min: -1, max: ids.length - 1 }), oneOf('tagged', 'untagged'))
      .map(([trunk, native, nativeMode]) => ({
        ...(trunk || ids.length > 1 ? { trunk: true } : {}),
        tags: ids.map((id, i) => ({ id, ...(i === native ? { nativeMode } : {}) })),
      })),
  );

const byte = integer({ min: 0, max: 255 });
const profileId = oneOf('prod', 'a.b-c_d:e@f');
const of = (type: string, parameters: fc.Arbitrary<object>) => parameters.map((p) => ({ type, ...p }));
export const virtualPort = fc.oneof(
  of(
    '802.1Qbg',
    fc.record(
      {
        managerId: byte,
        typeId: integer({ min: 0, max: 16_777_215 }),
        typeIdVersion: byte,
        instanceId: uuid,
      },
      maybe,
    ),
  ),
  of('802.1Qbh', fc.record({ profileId }, maybe)),
  of('openvswitch', fc.record({ profileId, interfaceId: uuid }, maybe)),
  of('midonet', fc.record({ interfaceId: uuid })),
);
const partial = fc
  .record({ managerId: byte, instanceId: uuid, profileId, interfaceId: uuid }, maybe)
  .filter((p) => Object.keys(p).length > 0);

export const portgroups = distinct(
  fc.record(
    {
      name: oneOf('bob', 'alice', 'sales.2'),
      vlan,
      bandwidth,
      virtualPort: fc.oneof(virtualPort, partial),
      trustGuestRxFilters: boolean(),
    },
    { requiredKeys: ['name'] },
  ),
  (p) => p.name,
);
