import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { waitFor } from '../../../test/support/wait-for';
import { startProcess, withPrivileges } from './managed-process';

const NOBODY = 65_534;
/** What Docker and Podman leave to root unless told otherwise. */
const CONTAINER_CAPABILITIES =
  '-all,+chown,+dac_override,+fsetid,+fowner,+setgid,+setuid,+setpcap,+net_bind_service,+sys_chroot,+kill';
const asRoot = process.platform === 'linux' && process.getuid?.() === 0 ? it : it.skip;

describe('startProcess', () => {
  it('bounds what an engine writes into its log for as long as it runs, and keeps what it wrote last', async () => {
    const folder = mkdtempSync(path.join(os.tmpdir(), 'opspilot-log-'));
    const logFile = path.join(folder, 'engine.log');
    writeFileSync(logFile, 'of an earlier start\n'.repeat(1000));
    const engine = await startProcess({
      name: 'engine',
      command: 'sh',
      args: ['-c', 'while echo "a statement was refused"; do sleep 0.01; done'],
      logFile,
      maxLogBytes: 1000,
      logLookMs: 20,
      stopSignal: 'SIGTERM',
    });
    try {
      await waitFor('all of the file before it', async () => {
        const text = existsSync(`${logFile}.1`) ? readFileSync(`${logFile}.1`, 'utf8') : '';
        return text.length > 1000 && !text.includes('earlier') ? true : undefined;
      });
      expect(statSync(logFile).size).toBeLessThan(10_000);
    } finally {
      await engine.stop(5000);
      rmSync(folder, { recursive: true });
    }
  });
});

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
