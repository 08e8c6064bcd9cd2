import type { Exported } from './exported';
import { ifupdownFiles } from './ifupdown';
import { networkdFiles } from './networkd';
import { wickedFiles } from './wicked';

/** A file of the system's own network configuration. */
export type ConfigFile = {
  /** Where the system reads it, absolute. */
  readonly path: string;
  readonly text: string;
};

/** What can own the links of a host instead of us. */
export const exportTargets = {
  networkd: networkdFiles,
  ifupdown: ifupdownFiles,
  wicked: wickedFiles,
} as const satisfies Record<string, (what: Exported) => readonly ConfigFile[]>;
export type ExportTarget = keyof typeof exportTargets;
export const exportTargetNames = [
  'networkd',
  'ifupdown',
  'wicked',
] as const satisfies readonly ExportTarget[];

/** All files as one text, each after a line with its path. */
export const asText = (files: readonly ConfigFile[]): string =>
  files.map((f) => `# ${f.path}\n${f.text}`).join('\n');
