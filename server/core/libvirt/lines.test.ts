import { expect, it } from 'vitest';
import { lineOf } from './lines';
import { parseNetworkXml } from './parse-network';

const xml = `<network>
  <name>demo</name>
  <bridge name='virbr1'/>
  <ip address='192.168.100.1' netmask='255.255.255.0'>
    <dhcp>
      <range start='192.168.100.2' end='192.168.100.9'/>
      <range start='192.168.100.2' end='nonsense'/>
    </dhcp>
  </ip>

</network>`;

it('names the lines of what is refused', () => {
  const read = parseNetworkXml(xml);
  if (read.ok) throw new Error('it must be refused');
  expect(read.error.problems?.map((p) => lineOf(xml, p.path)).sort()).toEqual([7]);
});

it('has no line for what is not there', () => {
  expect(lineOf(xml, ['ip', 3])).toBeNull();
  expect(lineOf('<network', ['ip', 0])).toBeNull();
});
