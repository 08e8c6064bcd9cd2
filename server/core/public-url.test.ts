import { expect, it } from 'vitest';
import { hostsOf, publicOrigin } from './public-url';

it.each([
  ['https://patchbay.example.org', 'https://patchbay.example.org'],
  ['https://Patchbay.Example.org:443/', 'https://patchbay.example.org'],
  ['https://patchbay.example.org:8443', 'https://patchbay.example.org:8443'],
  ['http://10.0.0.5', 'http://10.0.0.5'],
])('%s is the origin %s', (typed, origin) =>
  expect(publicOrigin(typed)).toEqual({ ok: true, value: origin }),
);

it.each([
  ['patchbay.example.org', /is none/],
  ['', /is none/],
  ['ftp://patchbay.example.org', /is none/],
  ['javascript:alert(1)', /is none/],
  ['https://patchbay.example.org/net', /has a path/],
  ['https://user:secret@patchbay.example.org', /nothing else/],
  ['https://patchbay.example.org/?a', /nothing else/],
])('%j is refused', (typed, why) => {
  const refused = publicOrigin(typed);
  expect(refused.ok ? '' : refused.error.message).toMatch(why);
  expect(JSON.stringify(refused)).not.toContain('secret');
});

it('knows the Host of an origin with and without its usual port', () => {
  expect(hostsOf('https://patchbay.example.org')).toEqual([
    'patchbay.example.org',
    'patchbay.example.org:443',
  ]);
  expect(hostsOf('http://kvm.lan')).toEqual(['kvm.lan', 'kvm.lan:80']);
  expect(hostsOf('https://kvm.lan:8443')).toEqual(['kvm.lan:8443']);
});
