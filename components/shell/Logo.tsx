export const Logo = () => (
  <svg aria-hidden viewBox="0 0 32 32" className="size-5">
    <rect x="1" y="5" width="30" height="22" rx="5" fill="var(--accent)" />
    <g fill="var(--accent-text)">
      <circle cx="8" cy="12" r="2.6" />
      <circle cx="16" cy="12" r="2.6" />
      <circle cx="24" cy="12" r="2.6" />
      <circle cx="8" cy="21" r="2.6" />
      <circle cx="16" cy="21" r="2.6" />
      <circle cx="24" cy="21" r="2.6" />
    </g>
    <path
      d="M8 12c0 7 16 2 16 9"
      fill="none"
      stroke="var(--vlan-2)"
      strokeWidth="2.4"
      strokeLinecap="round"
    />
  </svg>
);
