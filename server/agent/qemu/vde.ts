import { connect } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { fail, ok, type Result } from '@/server/core/result';

/*
 * The management socket of a `vde_switch` (vde_switch(1)): a command a line, answered by data between "0000 DATA END
 * WITH '.'" and a dot, if any, and a line with a number, 1000 for success.
 */

/** Milliseconds. */
const PATIENCE = 10_000;

export type VdePort = { readonly port: number; readonly vlan: number; readonly pid: number | null };

/** Lines of `port/print`, which has one port after the other with those who are plugged in. */
export function parseVdePorts(lines: readonly string[]): readonly VdePort[] {
  const ports: { port: number; vlan: number; pid: number | null }[] = [];
  for (const line of lines) {
    const port = /^Port (\d+) untagged_vlan=(\d+)/.exec(line);
    if (port) ports.push({ port: Number(port[1]), vlan: Number(port[2]), pid: null });
    const pid = /^ +-- endpoint .*\bpid=(\d+)/.exec(line)?.[1];
    const last = ports.at(-1);
    if (pid !== undefined && last !== undefined) last.pid = Number(pid);
  }
  return ports;
}

/** Answers the command's data. Failures: VDE_GONE (nobody there, or silent), VDE_REFUSED (`detail`: the switch's own words). */
export function askVde(management: string, command: string): Promise<Result<readonly string[]>> {
  return new Promise((resolve) => {
    const socket = connect({ path: management });
    let text = '';
    const end = (result: Result<readonly string[]>) => {
      clearTimeout(timer);
      socket.destroy();
      resolve(result);
    };
    const gone = (why: string) =>
      end(fail('VDE_GONE', `The VDE switch does not answer at ${management}: ${why}.`));
    const timer = setTimeout(() => gone(`it said nothing within ${PATIENCE / 1000} s`), PATIENCE);
    socket.once('connect', () => socket.write(`${command}\n`));
    socket.once('error', (e) => gone(e.message));
    socket.once('close', () => gone('it closed the connection'));
    socket.on('data', (chunk) => {
      text += chunk.toString('utf8');
      const lines = text.split('\n').map((line) => line.replace(/^(vde\$ )+/, ''));
      const last = lines.find((line) => /^1\d{3} /.test(line));
      if (last === undefined) return;
      const begin = lines.findIndex((line) => line.startsWith('0000 '));
      const data = begin < 0 ? [] : lines.slice(begin + 1, lines.indexOf('.', begin));
      if (last.startsWith('1000 ')) end(ok(data));
      else end(fail('VDE_REFUSED', `The VDE switch refuses ${command}: ${last.slice(5)}`, { detail: last }));
    });
  });
}

/**
 * Puts ports of a process into VLANs, in the order in which it plugged them in; null leaves one where it is. Waits for
 * them to be there. Failures: VDE_GONE, VDE_REFUSED, NO_VDE_PORT.
 */
export async function setVdeVlans(
  management: string,
  pid: number,
  vlans: readonly (number | null)[],
): Promise<Result<null>> {
  let own: readonly VdePort[] = [];
  for (const end = performance.now() + PATIENCE; ; await pause(50)) {
    const printed = await askVde(management, 'port/print');
    if (!printed.ok) return printed;
    own = parseVdePorts(printed.value).filter((p) => p.pid === pid);
    if (own.length >= vlans.length) break;
    if (performance.now() > end)
      return fail(
        'NO_VDE_PORT',
        `Process ${pid} has ${own.length} ports of the VDE switch, not ${vlans.length}.`,
      );
  }
  for (const [n, vlan] of vlans.entries()) {
    const port = own[n]?.port;
    if (vlan === null || port === undefined) continue;
    // A VLAN that is there already is refused; whether the port takes it says what counts.
    await askVde(management, `vlan/create ${vlan}`);
    const set = await askVde(management, `port/setvlan ${port} ${vlan}`);
    if (!set.ok) return set;
  }
  return ok(null);
}
