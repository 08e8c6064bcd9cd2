import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import type { Network } from '../kinds/network';

/* The schema of the libvirt that is installed here, which may be older than the format that we know. */

const FOLDER = '/usr/share/libvirt/schemas';
const FILES = ['network.rng', 'networkcommon.rng'].map((f) => path.join(FOLDER, f));

/** Its text; empty where it is not installed. */
export const rng = FILES.every((f) => existsSync(f))
  ? FILES.map((f) => readFileSync(f, 'utf8')).join('')
  : '';

/** The same without what libvirt 9 does not know, if that is what is here. */
export function asOld(network: Network): Network {
  const { title, description, domain, dns, forward, ...rest } = network;
  const has = (what: string) => rng.includes(what);
  return {
    ...rest,
    ...(title !== undefined && has('ref name="title"') ? { title } : {}),
    ...(description !== undefined && has('ref name="description"') ? { description } : {}),
    ...(domain === undefined
      ? {}
      : { domain: has('name="register"') ? domain : without(domain, 'register') }),
    forward: forward.mode === 'hostdev' && !has('hostdevDriver') ? without(forward, 'driverModel') : forward,
    ...(dns === undefined
      ? {}
      : {
          dns:
            dns.forwarders === undefined || /name="domain".{0,200}name="port"/s.test(rng)
              ? dns
              : { ...dns, forwarders: dns.forwarders.map((f) => without(f, 'port')) },
        }),
  };
}

function without<T extends object, K extends keyof T>(value: T, key: K): Omit<T, K> {
  const { [key]: _, ...rest } = value;
  return rest;
}
