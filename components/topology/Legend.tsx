import type { ReactNode } from 'react';
import { Corner } from './Corner';
import { ICONS, STATE_SHAPES } from './icons';
import type { Overlay } from './toElements';
import { PATTERNS, type VlanLook } from './vlanColours';

type Props = {
  /** The VLANs in the picture with their looks. */
  readonly looks: ReadonlyMap<number, VlanLook>;
  readonly overlay: Overlay;
  readonly onOverlay: (overlay: Overlay) => void;
};

function Icon({ name }: { readonly name: string }) {
  return (
    <svg width="16" height="16" viewBox="0 0 24 24" aria-hidden="true">
      <path d={ICONS[name]} className="topology-legend-stroke" />
    </svg>
  );
}

function Cable({
  dash,
  width = 2,
  className = '',
}: {
  readonly dash?: string;
  readonly width?: number;
  readonly className?: string;
}) {
  return (
    <svg width="30" height="12" aria-hidden="true">
      <line
        x1="1"
        y1="6"
        x2="29"
        y2="6"
        strokeWidth={width}
        strokeDasharray={dash}
        strokeLinecap="round"
        className={`topology-legend-cable ${className}`}
      />
    </svg>
  );
}

const Collar = ({ full = false }: { readonly full?: boolean }) => (
  <svg width="30" height="12" aria-hidden="true">
    <line x1="1" y1="6" x2="29" y2="6" strokeWidth="2" className="topology-legend-cable" />
    <rect
      {...{ x: 10.5, y: 1.5, width: 9, height: 9 }}
      strokeWidth="1.5"
      className={full ? 'topology-legend-full' : 'topology-legend-collar'}
    />
  </svg>
);

function State({ name }: { readonly name: 'up' | 'down' | 'unknown' }) {
  const shape = STATE_SHAPES[name];
  return (
    <svg width="14" height="14" viewBox="0 0 24 24" aria-hidden="true">
      <path
        d={shape?.path}
        className={`topology-legend-${name} ${shape?.filled ? 'topology-legend-fill' : ''}`}
      />
    </svg>
  );
}

const Row = ({ sample, children }: { readonly sample: ReactNode; readonly children: ReactNode }) => (
  <li>
    <span className="topology-legend-sample">{sample}</span>
    {children}
  </li>
);

/** What shapes, cables and colours mean, and which VLAN has which. */
export function Legend({ looks, overlay, onOverlay }: Props) {
  return (
    <Corner name="legend" title="Legend" place="left" openFrom={1700}>
      <ul className="topology-legend">
        <Row sample={<span className="topology-legend-bar" />}>bridge, with its ports as jacks</Row>
        <Row sample={<Icon name="guest" />}>guest</Row>
        <Row sample={<Icon name="uplink" />}>uplink</Row>
        <Row sample={<State name="up" />}>up</Row>
        <Row sample={<State name="down" />}>down, or no carrier</Row>
        <Row sample={<Cable />}>cable; wider from 1 Mbit/s, 100 Mbit/s, 1 Gbit/s</Row>
        <Row sample={<Cable dash="6 4" className="topology-legend-dead" />}>no carrier</Row>
        <Row sample={<Cable dash="1.5 4" className="topology-legend-pending" />}>pending change</Row>
        <Row sample={<Collar />}>limit; ≠ is not as kept</Row>
        <Row sample={<Collar full />}>limit that is reached</Row>
        <Row sample={<Icon name="pin" />}>put where it is by somebody</Row>
        <Row sample={<Icon name="exit-nat" />}>network with NAT</Row>
        <Row sample={<Icon name="exit-route" />}>routed network</Row>
        <Row sample={<Icon name="exit-none" />}>isolated network</Row>
      </ul>
      {looks.size > 0 && (
        <fieldset className="topology-vlans" aria-label="Show one VLAN">
          {[...looks].map(([id, look]) => (
            <button
              key={id}
              type="button"
              aria-pressed={overlay.vlan === id}
              onClick={() => onOverlay({ vlans: true, vlan: overlay.vlan === id ? null : id })}
            >
              <svg width="18" height="8" aria-hidden="true">
                <line
                  x1="0"
                  y1="4"
                  x2="18"
                  y2="4"
                  strokeWidth="3"
                  stroke={`var(--vlan-${look.hue})`}
                  strokeDasharray={PATTERNS[look.pattern]?.join(' ')}
                />
              </svg>
              {id}
            </button>
          ))}
        </fieldset>
      )}
    </Corner>
  );
}
