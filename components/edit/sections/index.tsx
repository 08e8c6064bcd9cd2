import type { ComponentType } from 'react';
import { Fold } from '../cells';
import { fitsValues } from '../fits';
import { useFields } from '../useNetworkForm';
import { BandwidthSection } from './BandwidthSection';
import { DnsSection, OptionsSection } from './DnsSection';
import { AboutSection, BridgeSection, ForwardsSection, RoutesSection } from './MoreSections';
import { PortSection } from './PortSection';
import { VlanSection } from './VlanSection';

type Section = {
  readonly title: string;
  /** Fields of a network that are in it: it shows where one of them fits. */
  readonly fields: readonly string[];
  readonly Fields: ComponentType;
};

/** What most networks do without, in the order people look for it. */
const SECTIONS: readonly Section[] = [
  { title: 'DNS and domain', fields: ['domain', 'dns'], Fields: DnsSection },
  { title: 'VLANs and portgroups', fields: ['vlan', 'portgroups'], Fields: VlanSection },
  { title: 'Port forwards', fields: ['portForwards'], Fields: ForwardsSection },
  { title: 'Static routes', fields: ['routes'], Fields: RoutesSection },
  {
    title: 'Bridge details',
    fields: ['mtu', 'mac', 'bridge.delay', 'bridge.zone', 'bridge.macTableManager', 'guestIpv6', 'isolated'],
    Fields: BridgeSection,
  },
  { title: 'Bandwidth', fields: ['bandwidth'], Fields: BandwidthSection },
  { title: 'Virtual port', fields: ['virtualPort', 'trustGuestRxFilters'], Fields: PortSection },
  { title: 'dnsmasq options', fields: ['dnsmasqOptions'], Fields: OptionsSection },
  {
    title: 'Title, description, UUID, metadata',
    fields: ['title', 'description', 'uuid', 'metadata'],
    Fields: AboutSection,
  },
];

/** Folded, until there is something in them. */
export function Sections() {
  const { values, generation } = useFields();
  return SECTIONS.filter(({ fields }) => fields.some((f) => fitsValues(f.split('.')[0] ?? '', values))).map(
    ({ title, fields, Fields }) => (
      <Fold key={`${generation} ${title}`} title={title} fields={fields}>
        <Fields />
      </Fold>
    ),
  );
}
