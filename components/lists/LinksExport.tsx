'use client';
import { Download } from 'lucide-react';
import { asText, exportTargetNames, exportTargets } from '@/server/core/export';
import { hostName } from '../live/names';
import { saveFile } from '../topology/saveFile';
import { Button } from '../ui/Button';
import { Menu } from '../ui/Menu';
import type { LinkRow } from './LinksTable';

const WORDS = { networkd: 'systemd-networkd', ifupdown: 'ifupdown', wicked: 'wicked' } as const;

/** What was kept as files of the system, for those who want it to own their links; one text for each host. */
export function LinksExport({ rows }: { readonly rows: readonly LinkRow[] }) {
  const hosts = [...new Set(rows.map((r) => r.host))];
  const items = hosts.flatMap((host) =>
    exportTargetNames.map((target) => ({
      label: `${WORDS[target]} files of ${hostName(host)}`,
      onSelect: () => {
        const links = rows.flatMap((r) => (r.host === host ? [r.link] : []));
        const text = asText(exportTargets[target](links));
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
