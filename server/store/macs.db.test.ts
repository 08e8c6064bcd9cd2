import { beforeEach, expect, test } from 'vitest';
import { HostId, MacAddress } from '@/server/core/ids';
import { MacPrefix, type MacWish, parseMacWish } from '@/server/core/mac-pool';
import { allSightings, type Sightings } from '@/server/core/mac-sightings';
import { aLink } from '@/server/core/testing/crowd';
import { observedOf } from '@/server/core/testing/observed';
import { network } from '@/server/core/testing/sample-network';
import {
  addMacPool,
  forgetGoneLabs,
  freeGoneNics,
  freeGuest,
  freeNic,
  giveBackMac,
  listMacPools,
  type NicKey,
  openStore,
  preferMacPool,
  previewMac,
  removeMacPool,
  resetHost,
  type Store,
  takeMac,
} from './index';
import { temporaryDatabase, temporaryStore } from './testing/database';
import { value } from './testing/drafting';

const store = await temporaryStore();
const LAB = HostId.parse('lab:demo');
const NOTHING: Sightings = new Map();
const guest = (name: string, host = LAB): NicKey => ({ host, guest: name });
const wish = (text: string): MacWish => value(parseMacWish(text));
const asking = (text: string, sightings = NOTHING) =>
  ({ wish: wish(text), driver: 'qemu', sightings }) as const;
const take = (name: string, text = '', sightings = NOTHING) =>
  takeMac(store, guest(name), asking(text, sightings));
const given = async () => (await store.prisma.nic.findMany()).map((n) => n.mac);
const refusal = async (asked: Promise<{ ok: boolean; error?: { code: string; message: string } }>) => {
  const { error } = await asked;
  return error && `${error.code} ${error.message}`;
};

beforeEach(async () => {
  await store.prisma.host.deleteMany();
  await store.prisma.macPool.deleteMany({ where: { prefix: { notIn: ['52:54:00', '00:16:3e'] } } });
  await store.prisma.macCursor.deleteMany({ where: { prefix: { notIn: ['52:54:00', '00:16:3e'] } } });
});

test('guests get the next one of the pool of their driver, and what is shown before is what they get', async () => {
  const shown = value(await previewMac(store, guest('a'), asking('')));
  const a = value(await take('a'));
  const b = value(await take('b'));
  expect(a.mac).toBe(shown);
  expect(a.mac).toMatch(/^52:54:00:/);
  const number = (mac: string) => Number.parseInt(mac.replaceAll(':', ''), 16) % 2 ** 24;
  expect(number(b.mac)).toBe((number(a.mac) + 1) % 2 ** 24);
  const xen = value(await takeMac(store, guest('x'), { ...asking(''), driver: 'xen' }));
  expect(xen.mac).toMatch(/^00:16:3e:/);
});

test('a partial address is completed in sequence', async () => {
  const first = value(await take('a', '52-54-00-AA-00'));
  const second = value(await take('b', '52:54:00:aa:00'));
  expect(value(await previewMac(store, guest('c'), asking('5254.00aa.00')))).toBe(
    value(await take('c', '5254.00aa.00')).mac,
  );
  const last = (mac: string) => Number.parseInt(mac.slice(-2), 16);
  expect(first.mac).toMatch(/^52:54:00:aa:00:/);
  expect(last(second.mac)).toBe((last(first.mac) + 1) % 256);
});

test('a pool is given to the last address, then it is said that there is none', async () => {
  for (let i = 0; i < 256; i += 1) value(await take(`g${i}`, '02:00:00:00:01'));
  expect(new Set(await given()).size).toBe(256);
  const none =
    'EXHAUSTED No MAC address that begins with 02:00:00:00:01 is free: all 256 are given or in use.';
  expect(await refusal(take('more', '02:00:00:00:01'))).toBe(none);
  expect(await refusal(previewMac(store, guest('more'), asking('02:00:00:00:01')))).toBe(none);
  await freeNic(store, guest('g77'));
  const again = value(await take('more', '02:00:00:00:01'));
  expect(await refusal(take('another', '02:00:00:00:01'))).toBe(none);
  expect(await given()).toContain(again.mac);
});

test('the same fixed address twice is refused, naming who has it', async () => {
  const mac = '52:54:00:12:34:56';
  expect(value(await take('web', '52-54-00-12-34-56'))).toMatchObject({ mac, fixed: true });
  expect(await refusal(take('db', mac))).toBe(
    `TAKEN The MAC address ${mac} is given already: guest web in lab demo has it.`,
  );
  const elsewhere = takeMac(store, guest('db', HostId.parse('machine')), asking(mac));
  expect(await refusal(elsewhere)).toMatch(/guest web in lab demo has it/);
  // Asking again for what one has is no fault.
  expect(value(await take('web', mac)).mac).toBe(mac);
});

test('a fixed address stays with its NIC when that is freed, a generated one goes back', async () => {
  const mac = '52:54:00:12:34:56';
  value(await take('web', mac));
  const generated = value(await take('db')).mac;
  await freeNic(store, guest('web'));
  await freeNic(store, guest('db'));
  expect(await given()).toEqual([mac]);
  // No pool gives it meanwhile, and its guest gets it again without asking for it.
  const near = value(await take('near', '52:54:00:12:34'));
  expect(near.mac).not.toBe(mac);
  expect(value(await previewMac(store, guest('web'), asking('')))).toBe(mac);
  expect(value(await take('web'))).toMatchObject({ mac, fixed: true });
  expect(await given()).not.toContain(generated);
  // Freed, another guest may have it when a person says so.
  await freeNic(store, guest('web'));
  expect(value(await take('other', mac)).mac).toBe(mac);
  expect(await refusal(take('web', mac))).toMatch(/guest other in lab demo has it/);
});

test('what was of no use is put back', async () => {
  const first = value(await take('web', '52:54:00:12:34:56'));
  const second = value(await take('web', '52:54:00:12:34:57'));
  await giveBackMac(store, guest('web'), second);
  expect(await given()).toEqual([first.mac]);
  await giveBackMac(store, guest('web'), first);
  expect(await given()).toEqual([]);
});

const hosts = [
  observedOf({
    agent: { host: 'machine', role: 'machine' },
    links: { eno1: { ...aLink({ index: 2, name: 'eno1', kind: 'device', mac: '52:54:00:00:aa:00' }) } },
    neighbours: { n: { address: '10.0.0.9', device: 'eno1', mac: '52:54:00:00:aa:01', state: ['STALE'] } },
    leases: {
      l: { network: 'default', mac: '52:54:00:00:AA:02', address: '10.1.0.7', hostname: 'web', expires: 0 },
    },
    domains: {
      d: {
        ...{ name: 'mail', uuid: 'u', state: 'shut off' },
        nics: [{ type: 'network', mac: '52:54:00:00:aa:03', target: null, source: null, model: null }],
      },
    },
    fdb: {
      f: { mac: '52:54:00:00:aa:04', port: 'eno1', bridge: 'br0', vlan: null, state: null, flags: [] },
    },
  }),
  observedOf({ agent: { host: 'lab:other' } }),
];
const seen = allSightings(hosts);

test.each([
  ['52:54:00:00:aa:00', 'eno1 of this machine has it.'],
  ['52:54:00:00:aa:01', 'it is that of neighbour 10.0.0.9 at eno1 of this machine.'],
  ['52:54:00:00:aa:02', 'it is that of the lease of 10.1.0.7 in network default of this machine.'],
  ['52:54:00:00:aa:03', 'NIC 1 of libvirt domain mail of this machine has it.'],
])('%s, which is seen on a host, is refused: %s', async (mac, why) => {
  expect(await refusal(take('new', mac, seen))).toBe(`TAKEN The MAC address ${mac} is in use: ${why}`);
  expect(await refusal(previewMac(store, guest('new'), asking(mac, seen)))).toMatch(/^TAKEN/);
});

test('nothing that is seen or reserved is generated, and a lease of its own is no objection', async () => {
  const MACHINE = HostId.parse('machine');
  value(await takeMac(store, guest('web', MACHINE), asking('52:54:00:00:aa:02', seen)));
  const { id } = await store.prisma.host
    .create({ data: { id: 'lab:nets', networks: { create: [{ name: 'n', definition: network(1) }] } } })
    .then(() => store.prisma.network.findFirstOrThrow());
  await store.prisma.reservation.create({
    data: { networkId: id, mac: '52:54:00:00:aa:05', ip: '10.0.0.5' },
  });
  for (let i = 0; i < 250; i += 1) value(await take(`g${i}`, '52:54:00:00:aa', seen));
  expect(await refusal(take('more', '52:54:00:00:aa', seen))).toMatch(/^EXHAUSTED/);
  const all = await given();
  expect(new Set(all).size).toBe(251);
  for (const n of [0, 1, 3, 4, 5]) expect(all).not.toContain(`52:54:00:00:aa:0${n}`);
});

test('pools of ones own come first, are counted, and the ones by convention stay', async () => {
  const own = MacPrefix.parse('02-AB-CD-00-00');
  value(await addMacPool(store, { prefix: own, driver: 'qemu' }));
  expect(await refusal(addMacPool(store, { prefix: own, driver: 'xen' }))).toBe(
    'TAKEN There is a pool with this prefix already.',
  );
  expect(value(await take('a')).mac).toMatch(/^02:ab:cd:00:00:/);
  const foreign = MacAddress.parse('02:ab:cd:00:00:ff');
  const pools = await listMacPools(store, new Map([[foreign, []]]));
  expect(pools.map((p) => [p.prefix, p.driver, p.builtIn, p.first, p.size, p.free])).toEqual([
    [own, 'qemu', false, true, 256, 254],
    ['52:54:00', 'qemu', true, false, 2 ** 24, 2 ** 24],
    ['00:16:3e', 'xen', true, true, 2 ** 24, 2 ** 24],
  ]);
  value(await preferMacPool(store, MacPrefix.parse('52:54:00')));
  expect(value(await take('b')).mac).toMatch(/^52:54:00:/);
  value(await preferMacPool(store, own));
  // An empty pool is passed over.
  for (let i = 0; i < 255; i += 1) value(await take(`g${i}`));
  expect(value(await take('c')).mac).toMatch(/^52:54:00:/);
  expect(await refusal(removeMacPool(store, MacPrefix.parse('52:54:00')))).toMatch(/^INVALID/);
  value(await removeMacPool(store, own));
  expect(await refusal(removeMacPool(store, own))).toMatch(/^NOT_FOUND/);
  expect(await refusal(preferMacPool(store, own))).toMatch(/^NOT_FOUND/);
});

test('each NIC of a guest has an address of its own; one goes by itself, all go with the guest', async () => {
  const nic = (index: number) => ({ ...guest('vm'), index });
  const macs: string[] = [];
  for (const index of [0, 1, 2]) macs.push(value(await takeMac(store, nic(index), asking(''))).mac);
  expect(new Set(macs).size).toBe(3);
  await freeNic(store, nic(1));
  expect((await given()).sort()).toEqual([macs[0], macs[2]].sort());
  await freeGuest(store, guest('vm'));
  expect(await given()).toEqual([]);
});

test('NICs of guests and labs that went without us are freed', async () => {
  const generated = value(await take('a')).mac;
  const fixed = value(await take('b', '52:54:00:12:34:56')).mac;
  await freeGoneNics(store, LAB, []);
  expect(await given()).toHaveLength(2); // they may be being made
  await store.prisma.nic.updateMany({ data: { takenAt: new Date(Date.now() - 3_600_000) } });
  await freeGoneNics(store, LAB, ['a']);
  expect((await given()).sort()).toEqual([generated, fixed].sort());
  expect(value(await take('c', fixed)).mac).toBe(fixed);
  await freeGoneNics(store, LAB, []);
  expect(await given()).toEqual([fixed]);
  await resetHost(store, LAB);
  expect(await given()).toEqual([]);
  value(await take('a'));
  await forgetGoneLabs(store, []);
  expect(await given()).toEqual([]);
});

/** `count` guests by 8 writers at once, as processes would: each with connections of its own. */
async function crowd(url: string, count: number, text: string): Promise<readonly string[]> {
  const writers: Store[] = Array.from({ length: 8 }, () => openStore(url));
  const made = await Promise.all(
    writers.map(async (writer, w) => {
      const macs: string[] = [];
      for (let i = w; i < count; i += writers.length)
        macs.push(value(await takeMac(writer, guest(`${text}g${i}`), asking(text))).mac);
      return macs;
    }),
  );
  await Promise.all(writers.map((w) => w.close()));
  return made.flat();
}

test('thousands of guests by 8 writers at once get addresses of their own', async () => {
  const { url, drop } = await temporaryDatabase();
  const all = await crowd(url, 2000, '');
  expect(new Set(all).size).toBe(2000);
  // In sequence: no number was left out.
  const numbers = all
    .map((mac) => Number.parseInt(mac.slice(9).replaceAll(':', ''), 16))
    .sort((a, b) => a - b);
  const gaps = numbers.filter((n, i) => i > 0 && n !== (numbers[i - 1] ?? 0) + 1);
  expect(gaps.length).toBeLessThanOrEqual(1); // where the sequence goes around
  // The last ones of a pool, which all writers want at once.
  const tight = await crowd(url, 256, '02:00:00:00:02');
  expect(new Set(tight).size).toBe(256);
  await drop();
}, 300_000);

test('8 writers that want one fixed address, or one NIC: one gets it', async () => {
  const asked = await Promise.all(Array.from({ length: 8 }, (_, i) => take(`w${i}`, '52:54:00:12:34:56')));
  expect(asked.filter((a) => a.ok)).toHaveLength(1);
  for (const a of asked) if (!a.ok) expect(a.error.code).toBe('TAKEN');
  const same = await Promise.all(Array.from({ length: 8 }, () => take('one')));
  expect(new Set(same.map((s) => value(s).mac)).size).toBe(1);
  expect(await given()).toHaveLength(2);
});
