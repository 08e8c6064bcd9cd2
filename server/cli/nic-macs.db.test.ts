import { expect, test } from 'vitest';
import { readNics } from '@/server/core/nics/read';
import { temporaryStore } from '@/server/store/testing/database';
import { completeFrom } from './nic-macs';

/* Partial MAC addresses of KVM autotest's parameters, completed from the pools' sequences in a real database. */

const store = await temporaryStore();

const config = (guest: string) => `vms = ${guest}
nics = nic1 nic2 nic3
netdst = virbr0
mac_nic1 = 02:aa:00:00:00
mac_nic2 = 02:aa:00:00:00
mac_nic3 = 02:bb:00:00:00:07
`;
async function macsOf(text: string): Promise<readonly (string | undefined)[]> {
  const read = readNics(text, 'autotest');
  if (!read.ok) throw new Error(read.error.message);
  const completed = await completeFrom(store, read.value, new Map());
  if (!completed.ok) throw new Error(completed.error.message);
  expect(completed.value.notes).toContain(
    `The MAC address of nic1 begins with 02:aa:00:00:00: completed to ${completed.value.nics[0]?.mac}.`,
  );
  return completed.value.nics.map((nic) => nic.mac);
}
const last = (mac: string | undefined) => Number.parseInt(mac?.slice(-2) ?? '', 16);

test('they are completed in sequence, the same again for the same guest, and no two alike', async () => {
  const first = await macsOf(config('vm1'));
  expect(first[2]).toBe('02:bb:00:00:00:07');
  expect(last(first[1])).toBe((last(first[0]) + 1) % 256);
  const second = await macsOf(config('vm2'));
  expect(last(second[0])).toBe((last(first[1]) + 1) % 256);
  const all = [...first.slice(0, 2), ...second.slice(0, 2)];
  expect(new Set(all).size).toBe(4);
  expect(await macsOf(config('vm1'))).toEqual(first);
});

test('what the description gives to another NIC is passed over', async () => {
  const { last: before } = await store.prisma.macCursor.findUniqueOrThrow({
    where: { prefix: '02:aa:00:00:00' },
  });
  const next = (Number(before) + 1) % 256;
  const own = `02:aa:00:00:00:${next.toString(16).padStart(2, '0')}`;
  const macs = await macsOf(config('vm3').replace('02:bb:00:00:00:07', own));
  expect(macs.slice(0, 2)).not.toContain(own);
  expect(new Set(macs).size).toBe(3);
});
