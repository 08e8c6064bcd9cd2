import { parseDomainXml } from '../libvirt/parse-domain';
import { fail, type Result } from '../result';
import { parseAutotest } from './autotest';
import { parseGanetiInfo } from './ganeti-info';
import { parseGanetiJson } from './ganeti-json';
import { parseGanetiWords } from './ganeti-words';
import type { ReadNics } from './guest-nics';

/** Who describes the NICs. */
export const NIC_FORMATS = ['libvirt', 'autotest', 'ganeti'] as const;
export type NicFormat = (typeof NIC_FORMATS)[number];

const READERS: Readonly<Record<NicFormat, (text: string) => Result<ReadNics>>> = {
  libvirt: parseDomainXml,
  autotest: parseAutotest,
  ganeti: parseGaneti,
};

function parseGaneti(text: string): Result<ReadNics> {
  if (/^\s*[{[]/.test(text)) return parseGanetiJson(text);
  return INFO.test(text) ? parseGanetiInfo(text) : parseGanetiWords(text);
}
/** How `gnt-instance info` begins. */
const INFO = /^\s*(- )?Instance name:/;

/** Characters; a domain with 256 NICs has a quarter of it. */
const MOST = 1_000_000;

/** Reads the NICs of one guest. Refused with INVALID: problems that name element, line or parameter, and the reason. */
export function readNics(text: string, from?: NicFormat): Result<ReadNics> {
  if (text.length > MOST)
    return fail('TOO_LONG', `The text has more than ${MOST} characters: no guest needs so many.`);
  const format = from ?? guess(text);
  return format === null
    ? fail(
        'FORMAT',
        "This is neither libvirt's XML, nor parameters of KVM autotest (key = value), nor NICs of Ganeti (JSON, gnt-instance info, or --net …).",
      )
    : READERS[format](text);
}

function guess(text: string): NicFormat | null {
  const start = text.trimStart().slice(0, 200);
  if (start.startsWith('<')) return 'libvirt';
  if (INFO.test(start) || /^([{[]|gnt-instance\b|--net\b|--no-nics\b|\d+:)/.test(start)) return 'ganeti';
  return /^[^\n#]*\w\s*=/m.test(text) ? 'autotest' : null;
}
