import { expect, test } from 'vitest';
import { HostId } from './ids';
import { allSightings, foreignSighting, inUse, macSightings } from './mac-sightings';
import { observedOf } from './testing/observed';

const M = '52:54:00:00:00:01';
const LAB = HostId.parse('lab:test');
const lease = (hostname: string | null) => ({
  leases: { l: { network: 'demo', mac: M.toUpperCase(), address: '10.0.0.9', hostname, expires: 0 } },
});
const neighbour = (address: string, state = 'REACHABLE') => ({
  neighbours: { [address]: { address, device: 'virbr1', mac: M, state: [state] } },
});
/** What stands against giving M to guest web of the lab. */
const against = (...hosts: readonly object[]) => {
  const seen = foreignSighting(allSightings(hosts.map(observedOf)).get(M) ?? [], { host: LAB, guest: 'web' });
  return seen && inUse(M, seen);
};

test('what a guest showed in an earlier life is no objection', () => {
  expect(against(lease('web'))).toBeNull();
  expect(against({ ...lease('web'), ...neighbour('10.0.0.9') })).toBeNull();
  expect(against(neighbour('10.0.0.9', 'FAILED'))).toBeNull();
});

test('what somebody else has is, and the strongest is told', () => {
  const is = `The MAC address ${M} is in use: `;
  expect(against(lease('db'))).toBe(`${is}it is that of the lease of 10.0.0.9 in network demo in lab test.`);
  expect(against(lease(null))).not.toBeNull();
  expect(against({ ...lease('web'), ...neighbour('10.0.0.8') })).toBe(
    `${is}it is that of neighbour 10.0.0.8 at virbr1 in lab test.`,
  );
  // The same name on another host is somebody else.
  expect(against({ agent: { host: 'lab:other' }, ...lease('web') })).toMatch(/in lab other\.$/);
  const domain = {
    agent: { host: 'machine', role: 'machine' },
    domains: {
      web: {
        ...{ name: 'web', uuid: 'u', state: 'shut off' },
        nics: [{ type: 'network', mac: M, target: null, source: null, model: null }],
      },
    },
  };
  expect(against({ ...neighbour('10.0.0.8') }, domain)).toBe(
    `${is}NIC 1 of libvirt domain web of this machine has it.`,
  );
});

test('frames that came by keep an address from being generated, and refuse no fixed one', () => {
  const fdb = { f: { mac: M, port: 'vnet0', bridge: 'virbr1', vlan: null, state: null, flags: [] } };
  expect(macSightings(observedOf({ fdb })).has(M)).toBe(true);
  expect(against({ fdb })).toBeNull();
  expect(macSightings(observedOf({ fdb: { f: { ...fdb.f, state: 'permanent' } } })).has(M)).toBe(false);
});
