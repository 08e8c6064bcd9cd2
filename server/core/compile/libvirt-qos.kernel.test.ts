import path from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { domainXml } from '@/server/agent/testing/domain-xml';
import { whyNoMachines } from '@/server/agent/testing/machines';
import { hasOvs, whyNoLibvirt } from '../testing/available';
import { inside } from '../testing/kernel';
import type { QosRan, QosSetting } from '../testing/kernel-libvirt-qos';
import { patience } from '../testing/patience';
import { type QosCase, qosCases } from '../testing/qos-cases';

/* A real libvirt limits real devices: which commands it runs is what the cases of render-qos.test say. */

const machines = await whyNoMachines();
const why =
  (await whyNoLibvirt()) ??
  ((await hasOvs()) ? (machines.why ?? machines.noKernel) : 'Open vSwitch is not there');
if (why !== null) console.warn(`SKIPPED: libvirt did not limit anything: ${why}`);

const Ran: z.ZodType<QosRan> = z.record(z.string(), z.array(z.string()));

/** Guests take longer to start than networks: some of theirs. */
const OF_GUESTS = ['both-ways', 'the-least', 'outbound-fast-small-burst'];
const cases = qosCases.filter((c) => c.network || OF_GUESTS.some((name) => c.name.startsWith(name)));

const documentOf = ({ xml, network, macvtap, to }: QosCase): string => {
  if (network)
    return `<network><name>limited</name><forward mode="route"/><bridge name="virbrx"/>${xml}<ip address="10.77.0.1" prefix="24"/></network>`;
  if (macvtap)
    return domainXml(
      'limited',
      `<interface type="direct"><source dev="below" mode="bridge"/><model type="virtio"/>${xml}</interface>`,
    );
  const source =
    to === 'tc' ? '<source bridge="brx"/>' : '<source bridge="ovsbr"/><virtualport type="openvswitch"/>';
  return domainXml(
    'limited',
    `<interface type="bridge">${source}<target dev="tapx"/><model type="virtio"/>${xml}</interface>`,
  );
};

/** Of what libvirt ran, what limits: without what it makes the port by, and what it asks. */
function limiting(ran: readonly string[], { to }: QosCase): string {
  const lines = ran
    .filter((line) => line.startsWith(to === 'tc' ? 'tc ' : 'ovs-vsctl '))
    .filter((line) => !/ noqueue$| add-port | get Open_vSwitch | find /.test(line))
    .map((line) => line.replaceAll(/ external-ids:vm-id="[^"]*"/g, '').replaceAll(/\bmacvtap\d+/g, 'tapx'));
  return `${lines.join('\n')}\n`;
}

describe.skipIf(why !== null)('libvirt', () => {
  const place = inside('root');
  afterAll(() => place.close());

  test(
    'runs what is rendered',
    async () => {
      const bundle = await place.bundle(path.join(import.meta.dirname, '../testing/kernel-libvirt-qos.ts'));
      const setting: QosSetting = {
        folder: place.folder(),
        cases: cases.map((c) => ({ name: c.name, network: c.network, xml: documentOf(c) })),
      };
      const ran = Ran.parse(JSON.parse(await place.run(['node', bundle], JSON.stringify(setting), 240_000)));
      expect(Object.fromEntries(cases.map((c) => [c.name, limiting(ran[c.name] ?? [], c)]))).toEqual(
        Object.fromEntries(cases.map((c) => [c.name, c.commands.replaceAll("'", '')])),
      );
    },
    260_000 * patience,
  );
});
