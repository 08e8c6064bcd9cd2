import { existsSync, mkdirSync } from 'node:fs';
import path from 'node:path';
import { fail, ok, type Result } from '@/server/core/result';
import { run } from './exec';
import { LAB_RUN } from './lab-inside';
import { launch, logOf, patiently } from './lab-service';
import { OVS_SOCKET } from './observe/ovs';
import { turns } from './turns';

/*
 * A lab's own Open vSwitch. It is started when the first thing is done with it, with an empty database (what was
 * committed is made again when a lab starts), and ends with the lab.
 */

/** Milliseconds that its processes have to answer. */
const PATIENCE = 15_000;
const SCHEMAS = [
  '/usr/share/openvswitch/vswitch.ovsschema',
  '/usr/local/share/openvswitch/vswitch.ovsschema',
];
const inTurn = turns();

/** Only in a lab: on a machine it is for its administrator to run it. */
export const runsOwnOvs = (): boolean => existsSync(LAB_RUN);

/** Starts Open vSwitch in this lab unless it runs. Failures: OVS_NOT_INSTALLED, OVS_NOT_STARTED. */
export const ensureOvs = (): Promise<Result<null>> => inTurn(startOvs);

async function startOvs(): Promise<Result<null>> {
  if (await answers('show')) return ok(null);
  const schema = SCHEMAS.find((file) => existsSync(file));
  if (schema === undefined || !(await run(['ovs-vswitchd', '--version'])).ok)
    return fail(
      'OVS_NOT_INSTALLED',
      'Open vSwitch is not installed on this machine, so no lab has one (apt-get install openvswitch-switch).',
    );
  const folder = path.join(LAB_RUN, 'ovs');
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  mkdirSync(path.dirname(OVS_SOCKET), { recursive: true });
  const database = path.join(folder, 'conf.db');
  if (!existsSync(database)) {
    const made = await run(['ovsdb-tool', 'create', database, schema]);
    if (!made.ok) return made;
  }
  const common = ['--no-chdir', '--pidfile', '-vconsole:warn'];
  if (!(await answers('--no-wait', 'init'))) {
    launch(['ovsdb-server', database, `--remote=punix:${OVS_SOCKET}`, ...common], { folder });
    if (!(await patiently(() => answers('--no-wait', 'init'), PATIENCE)))
      return notStarted('ovsdb-server', folder);
  }
  launch(['ovs-vswitchd', `unix:${OVS_SOCKET}`, ...common], { folder });
  // It says what it can do once it has begun to work.
  const begun = async () => {
    const types = await run(['ovs-vsctl', '--timeout=2', 'get', 'Open_vSwitch', '.', 'datapath_types']);
    return types.ok && types.value.stdout.trim() !== '[]';
  };
  return (await patiently(begun, PATIENCE)) ? ok(null) : notStarted('ovs-vswitchd', folder);
}

const answers = async (...words: readonly string[]): Promise<boolean> =>
  existsSync(OVS_SOCKET) && (await run(['ovs-vsctl', '--timeout=2', ...words])).ok;

const notStarted = (program: string, folder: string): Result<never> =>
  fail('OVS_NOT_STARTED', `Open vSwitch does not start in this lab: see ${logOf(folder, program)}.`);
