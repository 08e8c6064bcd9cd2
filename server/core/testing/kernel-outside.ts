import { run } from '@/server/agent/exec';
import { patience } from './patience';

/* For tests inside namespaces of their own: guests, and an outside that has a route back to every one of them. */

export async function must(...argv: readonly string[]): Promise<string> {
  const ran = await run(argv, { timeout: 10_000 * patience });
  if (!ran.ok) throw new Error(`${argv.join(' ')}: ${ran.error.detail ?? ran.error.message}`);
  return ran.value.stdout;
}
export const ip = (...args: readonly string[]) => must('ip', ...args);
export const nsOf = (name: string) => (name === 'host' ? [] : ['ip', 'netns', 'exec', name]);

/** `outside` at 203.0.113.1 and 198.51.100.1, 2001:db8:1::1 and 2001:db8:f::1; the host at .2. Named namespaces want a /run of their own. */
export async function makeOutside(): Promise<void> {
  await must('mount', '-t', 'tmpfs', 'tmpfs', '/run');
  await ip('link', 'set', 'dev', 'lo', 'up');
  await ip('netns', 'add', 'outside');
  await ip('link', 'add', 'name', 'uplink0', 'type', 'veth', 'peer', 'name', 'eth0', 'netns', 'outside');
  await ip('addr', 'add', '203.0.113.2/24', 'dev', 'uplink0');
  await ip('addr', 'add', '2001:db8:1::2/64', 'dev', 'uplink0', 'nodad');
  await ip('link', 'set', 'dev', 'uplink0', 'up');
  const out = (...args: readonly string[]) => ip('-n', 'outside', ...args);
  await out('link', 'set', 'dev', 'lo', 'up');
  await out('addr', 'add', '203.0.113.1/24', 'dev', 'eth0');
  await out('addr', 'add', '198.51.100.1/32', 'dev', 'lo');
  await out('addr', 'add', '2001:db8:1::1/64', 'dev', 'eth0', 'nodad');
  await out('addr', 'add', '2001:db8:f::1/128', 'dev', 'lo');
  await out('link', 'set', 'dev', 'eth0', 'up');
  await ip('route', 'add', 'default', 'via', '203.0.113.1');
  await ip('-6', 'route', 'add', 'default', 'via', '2001:db8:1::1');
  // Guests, and addresses that they may be given outside.
  for (const net of ['192.168.0.0/16', '198.18.0.0/24']) await out('route', 'add', net, 'via', '203.0.113.2');
  await out('-6', 'route', 'add', 'fd00::/8', 'via', '2001:db8:1::2');
}

/** A namespace with one NIC; without an address of its own it has to ask for one. No bridge: it is plugged in later. */
export async function addGuest(name: string, bridge: string | null, mac?: string): Promise<void> {
  await ip('netns', 'add', name);
  await ip('link', 'add', 'name', `p-${name}`, 'type', 'veth', 'peer', 'name', 'eth0', 'netns', name);
  await ip('link', 'set', 'dev', `p-${name}`, ...(bridge === null ? [] : ['master', bridge]), 'up');
  await ip('-n', name, 'link', 'set', 'dev', 'lo', 'up');
  if (mac !== undefined) await ip('-n', name, 'link', 'set', 'dev', 'eth0', 'address', mac);
  // A link-local address is wanted at once.
  await must(...nsOf(name), 'sysctl', '-qw', 'net.ipv6.conf.eth0.accept_dad=0');
  await ip('-n', name, 'link', 'set', 'dev', 'eth0', 'up');
}
