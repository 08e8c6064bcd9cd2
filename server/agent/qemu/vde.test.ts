import { expect, test } from 'vitest';
import { parseVdePorts } from './vde';

/** Of vde_switch 2.3.2, with two ports of one QEMU and one of nobody. */
const PRINTED = `Port 0001 untagged_vlan=0000 ACTIVE - Unnamed Allocatable
 Current User: root Access Control: (User: NONE - Group: NONE)
 IN:  pkts          0          bytes                    0
 OUT: pkts          0          bytes                    0
  -- endpoint ID 0003 module unix prog   : QEMU user=root pid=3891
Port 0002 untagged_vlan=0005 ACTIVE - Unnamed Allocatable
 Current User: root Access Control: (User: NONE - Group: NONE)
 IN:  pkts          7          bytes                  490
 OUT: pkts          0          bytes                    0
  -- endpoint ID 0004 module unix prog   : QEMU user=root pid=3891
Port 0003 untagged_vlan=0000 INACTIVE - Unnamed Allocatable`;

test('ports of a VDE switch are read, with their VLAN and who is plugged in', () => {
  expect(parseVdePorts(PRINTED.split('\n'))).toEqual([
    { port: 1, vlan: 0, pid: 3891 },
    { port: 2, vlan: 5, pid: 3891 },
    { port: 3, vlan: 0, pid: null },
  ]);
  expect(parseVdePorts(['nonsense', ' -- endpoint pid=4'])).toEqual([]);
});
