import { Dialog } from '../ui/Dialog';

const KEYS = [
  ['/', 'Find a host, network, guest, address'],
  ['n', 'New network'],
  ['e', 'Edit the network that is selected'],
  ['a', 'Go to Apply of the change under review'],
  ['k', 'Go to Keep of the change that waits'],
  ['Esc', 'Back: close, or select nothing'],
  ['← ↑ → ↓', 'Walk along cables, in the graph'],
  ['Enter', 'Open or expand what is focused'],
  ['?', 'These keys'],
] as const;

export function KeyHelp({ open, onClose }: { readonly open: boolean; readonly onClose: () => void }) {
  return (
    <Dialog open={open} onClose={onClose} title="Keys" width={420}>
      <dl className="grid grid-cols-[auto_1fr] gap-x-6 gap-y-2 p-4">
        {KEYS.map(([key, what]) => (
          <div key={key} className="contents">
            <dt>
              <kbd className="rounded border border-line bg-sunken px-1.5 py-0.5">{key}</kbd>
            </dt>
            <dd>{what}</dd>
          </div>
        ))}
      </dl>
    </Dialog>
  );
}
