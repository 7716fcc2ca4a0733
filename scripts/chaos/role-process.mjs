import { spawn } from 'node:child_process';
import { openSync, closeSync } from 'node:fs';
import path from 'node:path';
import { root } from '../ensure-installed.mjs';
import { waitUntil } from './wait.mjs';

const READY_MS = 300_000;

/** One role of OpsPilot as a process of its own, on a port that stays the same over restarts. */
export class RoleProcess {
  #child;

  constructor({ role, port, environment, folder }) {
    Object.assign(this, { name: role, port, environment, folder });
    this.url = `http://127.0.0.1:${port}`;
  }

  start() {
    const log = openSync(path.join(this.folder, `${this.name}.log`), 'a');
    this.#child = spawn(process.execPath, [path.join(root, `dist/apps/${this.name}/src/main.js`)], {
      cwd: root,
      env: { ...process.env, ...this.environment, PORT: String(this.port) },
      stdio: ['ignore', log, log],
    });
    closeSync(log);
  }

  waitUntilReady() {
    return waitUntil(
      `${this.name} to be ready`,
      async () => {
        this.#expectRunning();
        return (await fetch(`${this.url}/ready`, { signal: AbortSignal.timeout(5000) })).ok || undefined;
      },
      { deadlineMs: READY_MS },
    );
  }

  hasEnded() {
    return this.#child.exitCode !== null || this.#child.signalCode !== null;
  }

  /** Errors: where it was not running any more. */
  async kill() {
    this.#expectRunning();
    await this.stop('SIGKILL');
  }

  async stop(signal = 'SIGTERM') {
    if (this.#child === undefined || this.hasEnded()) return;
    const ended = new Promise((resolve) => this.#child.once('exit', resolve));
    this.#child.kill(signal);
    await ended;
  }

  #expectRunning() {
    if (this.hasEnded()) throw new Error(`${this.name} ended by itself, see its log in ${this.folder}`);
  }
}
