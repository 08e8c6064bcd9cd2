import type { Blocker, Fix } from './report';

/** The smallest commands that take away what is in the way, where there is one answer. They are not run. */
export function fixesFor(blockers: readonly Blocker[]): Fix[] {
  return blockers.flatMap((b) => {
    const fix = fixOf(b);
    return fix === null ? [] : [fix];
  });
}

function fixOf({ code, object, evidence }: Blocker): Fix | null {
  switch (code) {
    case 'LINK_SET_DOWN':
      return evidence[0]?.command.startsWith('ip -n ')
        ? {
            sentence: `Set it up inside ${object}.`,
            commands: [evidence[0].command.replace('link show', 'link set').concat(' up')],
          }
        : { sentence: `Set ${object} up.`, commands: [`ip link set dev ${object} up`] };
    case 'PORTS_ISOLATED':
      return {
        sentence: `Let ${object} reach isolated ports.`,
        commands: [`bridge link set dev ${object} isolated off`],
      };
    case 'PORT_LOCKED':
      return { sentence: `Unlock ${object}.`, commands: [`bridge link set dev ${object} locked off`] };
    case 'FLOOD_OFF':
      return {
        sentence: `Let ${object} have what is for unknown addresses.`,
        commands: [`bridge link set dev ${object} flood on`],
      };
    case 'FORWARDING_OFF':
      return {
        sentence: 'Let the host forward.',
        commands: [evidence[0]?.command.replace('sysctl ', 'sysctl -w ').concat('=1') ?? ''],
      };
    case 'RP_FILTER':
      return {
        sentence: `Check sources that come by ${object} less strictly.`,
        commands: [`sysctl -w net.ipv4.conf.${object}.rp_filter=2`],
      };
    default:
      return null;
  }
}
