// Whether the running kernel can do everything that the kernel tests are about: told by trying, in namespaces of its
// own, which are gone with the try.
import { spawnSync } from 'node:child_process';

/** What a kernel must be able to do, and commands that only work when it can. Each starts from a veth pair t0, t1. */
const FEATURES = {
  'VLAN filtering of bridges':
    'ip link add f type bridge vlan_filtering 1 && bridge vlan add dev f vid 9 self',
  'VLAN devices (8021q)': 'ip link add link t0 name f type vlan id 9',
  'dummy devices': 'ip link add f type dummy',
  'bonds (bonding)': 'ip link add f type bond',
  'macvtap devices': 'ip link add link t0 name f type macvtap',
  'VXLAN devices': 'ip link add f type vxlan id 9 remote 192.0.2.1 dev t0 dstport 4789',
  'GRE devices': 'ip link add f type gretap remote 192.0.2.1',
  'tap devices (tun)': 'ip tuntap add dev f mode tap',
  'the htb queue': 'tc qdisc add dev t0 root htb',
  'the sfq queue': 'tc qdisc add dev t0 root sfq',
  'the netem queue': 'tc qdisc add dev t0 root netem delay 1ms',
  'policing (act_police)':
    'tc qdisc add dev t0 clsact && tc filter add dev t0 ingress protocol all matchall action police rate 1mbit burst 10k',
  'u32 filters (cls_u32)':
    'tc qdisc add dev t0 ingress && tc filter add dev t0 ingress protocol all u32 match u32 0 0 action drop',
  'nftables for bridges':
    'nft "add table bridge f; add chain bridge f c { type filter hook forward priority 0; }; add rule bridge f c meta ibrname x drop"',
  'nftables with NAT, connection tracking and reject':
    'nft "add table inet f; add chain inet f n { type nat hook postrouting priority 100; }; add rule inet f n ct state established meta l4proto tcp masquerade to :1024-65535; add chain inet f c; add rule inet f c reject" && nft -j list ruleset',
  'the Open vSwitch module': 'genl ctrl get name ovs_datapath',
};

/**
 * It also loads the modules, for which an emulated machine takes longer (nftables: 12 s) than Patchbay waits for a tool.
 * @returns {{missing: string[], impossible: string | null}} what this kernel lacks; `impossible` says why nothing
 * could be tried
 */
export function probeKernel() {
  const tries = Object.entries(FEATURES).map(
    ([name, commands]) =>
      `ip link add t0 type veth peer name t1; { ${commands}; } >/dev/null 2>&1 || echo '${name}'; ip link del t0; ip link del f 2>/dev/null`,
  );
  const ran = spawnSync(
    'unshare',
    ['--user', '--map-root-user', '--net', '--mount', 'sh', '-c', `${tries.join('\n')}\necho done`],
    {
      encoding: 'utf8',
      env: { ...process.env, PATH: `${process.env.PATH}:/usr/local/sbin:/usr/sbin:/sbin` },
    },
  );
  const lines = (ran.stdout ?? '').trim().split('\n');
  if (ran.status !== 0 || lines.pop() !== 'done')
    return { missing: [], impossible: ran.error?.message ?? ran.stderr.trim().split('\n')[0] };
  return { missing: lines, impossible: null };
}
