import { refuse } from '../check-parse';
import { formatInterfaces, interfaceProblems, notInInterfaces } from '../libvirt/format-interface';
import { ok, type Result, unreachable } from '../result';
import type { GuestNics } from './guest-nics';
import { notInQemu, qemuLines } from './qemu';

/** What the NICs of a guest can be shown as. */
export const NIC_RENDERINGS = ['interfaces', 'qemu', 'json'] as const;
export type NicRendering = (typeof NIC_RENDERINGS)[number];

export type RenderedNics = { readonly text: string; readonly notes: readonly string[] };

/**
 * The NICs as libvirt's `<interface>` elements, as words of QEMU's command line, or as Patchbay keeps them. Refused with
 * INVALID when one of them cannot be said there; what has to be done beside it is in the notes.
 */
export function renderNics(guest: GuestNics, to: NicRendering): Result<RenderedNics> {
  switch (to) {
    case 'interfaces': {
      const problems = interfaceProblems(guest);
      return problems.length > 0
        ? refuse(problems)
        : ok({ text: formatInterfaces(guest.nics), notes: notInInterfaces(guest) });
    }
    case 'qemu': {
      const text = qemuLines(guest);
      return text.ok ? ok({ text: text.value, notes: notInQemu(guest) }) : text;
    }
    case 'json':
      return ok({
        text: `${JSON.stringify({ guest: guest.guest, nics: guest.nics }, null, 2)}\n`,
        notes: [],
      });
    default:
      return unreachable(to);
  }
}
