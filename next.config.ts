import type { NextConfig } from 'next';

const config: NextConfig = {
  reactStrictMode: true,
  poweredByHeader: false,
  // The server of ours compresses nothing either: everything is on loopback, and compressed event streams stall.
  compress: false,
  devIndicators: false,
  // `npm test` type-checks the whole repository at once; doing it again in every build only makes starting slower.
  typescript: { ignoreBuildErrors: true },
};

export default config;
