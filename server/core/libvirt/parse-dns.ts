import type { Problem } from '../result';
import {
  DnsAttributes,
  DnsHostAttributes,
  DomainAttributes,
  ForwarderAttributes,
  SrvAttributes,
  TxtAttributes,
} from './attributes';
import { attributesOf, childrenOf, place, type Reading, refuseAt, textOf } from './reading';
import type { XmlElement } from './xml';

/* `<dns>` and `<domain>`. */

type Path = Problem['path'];

export function readDomain(r: Reading, element: XmlElement | undefined): unknown {
  if (element === undefined) return undefined;
  place(r, ['domain'], element);
  childrenOf(r, element);
  return attributesOf(r, element, DomainAttributes);
}

export function readDns(r: Reading, element: XmlElement | undefined): unknown {
  if (element === undefined) return undefined;
  place(r, ['dns'], element);
  const parts = childrenOf(r, element, { many: ['forwarder', 'txt', 'srv', 'host'] });
  const each = <T>(key: string, all: readonly XmlElement[], read: (e: XmlElement, path: Path) => T) => {
    const items = all.map((e, i) => {
      place(r, ['dns', key, i], e);
      return read(e, ['dns', key, i]);
    });
    return items.length === 0 ? undefined : items;
  };
  const dns = {
    ...attributesOf(r, element, DnsAttributes),
    forwarders: each('forwarders', parts.forwarder, (e) => readForwarder(r, e)),
    txt: each('txt', parts.txt, (e) => {
      childrenOf(r, e);
      return attributesOf(r, e, TxtAttributes);
    }),
    srv: each('srv', parts.srv, (e) => readSrv(r, e)),
    hosts: each('hosts', parts.host, (e, path) => readDnsHost(r, e, path)),
  };
  return Object.values(dns).every((v) => v === undefined) ? undefined : dns;
}

function readForwarder(r: Reading, element: XmlElement): unknown {
  childrenOf(r, element);
  const { addr, ...more } = attributesOf(r, element, ForwarderAttributes) ?? {};
  return { address: addr, ...more };
}

function readSrv(r: Reading, element: XmlElement): unknown {
  childrenOf(r, element);
  const srv = attributesOf(r, element, SrvAttributes);
  if (srv === null) return undefined;
  if (srv.target === undefined && [srv.port, srv.priority, srv.weight].some((n) => n !== undefined))
    refuseAt(r, element, 'port, priority and weight need a target.');
  // 0 is what they are when nothing is said.
  return { ...srv, priority: srv.priority || undefined, weight: srv.weight || undefined };
}

function readDnsHost(r: Reading, element: XmlElement, path: Path): unknown {
  const { hostname } = childrenOf(r, element, { many: ['hostname'] });
  if (hostname.length === 0) refuseAt(r, element, 'the element <hostname> is needed.');
  return {
    ...attributesOf(r, element, DnsHostAttributes),
    names: hostname.map((e, i) => {
      place(r, [...path, 'names', i], e);
      return textOf(r, e);
    }),
  };
}
