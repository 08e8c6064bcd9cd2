import type { Nic } from '../kinds/nic';
import { unreachable } from '../result';

/** Options of QEMU, as its command line (`-netdev`, `-device`) and its monitor (`netdev_add`, `device_add`) take them. */
export type QemuOptions = { readonly [name: string]: string | number | boolean };

export type QemuNic = { readonly netdev: QemuOptions; readonly device: QemuOptions };

/** What the host opened for a NIC: names of descriptors (numbers on the command line). One for each pair of queues. */
export type Opened = { readonly fds: readonly string[] };

/** QEMU's name for a model, where it is another. */
const driverOf = (model: NonNullable<Nic['model']>): string =>
  model === 'virtio' ? 'virtio-net-pci' : model;

/**
 * Both halves of a NIC for QEMU: what it is plugged into (`netdev`), and the card that the guest sees. NICs with a tap
 * or a macvtap want what the host has opened. Mirrors what libvirt hands to QEMU (qemuBuildHostNetProps,
 * qemuBuildNicDevProps).
 */
export function compileQemuNic(nic: Nic, opened: Opened = { fds: [] }): QemuNic {
  const id = `host-${nic.name}`;
  const { model = 'virtio', queues = 1, mtu, boot } = nic;
  const many = queues > 1 && model === 'virtio';
  return {
    netdev: { ...netdevOf(nic, opened), id },
    device: {
      driver: driverOf(model),
      id: nic.name,
      netdev: id,
      mac: nic.mac,
      // Two vectors for each pair of queues, one for settings, one for control.
      ...(many ? { mq: true, vectors: 2 * queues + 2 } : {}),
      // Other cards have no way to tell the guest.
      ...(mtu !== undefined && model === 'virtio' ? { host_mtu: mtu } : {}),
      // What boots from no network shall not wait for its ROM.
      ...(boot === undefined ? { romfile: '' } : { bootindex: boot }),
    },
  };
}

function netdevOf({ source, vhost }: Nic, { fds }: Opened): QemuOptions {
  const tap: QemuOptions = {
    type: 'tap',
    ...(fds.length > 1 ? { fds: fds.join(':') } : { fd: fds[0] ?? '' }),
    ...(vhost === undefined ? {} : { vhost }),
  };
  const at = ({ address, port }: { readonly address: string; readonly port: number }) => `${address}:${port}`;
  switch (source.type) {
    case 'network':
    case 'bridge':
    case 'ethernet':
    case 'routed':
    case 'direct':
      return tap;
    case 'user':
      return { type: 'user' };
    case 'server':
      return { type: 'socket', listen: at(source) };
    case 'client':
      return { type: 'socket', connect: at(source) };
    case 'mcast':
      return { type: 'socket', mcast: at(source) };
    case 'udp':
      return { type: 'socket', udp: at(source), localaddr: at(source.local) };
    case 'vde':
      return { type: 'vde', sock: source.socket };
    default:
      return unreachable(source);
  }
}

/** As one word of the command line: `tap,id=host-net0,fd=3`. The first of `leading` that is there stands alone. */
export function qemuWord(options: QemuOptions, leading: 'type' | 'driver'): string {
  const { [leading]: first, ...rest } = options;
  const text = (value: string | number | boolean) =>
    value === true ? 'on' : value === false ? 'off' : String(value).replaceAll(',', ',,');
  return [text(first ?? ''), ...Object.entries(rest).map(([name, value]) => `${name}=${text(value)}`)].join(
    ',',
  );
}

/** Words of the command line for NICs in their order. `opened` is asked for each that needs it. */
export const qemuNicArgs = (nics: readonly Nic[], opened: (nic: Nic) => Opened): readonly string[] =>
  nics.flatMap((nic) => {
    const { netdev, device } = compileQemuNic(nic, opened(nic));
    return ['-netdev', qemuWord(netdev, 'type'), '-device', qemuWord(device, 'driver')];
  });
