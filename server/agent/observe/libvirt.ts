import { existsSync } from 'node:fs';
import type { Domain, Fact, LibvirtNetwork } from '@/server/core/observed';
import { type Failure, fail, ok, type Result } from '@/server/core/result';
import { commandLine, run } from '../exec';
import { runsOwnLibvirt, whyNoLabLibvirt } from '../lab-libvirt';
import { whyAbsent } from './installed';
import { keyed, known, type Parsed, unknown, whyNot } from './reading';
import { child, parseXml } from './xml';

/** Read-only: libvirt lets everybody look over this connection. */
const VIRSH = ['virsh', '-r', '-c', 'qemu:///system'];
/** Of the one daemon, and of the modular ones. */
const SOCKETS = ['libvirt-sock-ro', 'virtqemud-sock-ro', 'virtnetworkd-sock-ro'].map(
  (name) => `/run/libvirt/${name}`,
);
const TIMEOUT = 5_000;
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
const MARK = '== ';

/** `virsh list --all --uuid`, `virsh net-list --all --uuid`. */
export const parseUuids = (text: string): readonly string[] =>
  text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => UUID.test(line));

/** What one virsh printed about several things, cut at the marks that we had it echo. */
function sections(text: string): Map<string, string> {
  const found = new Map<string, string>();
  let id = '';
  for (const line of text.split('\n')) {
    const mark = line.startsWith(MARK) ? line.slice(MARK.length).trim() : '';
    if (UUID.test(mark)) {
      id = mark;
      found.set(id, '');
    } else if (id !== '') found.set(id, `${found.get(id) ?? ''}${line}\n`);
  }
  return found;
}

/** `net-info` and `net-dumpxml` of every network, with `--inactive` too. One that went away between the two commands has no XML. */
export function parseLibvirtNetworks(text: string): Parsed<LibvirtNetwork> {
  const networks: LibvirtNetwork[] = [];
  for (const [id, part] of sections(text)) {
    const start = part.indexOf('<network');
    if (start < 0) continue;
    const end = part.indexOf('</network>', start) + '</network>'.length;
    const xml = part.slice(start, end);
    const config = part.slice(end).trim();
    const root = parseXml(xml);
    const name = child(root ?? undefined, 'name')?.text;
    if (root === null || !name)
      return fail('NOT_UNDERSTOOD', `the XML of network ${id} cannot be understood`);
    const info = (key: string) =>
      new RegExp(`^${key}:\\s+(.*)$`, 'm').exec(part.slice(0, start))?.[1]?.trim();
    networks.push({
      name,
      active: info('Active') === 'yes',
      autostart: info('Autostart') === 'yes',
      bridge: child(root, 'bridge')?.attributes.name ?? null,
      forward: forwardOf(root),
      xml,
      config: config === '' ? xml : config,
    });
  }
  return ok(keyed(networks.map((n) => [n.name, n])));
}

/** `<forward/>` without a mode is nat, no `<forward>` at all is an isolated network. */
function forwardOf(root: NonNullable<ReturnType<typeof parseXml>>): string {
  const forward = child(root, 'forward');
  return forward === undefined ? 'none' : (forward.attributes.mode ?? 'nat');
}

/** `domstate` and `dumpxml` of every domain, with `--inactive` too. */
export function parseDomains(text: string): Parsed<Domain> {
  const domains: Domain[] = [];
  for (const [uuid, part] of sections(text)) {
    const start = part.indexOf('<domain');
    if (start < 0) continue;
    const root = parseXml(part.slice(start, part.indexOf('</domain>', start) + '</domain>'.length).trim());
    const name = child(root ?? undefined, 'name')?.text;
    if (root === null || !name)
      return fail('NOT_UNDERSTOOD', `the XML of domain ${uuid} cannot be understood`);
    const interfaces = child(root, 'devices')?.children.filter((c) => c.name === 'interface') ?? [];
    const end = part.indexOf('</domain>', start);
    const config = part.slice(end).includes('<domain') ? part.slice(end) : part.slice(start);
    const state = part.slice(0, start).trim() || 'unknown';
    domains.push({
      ...{ name, uuid, state },
      live: state === 'shut off' ? [] : interfacesIn(part.slice(start, end)),
      config: interfacesIn(config),
      nics: interfaces.map((nic) => {
        const source = child(nic, 'source')?.attributes ?? {};
        return {
          type: nic.attributes.type ?? 'unknown',
          mac: child(nic, 'mac')?.attributes.address ?? null,
          target: child(nic, 'target')?.attributes.dev ?? null,
          source: source.network ?? source.bridge ?? source.dev ?? source.path ?? null,
          model: child(nic, 'model')?.attributes.type ?? null,
        };
      }),
    });
  }
  return ok(keyed(domains.map((d) => [d.name, d])));
}

/** The `<interface>` elements of a domain, each as it is written, without what it is indented by. */
function interfacesIn(xml: string): string[] {
  const devices = xml.slice(xml.indexOf('<devices>'), xml.lastIndexOf('</devices>'));
  const found = devices.match(/^[ \t]*<interface\b[\s\S]*?<\/interface>/gm) ?? [];
  return found.map((text) => {
    const indent = /^[ \t]*/.exec(text)?.[0] ?? '';
    return text.replaceAll(new RegExp(`^${indent}`, 'gm'), '');
  });
}

/** All of a kind by two processes, however many there are: their ids, then one virsh that is asked about each. */
async function readAll(list: string, ask: (uuid: string) => string): Promise<Result<string>> {
  const ids = await run([...VIRSH, list, '--all', '--uuid'], { timeout: TIMEOUT });
  if (!ids.ok) return ids;
  const uuids = parseUuids(ids.value.stdout);
  if (uuids.length === 0) return ok('');
  const script = uuids.map((uuid) => `echo '${MARK}${uuid}'; ${ask(uuid)}`).join('; ');
  const ran = await run([...VIRSH, script], { timeout: TIMEOUT });
  return ran.ok ? ok(ran.value.stdout) : ran;
}

function whyNoLibvirt(error: Failure): string {
  if (error.code === 'TOOL_MISSING') return 'libvirt is not installed (no virsh)';
  if (/Failed to connect socket/.test(error.detail ?? '') && !/denied/i.test(error.detail ?? ''))
    return 'libvirt is not running';
  return whyNot(error, 'libvirt');
}

async function observeAll<T>(
  command: string,
  text: () => Promise<Result<string>>,
  parse: (text: string) => Parsed<T>,
): Promise<Fact<T>> {
  const absent = whyAbsent('libvirt', 'virsh', SOCKETS);
  if (absent !== null && runsOwnLibvirt()) {
    const why = whyNoLabLibvirt();
    // It is started when the first thing is done with it: until then there is nothing.
    return why === null ? known(command, {}) : unknown(command, why);
  }
  if (absent !== null) return unknown(command, absent);
  const read = await text();
  if (!read.ok) return unknown(command, whyNoLibvirt(read.error));
  const parsed = parse(read.value);
  return parsed.ok ? known(command, parsed.value) : unknown(command, parsed.error.message);
}

export const observeLibvirtNetworks = (): Promise<Fact<LibvirtNetwork>> =>
  observeAll(
    `${commandLine(VIRSH)} 'net-list --all; net-info NETWORK; net-dumpxml NETWORK; net-dumpxml --inactive NETWORK'`,
    () =>
      readAll('net-list', (uuid) => `net-info ${uuid}; net-dumpxml ${uuid}; net-dumpxml --inactive ${uuid}`),
    parseLibvirtNetworks,
  );

export const observeDomains = (): Promise<Fact<Domain>> =>
  observeAll(
    `${commandLine(VIRSH)} 'list --all; domstate DOMAIN; dumpxml DOMAIN; dumpxml --inactive DOMAIN'`,
    () => readAll('list', (uuid) => `domstate ${uuid}; dumpxml ${uuid}; dumpxml --inactive ${uuid}`),
    parseDomains,
  );

/** There is somebody to listen to; a lab has nobody until it needs one. */
export const libvirtAnswers = (): boolean => SOCKETS.some((path) => existsSync(path));

/** Commands that tell of changes. */
export const libvirtMonitors: readonly (readonly string[])[] = [
  [...VIRSH, 'event', '--all', '--loop'],
  [...VIRSH, 'net-event', '--event', 'lifecycle', '--loop'],
];
