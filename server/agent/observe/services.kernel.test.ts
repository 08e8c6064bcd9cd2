import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import { sections } from '@/server/core/observed';
import { hasLibvirt, hasOvs } from '@/server/core/testing/available';
import { inside } from '@/server/core/testing/kernel';

/* @full-kernel: asks for features that many kernels lack. */

/* The readers of Open vSwitch and libvirt, with the real services in namespaces of their own. */

const kernel = inside();
let bundle = '';
beforeAll(async () => {
  bundle = await kernel.bundle(join(import.meta.dirname, 'testing/in-services.ts'));
});
afterAll(() => kernel.close());

const play = async (service: string): Promise<unknown> =>
  JSON.parse(await kernel.run([process.execPath, bundle, service, kernel.folder()], ''));

const ovs = await hasOvs();
if (!ovs) console.warn('SKIPPED: Open vSwitch was not read, it is not installed');
const libvirt = await hasLibvirt();
if (!libvirt) console.warn('SKIPPED: libvirt was not read, it is not installed');

test.skipIf(!ovs)('a bridge of Open vSwitch and its tagged port are read', async () => {
  const { datapath, read } = z
    .object({ datapath: z.enum(['system', 'netdev']), read: sections.ovsBridges })
    .parse(await play('openVSwitch'));
  if (datapath === 'netdev') console.warn('NOT TRIED: this kernel has no module of Open vSwitch');
  if (!read.known) throw new Error(read.why);
  expect(read.value.ovsbr0).toMatchObject({ name: 'ovsbr0', datapath, failMode: 'standalone' });
  const port = read.value.ovsbr0?.ports.find((p) => p.name === 'tap0');
  expect(port).toMatchObject({ tag: 20, trunks: [], interfaces: [{ name: 'tap0', error: null }] });
  expect(port?.interfaces[0]?.ofport).toBeGreaterThan(0);
});

test.skipIf(!libvirt)('a network of libvirt is read, before and after it is started', async () => {
  const { defined, started } = z
    .object({ defined: sections.libvirtNetworks, started: sections.libvirtNetworks })
    .parse(await play('libvirt'));
  const network = { name: 'demo', autostart: false, bridge: 'virbr7', forward: 'none' };
  expect(defined).toMatchObject({ known: true, value: { demo: { ...network, active: false } } });
  expect(started).toMatchObject({ known: true, value: { demo: { ...network, active: true } } });
});
