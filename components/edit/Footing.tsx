import { CircleAlert } from 'lucide-react';
import { type Footing as FootingName, footingDifferences } from '@/server/core/footing-differences';
import { ChoiceCell, FlagCell } from './cells';
import { textAt, treeAt } from './shape';
import { useFields } from './useNetworkForm';

const TITLES: { readonly [F in FootingName]: string } = {
  native: 'Native (Linux bridge, nftables, dnsmasq)',
  ovs: 'Open vSwitch',
  libvirt: 'libvirt',
};

/** What makes the network on its host, and what that means for just this design. */
export function Footing() {
  const { values, said } = useFields();
  const chosen = textAt(values, 'footing') || 'native';
  const all = said === null ? [] : footingDifferences(said);
  return (
    <div className="grid gap-2">
      <ChoiceCell
        at="footing"
        label="Made by"
        options={[
          ['', TITLES.native],
          ['ovs', TITLES.ovs],
          ['libvirt', TITLES.libvirt],
        ]}
      />
      {treeAt(values, 'adopted') === true && (
        <FlagCell
          at="adopted"
          label="It was here before Patchbay"
          hint="Deleted here, it is only forgotten and stays."
        />
      )}
      {all.length > 0 && (
        <details className="text-sm">
          <summary className="text-dim">What differs for this network, by who makes it</summary>
          <div className="mt-2 grid gap-3">
            {all.map(({ footing, cannot, differs }) => (
              <section key={footing} aria-label={TITLES[footing]}>
                <h4 className="font-medium">
                  {TITLES[footing]}
                  {footing === chosen && <span className="font-normal text-dim"> (chosen)</span>}
                </h4>
                <ul className="mt-0.5 grid gap-0.5">
                  {cannot.map((text) => (
                    <li key={text} className="flex items-start gap-1.5 text-amber">
                      <CircleAlert aria-hidden className="mt-0.5 size-3 shrink-0" />
                      {text}
                    </li>
                  ))}
                  {differs.map((text) => (
                    <li key={text} className="ml-4 list-disc text-dim">
                      {text}
                    </li>
                  ))}
                  {cannot.length + differs.length === 0 && (
                    <li className="text-dim">Nothing in particular.</li>
                  )}
                </ul>
              </section>
            ))}
          </div>
        </details>
      )}
    </div>
  );
}
