/** Bytes per second in words, to four digits: `1.2 Mbit/s`. */
export function bitRate(bytesPerSecond: number): string {
  const bits = bytesPerSecond * 8;
  const [power, unit] = bits >= 1e9 ? [1e9, 'Gbit/s'] : bits >= 1e6 ? [1e6, 'Mbit/s'] : [1e3, 'kbit/s'];
  return `${Number((bits / power).toPrecision(4))} ${unit}`;
}
