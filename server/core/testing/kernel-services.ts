import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { z } from 'zod';
import { runAction } from '@/server/agent/apply';
import { run, start } from '@/server/agent/exec';
import { agentFacts, observe } from '@/server/agent/observe';
import { Desired } from '../change';
import { HostId } from '../ids';
import { nothingCommitted, planHost } from '../plan';
import { addGuest, makeOutside, must, nsOf } from './kernel-outside';

/* Runs inside namespaces of its own: makes networks with their dnsmasq, and asks it what guests ask. */

const Setting = z.object({
  runDir: z.string(),
  desired: Desired,
  /** Arguments of the dnsmasq that the outside asks, at 203.0.113.1. */
  outside: z.array(z.string()),
  /** Files of the TFTP folder, `RUNDIR/tftp`. */
  files: z.record(z.string(), z.string()).optional(),
  guests: z.array(z.object({ name: z.string(), bridge: z.string(), mac: z.string() })),
  /** Asked by DHCP: with udhcpc, or in DHCPv6 by this DUID (hexadecimal). */
  dhcp: z.array(
    z.object({ guest: z.string(), hostname: z.string().optional(), duid: z.string().optional() }),
  ),
  /** Asked of a server, from a guest that has an address by then; `RECORD NAME SERVER`. */
  queries: z.array(z.object({ from: z.string(), type: z.string(), name: z.string(), server: z.string() })),
  /** Fetched by TFTP: guest, server, file. */
  fetch: z.array(z.object({ from: z.string(), server: z.string(), file: z.string() })).optional(),
});
export type Setting = z.infer<typeof Setting>;

export type Services = {
  readonly leases: readonly string[];
  readonly answers: readonly string[];
  readonly fetched: readonly string[];
};

async function make({ runDir, desired }: Setting): Promise<void> {
  const agent = await agentFacts({ host: HostId.parse('lab:served'), version: 'test', runDir, role: 'lab' });
  const plan = planHost({ observed: await observe(agent), committed: nothingCommitted(''), desired });
  if (!plan.ok) throw new Error(plan.error.message);
  for (const action of plan.value.steps.flatMap((s) => s.actions)) {
    const done = await runAction(action, runDir);
    if (!done.ok) throw new Error(`${done.error.message} ${done.error.detail ?? ''}`);
  }
}

/** What a client got, and keeps: the address becomes the guest's. */
const SCRIPT = `#!/bin/sh
[ "$1" = bound ] || exit 0
ip addr add "$ip/\${mask:-24}" dev "$interface"
[ -n "$router" ] && ip route add default via "$router"
echo "got $ip lease $lease mtu $mtu domain $domain dns $dns router $router boot $boot_file $bootfile from $siaddr" >&2
`;

async function lease4(runDir: string, guest: string, hostname?: string): Promise<string> {
  const script = path.join(runDir, 'got.sh');
  const asked = [
    '-O',
    'mtu',
    '-O',
    'domain',
    ...(hostname === undefined ? [] : ['-x', `hostname:${hostname}`]),
  ];
  const argv = ['busybox', 'udhcpc', '-f', '-n', '-q', '-i', 'eth0', '-t', '6', '-T', '1', '-s', script];
  const ran = await run([...nsOf(guest), ...argv, ...asked], { timeout: 20_000 });
  if (!ran.ok) return `none: ${ran.error.message}`;
  return /^got (.*)$/m.exec(ran.value.stderr)?.[1]?.replaceAll(/ +/g, ' ').trim() ?? 'none';
}

/**
 * A DHCPv6 client (RFC 8415) in a guest: solicits, requests what is advertised, prints `ADDRESS VALID-LIFETIME`.
 * Options are code, length, value; an address of IA_NA lies 4 + 12 bytes in, behind IAID and two times.
 */
const CLIENT6 = `const d=require('dgram').createSocket('udp6');const duid=Buffer.from(process.argv[1],'hex');
const opt=(c,v)=>{const h=Buffer.alloc(4);h.writeUInt16BE(c,0);h.writeUInt16BE(v.length,2);return Buffer.concat([h,v])};
const read=(b)=>{const m=new Map();for(let i=0;i+4<=b.length;){const l=b.readUInt16BE(i+2);m.set(b.readUInt16BE(i),b.subarray(i+4,i+4+l));i+=4+l}return m};
const tx=Buffer.from([1,2,3]);const elapsed=opt(8,Buffer.alloc(2));const asks=Buffer.concat([Buffer.from([0,0,0,7]),Buffer.alloc(8)]);
let message=Buffer.concat([Buffer.from([1]),tx,opt(1,duid),elapsed,opt(3,asks)]);
const send=()=>d.send(message,547,'ff02::1:2%eth0');
d.on('message',(b)=>{const o=read(b.subarray(4));
 if(b[0]===2){message=Buffer.concat([Buffer.from([3]),tx,opt(1,duid),opt(2,o.get(2)),elapsed,opt(3,o.get(3))]);return send()}
 if(b[0]!==7)return;
 const a=read((o.get(3)??Buffer.alloc(12)).subarray(12)).get(5);
 const text=a?[...Array(8).keys()].map((i)=>a.readUInt16BE(2*i).toString(16)).join(':')+' '+a.readUInt32BE(20):'none';
 process.stdout.write(text,()=>process.exit(0))});
d.bind(546,'::',()=>{send();let n=0;setInterval(()=>{if(++n>8)process.exit(1);send()},700)})`;

async function lease6(guest: string, duid: string): Promise<string> {
  const ran = await run([...nsOf(guest), process.execPath, '-e', CLIENT6, duid]);
  return ran.ok ? ran.value.stdout : `none: ${ran.error.message}`;
}

/** Prints the answer as JSON, or the code of the failure. */
const QUERY = `const [,type,name,server]=process.argv;const r=new (require('dns').promises.Resolver)({timeout:1500,tries:2});
r.setServers([server.includes(':')?'['+server+']':server]);
r.resolve(name,type).then(a=>console.log(JSON.stringify(a)),e=>console.log(e.code))`;

async function ask({ from, type, name, server }: Setting['queries'][number]): Promise<string> {
  const ran = await run([...nsOf(from), process.execPath, '-e', QUERY, type, name, server]);
  return ran.ok ? ran.value.stdout.trim() : ran.error.message;
}

async function main(setting: Setting): Promise<Services> {
  const { runDir, outside, files = {}, guests, dhcp, queries, fetch = [] } = setting;
  await makeOutside();
  const tftp = path.join(runDir, 'tftp');
  mkdirSync(tftp, { recursive: true });
  for (const [name, text] of Object.entries(files)) writeFileSync(path.join(tftp, name), text);
  writeFileSync(path.join(runDir, 'got.sh'), SCRIPT);
  chmodSync(path.join(runDir, 'got.sh'), 0o755);
  const theirs = ['dnsmasq', '--no-daemon', '--conf-file=/dev/null', '--no-resolv', '--no-hosts'];
  start([...nsOf('outside'), ...theirs, '--bind-interfaces', '--listen-address=203.0.113.1', ...outside]);
  await make(setting);
  for (const { name, bridge, mac } of guests) await addGuest(name, bridge, mac);
  // Bridges learn, and link-local addresses come up.
  await pause(500);
  const leases: string[] = [];
  for (const { guest, hostname, duid } of dhcp)
    leases.push(duid === undefined ? await lease4(runDir, guest, hostname) : await lease6(guest, duid));
  const answers: string[] = [];
  for (const query of queries) answers.push(await ask(query));
  const fetched: string[] = [];
  for (const { from, server, file } of fetch) {
    const got = path.join(runDir, 'fetched');
    await must(...nsOf(from), 'busybox', 'tftp', '-g', '-r', file, '-l', got, server);
    fetched.push(readFileSync(got, 'utf8'));
  }
  return { leases, answers, fetched };
}

process.stdout.write(JSON.stringify(await main(Setting.parse(JSON.parse(readFileSync(0, 'utf8'))))), () =>
  process.exit(0),
);
