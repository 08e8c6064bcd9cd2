import { Command, Option } from 'commander';
import { RENDERINGS, type Rendering, renderNetwork } from '@/server/core/compile/render-network';
import {
  QOS_RENDERINGS,
  type QosPlace,
  type QosRendering,
  renderQos,
} from '@/server/core/compile/render-qos';
import { IfName } from '@/server/core/ids';
import type { Network } from '@/server/core/kinds/network';
import { Uuid } from '@/server/core/kinds/port';
import { formatNetworkXml, notInXml } from '@/server/core/libvirt/format-network';
import { parseBandwidthXml } from '@/server/core/libvirt/parse-bandwidth';
import { type BridgeNames, parseNetworkXml } from '@/server/core/libvirt/parse-network';
import { libvirtProblems } from '@/server/core/libvirt/rules';
import { items } from '@/server/core/observed';
import type { Result } from '@/server/core/result';
import { places } from './places';
import { complainEach, readText } from './read-text';
import { complain } from './say';
import { secondsOption, tryOut } from './verb-change';
import { hostOf, hostOption, labOption, parsedBy, type WhichHost, withAgent } from './which-host';

const XML_FILE = 'libvirt\'s network XML; "-" is standard input';

type RenderFlags = {
  readonly to: Rendering | QosRendering;
  readonly dev?: IfName;
  readonly network?: true;
  readonly vm?: string;
};

const isQos = (to: RenderFlags['to']): to is QosRendering => QOS_RENDERINGS.some((q) => q === to);

/** `patchbay render`: needs no agent and changes nothing. */
export function renderVerb(): Command {
  return new Command('render')
    .description(
      "Show what a network in libvirt's XML becomes, on a host that has nothing yet; or how libvirt limits a device.",
    )
    .argument('<file>', `${XML_FILE}; limits (tc, ovs-qos) also of an <interface> or a <bandwidth>`)
    .addOption(
      new Option('--to <what>', 'what to show')
        .choices([...RENDERINGS, ...QOS_RENDERINGS])
        .makeOptionMandatory(),
    )
    .addOption(new Option('--dev <name>', 'of limits: the device').argParser(parsedBy(IfName)))
    .option('--network', 'of limits: the device is the bridge of a network, which keeps guaranteed rates')
    .addOption(
      new Option('--vm <uuid>', 'of ovs-qos: the guest, by which libvirt finds its limits again').argParser(
        parsedBy(Uuid),
      ),
    )
    .action((file: string, { to, dev, network: bridge, vm }: RenderFlags, command: Command) => {
      if (isQos(to)) {
        if (dev === undefined) return command.error(`error: --to ${to} needs --dev <name>.`);
        if (vm !== undefined && to !== 'ovs-qos') return command.error('error: --vm goes with --to ovs-qos.');
        return renderLimits(file, to, { dev, network: bridge === true, ...(vm === undefined ? {} : { vm }) });
      }
      if ([dev, bridge, vm].some((flag) => flag !== undefined))
        return command.error('error: --dev, --network and --vm go with --to tc and --to ovs-qos.');
      const network = readNetwork(file, {});
      if (!network.ok) return complainEach(network.error);
      const shown = renderNetwork(network.value, to, places().agentHome);
      if (!shown.ok) return complainEach(shown.error);
      process.stdout.write(shown.value);
    });
}

function renderLimits(file: string, to: QosRendering, place: QosPlace): void {
  const text = readText(file);
  const read = text.ok ? parseBandwidthXml(text.value) : text;
  const shown = read.ok ? renderQos(read.value, to, place) : read;
  if (shown.ok) process.stdout.write(shown.value);
  else complainEach(shown.error);
}

/** `patchbay export`: a network that Patchbay made, for libvirt to make. */
export function exportVerb(): Command {
  return new Command('export')
    .description("Print a network of a host as libvirt's XML.")
    .argument('<network>', 'its name')
    .addOption(hostOption())
    .addOption(labOption())
    .action((name: string, flags: WhichHost) =>
      withAgent(hostOf(flags), async (link) => {
        const status = await link.request('status', {});
        if (!status.ok) return complain(status.error);
        const network = status.value.committed.desired.networks.find((n) => n.name === name);
        if (network === undefined)
          return complain({
            code: 'NO_NETWORK',
            message: `There is no network ${name} of ours at ${hostOf(flags)}.`,
          });
        process.stdout.write(formatNetworkXml(network));
        for (const note of notInXml(network)) process.stderr.write(`Note: ${note}\n`);
        for (const { message } of libvirtProblems(network))
          process.stderr.write(`Note: libvirt will refuse this. ${message}\n`);
      }),
    );
}

/** `patchbay import`: what the form does with XML, in the terminal. */
export function importVerb(): Command {
  return new Command('import')
    .description(
      "Make a network of libvirt's XML, or change the one of that name. It is taken back unless you confirm it in time.",
    )
    .argument('<file>', XML_FILE)
    .addOption(secondsOption())
    .addOption(hostOption())
    .addOption(labOption())
    .action((file: string, flags: WhichHost & { readonly seconds: number }) =>
      withAgent(hostOf(flags), async (link) => {
        const [status, observed] = [await link.request('status', {}), await link.request('observe', {})];
        if (!status.ok) return complain(status.error);
        if (!observed.ok) return complain(observed.error);
        const { desired } = status.value.committed;
        const taken = [
          ...items(observed.value.links).map((l) => l.name),
          ...desired.networks.flatMap((n) => n.bridge?.name ?? []),
        ];
        const known = (name: string) => desired.networks.find((n) => n.name === name)?.bridge?.name;
        const network = readNetwork(file, { taken, known });
        if (!network.ok) return complainEach(network.error);
        const others = desired.networks.filter((n) => n.name !== network.value.name);
        const wanted = { ...desired, networks: [...others, network.value] };
        await tryOut(wanted, link, { host: hostOf(flags), seconds: flags.seconds });
      }),
    );
}

function readNetwork(file: string, bridges: BridgeNames): Result<Network> {
  const text = readText(file);
  return text.ok ? parseNetworkXml(text.value, bridges) : text;
}
