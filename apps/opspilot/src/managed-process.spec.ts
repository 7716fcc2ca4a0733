import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { withPrivileges } from './managed-process';

const NOBODY = 65_534;
/** What Docker and Podman leave to root unless told otherwise. */
const CONTAINER_CAPABILITIES =
  '-all,+chown,+dac_override,+fsetid,+fowner,+setgid,+setuid,+setpcap,+net_bind_service,+sys_chroot,+kill';
const asRoot = process.platform === 'linux' && process.getuid?.() === 0 ? it : it.skip;

describe('withPrivileges', () => {
  asRoot(
    'lets an engine run as another user, in a folder that only root may enter, where root has what a container leaves it (skipped without root)',
    () => {
      const folder = mkdtempSync(path.join(os.tmpdir(), 'opspilot-privileges-'));
      writeFileSync(path.join(folder, 'file'), 'its text', { mode: 0o600 });
      const { command, args } = withPrivileges({
        command: 'sh',
        args: ['-c', 'id -u; cat "$0"', path.join(folder, 'file')],
        stopSignal: 'SIGINT',
        userId: NOBODY,
      });
      const container = [`--bounding-set=${CONTAINER_CAPABILITIES}`, '--inh-caps=-all'];
      const { stdout, stderr } = spawnSync('setpriv', [...container, command, ...args], { encoding: 'utf8' });
      rmSync(folder, { recursive: true });
      expect([stdout, stderr]).toEqual([`${NOBODY}\nits text`, '']);
    },
  );
});
