import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parseIpMonitor, parseLibvirtMonitor, parseNftMonitor, parseTcMonitor } from './events';

const captured = (path: string) => readFileSync(join(import.meta.dirname, 'captured', path), 'utf8');

describe('monitors', () => {
  const lines = captured('linux-6.18-no-vlan/monitor.txt').split('\n');
  const news = lines.flatMap(parseIpMonitor);
  const one = (line: string) => parseIpMonitor(line);

  it('understands every line that was captured', () => {
    for (const line of lines.filter((l) => l !== '' && !/^\[nsid \d| NOARP\s*$/.test(l)))
      expect(one(line), line).not.toEqual([]);
  });
  it('names the link that changed, and does not trust names that tools misread', () => {
    expect(news).toContainEqual(expect.objectContaining({ about: 'link', name: 'v9' }));
    expect(news.some((n) => n.about === 'link' && n.name === null)).toBe(true);
    expect(news.every((n) => n.about !== 'link' || n.name === null || /^[\w.-]+$/.test(n.name))).toBe(true);
  });
  it('knows namespaces by their id alone', () => {
    expect(one('[nsid 3][ADDR]2: br0    inet 10.1.1.1/24 scope global eth0')).toEqual([
      { about: 'namespace', nsid: 3 },
    ]);
  });
  it('reads routes again when a link goes down, since the kernel does not tell', () => {
    const down = '[nsid current][LINK]3: up0: <BROADCAST> mtu 1500 qdisc noqueue state DOWN group default';
    expect(one(down)).toContainEqual({ about: 'device', section: 'routes', name: 'up0' });
  });
  it('takes from the line what it says of the link', () => {
    const state = (line: string) => one(line).flatMap((n) => (n.about === 'link' && n.state) || []);
    expect(
      state(
        '[nsid current][LINK]4: tap0@if2: <NO-CARRIER,BROADCAST,MULTICAST,UP> mtu 1400 qdisc noqueue master br0 state DOWN group default',
      ),
    ).toEqual([{ up: true, carrier: false, operState: 'DOWN', mtu: 1400, master: 'br0' }]);
    expect(
      state(
        '[LINK]4: tap0: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1500 qdisc mq state UP group default qlen 9',
      ),
    ).toEqual([{ up: true, carrier: true, operState: 'UP', mtu: 1500, master: null }]);
    expect(
      state('[LINK]4: tap0: <BROADCAST,UP,LOWER_UP> mtu 1500 master br0 state forwarding priority 32 cost 2'),
    ).toEqual([]);
  });

  it('hears of static entries, but not of group addresses', () => {
    expect(one('[NEIGH]dev va lladdr 02:00:00:00:00:78 NOARP ')).toEqual([
      { about: 'device', section: 'fdb', name: 'va' },
    ]);
    expect(one('[NEIGH]Deleted ff02::2 dev va lladdr 33:33:00:00:00:02 NOARP ')).toEqual([]);
  });
  it("tells bridges' entries from neighbours", () => {
    expect(one('[NEIGH]dev v0 lladdr 72:1b:2f:f6:2c:83 REACHABLE')).toEqual([
      { about: 'device', section: 'fdb', name: 'v0' },
    ]);
    expect(one('[NEIGH]Deleted 10.1.1.1 dev br0 lladdr 72:1b:2f:f6:2c:83 STALE')).toEqual([
      { about: 'device', section: 'neighbours', name: 'br0' },
    ]);
  });
  it('hears the other tools', () => {
    expect(captured('linux-6.18-no-vlan/monitor-nft.txt').split('\n').flatMap(parseNftMonitor)).not.toEqual(
      [],
    );
    expect(captured('linux-6.18-no-vlan/monitor-tc.txt').split('\n').flatMap(parseTcMonitor)).toHaveLength(2);
    expect(captured('libvirt-9.0/event.txt').split('\n').flatMap(parseLibvirtMonitor)).toContainEqual({
      about: 'sections',
      sections: ['domains'],
    });
    expect(captured('libvirt-9.0/netevent.txt').split('\n').flatMap(parseLibvirtMonitor)).toEqual([
      { about: 'sections', sections: ['libvirtNetworks'] },
    ]);
  });
});
