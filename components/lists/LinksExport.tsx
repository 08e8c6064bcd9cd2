'use client';
import { Download } from 'lucide-react';
import { asText, exportTargetNames, exportTargets } from '@/server/core/export';
import { exported } from '@/server/core/export/exported';
import { hostName } from '../live/names';
import type { HostNetworks } from '../live/types';
import { saveFile } from '../topology/saveFile';
import { Button } from '../ui/Button';
import { Menu } from '../ui/Menu';

const WORDS = { networkd: 'systemd-networkd', ifupdown: 'ifupdown', wicked: 'wicked' } as const;

/** What was kept as files of the system, for those who want it to own their links; one text for each host. */
export function LinksExport({ lists }: { readonly lists: readonly HostNetworks[] }) {
  const withLinks = lists.filter((l) => l.links.length > 0);
  const items = withLinks.flatMap(({ host, networks, links, ovsBridges }) =>
    exportTargetNames.map((target) => ({
      label: `${WORDS[target]} files of ${hostName(host)}`,
      onSelect: () => {
        const text = asText(exportTargets[target](exported({ networks, links }, ovsBridges)));
        saveFile(`patchbay-${hostName(host)}-${target}.txt`, new Blob([text], { type: 'text/plain' }));
      },
    })),
  );
  return (
    <Menu
      trigger={
        <Button small icon={<Download aria-hidden className="size-3" />}>
          Export
        </Button>
      }
      items={items}
    />
  );
}
