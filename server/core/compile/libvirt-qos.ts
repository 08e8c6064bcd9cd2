import type { Action } from '../change';
import type { IfName } from '../ids';
import type { Bandwidth } from '../kinds/port';
import { policerBurst } from '../token-bucket';

/*
 * Limits as libvirt sets them: argument for argument what libvirt 9 runs (virNetDevBandwidthSet, and
 * virNetDevOpenvswitchInterfaceSetQos), seen by libvirt-qos.kernel.test.
 */

type Limit = NonNullable<Bandwidth['outbound']>;

/**
 * What a device is. Of a `port` (a tap, a veth) and a `bridge` the host sends what goes towards the guest; of a
 * `macvtap` it is the guest that sends. A bridge has a class for what has no guarantee, beside those of NICs with one.
 */
export type Limited = 'port' | 'bridge' | 'macvtap';

/** libvirt counts on frames of so many bytes, whatever the MTU. */
const FRAME = 1500;

const words = (line: string): readonly string[] => line.split(' ');

/** Sets the limits of a device anew; the first two commands fail where it has none, which is well. */
export function libvirtTc(dev: IfName, bandwidth: Bandwidth, as: Limited): readonly Action[] {
  const { inbound, outbound } = bandwidth;
  const [sent, received] = as === 'macvtap' ? [outbound, inbound] : [inbound, outbound];
  const lines = [
    `qdisc del dev ${dev} root`,
    `qdisc del dev ${dev} ingress`,
    ...(sent?.average === undefined ? [] : shaper(dev, { ...sent, average: sent.average }, as)),
    ...(received?.average === undefined ? [] : policer(dev, { ...received, average: received.average })),
  ];
  return lines.map((line) => ({ do: 'run', tool: 'tc', args: words(line) }));
}

type Average = Limit & { readonly average: number };

function shaper(dev: IfName, { average, peak, burst }: Average, as: Limited): readonly string[] {
  const rate = `rate ${average}kbps`;
  const bucket = burst === undefined ? '' : ` burst ${burst}kb`;
  const ceil = peak === undefined ? '' : ` ceil ${peak}kbps`;
  const quantum = `quantum ${Math.max(1, Math.floor((average * 1024) / 8 / FRAME))}`;
  const [parent, leaf] = as === 'bridge' ? ['1:1', '1:2'] : ['1:', '1:1'];
  return [
    `qdisc add dev ${dev} root handle 1: htb default ${as === 'bridge' ? 2 : 1}`,
    ...(as === 'bridge'
      ? [`class add dev ${dev} parent 1: classid 1:1 htb ${rate} ceil ${peak ?? average}kbps ${quantum}`]
      : []),
    `class add dev ${dev} parent ${parent} classid ${leaf} htb ${rate}${ceil}${bucket} ${quantum}`,
    `qdisc add dev ${dev} parent ${leaf} handle 2: sfq perturb 10`,
    `filter add dev ${dev} parent 1:0 protocol all prio 1 handle 1 fw flowid 1`,
  ];
}

function policer(dev: IfName, { average, burst }: Average): readonly string[] {
  const bucket = policerBurst(average, burst);
  return [
    `qdisc add dev ${dev} ingress`,
    `filter add dev ${dev} parent ffff: protocol all u32 match u32 0 0 police rate ${average}kbps burst ${bucket}kb mtu 64kb drop flowid :1`,
  ];
}

/**
 * Sets the limits of a port of Open vSwitch that has none yet. `vm`: the guest's UUID, by which libvirt finds them
 * again; without it they are its port's alone.
 */
export function libvirtOvsQos(
  port: IfName,
  { inbound, outbound }: Bandwidth,
  vm?: string,
): readonly Action[] {
  const of = [...(vm === undefined ? [] : [`external-ids:vm-id="${vm}"`]), `external-ids:ifname="${port}"`];
  const shaped =
    inbound?.average === undefined ? [] : ovsShaper(port, { ...inbound, average: inbound.average }, of);
  const { average, burst } = outbound ?? {};
  const policed =
    average === undefined
      ? ['ingress_policing_rate=0', 'ingress_policing_burst=0']
      : [
          `ingress_policing_rate=${average * 8}`,
          ...(burst === undefined ? [] : [`ingress_policing_burst=${burst * 8}`]),
        ];
  return [shaped, ['set', 'Interface', port, ...policed]]
    .filter((args) => args.length > 0)
    .map((args) => ({ do: 'run', tool: 'ovs-vsctl', args: ['--timeout=5', ...args] }));
}

function ovsShaper(
  port: IfName,
  { average, peak, burst }: Average,
  of: readonly string[],
): readonly string[] {
  const rates = [
    `other_config:min-rate=${average * 8000}`,
    ...(burst === undefined ? [] : [`other_config:burst=${burst * 8192}`]),
    ...(peak === undefined ? [] : [`other_config:max-rate=${peak * 8000}`]),
  ];
  return [
    ...['set', 'port', port, 'qos=@qos1', ...of],
    ...['--', '--id=@qos1', 'create', 'qos', 'type=linux-htb', ...rates, 'queues:0=@queue0', ...of],
    ...['--', '--id=@queue0', 'create', 'queue', ...rates, ...of],
  ];
}
