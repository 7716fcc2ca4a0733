// Starts one of the bare processes that OpsPilot is compared with.
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { stoppable } from './opspilot-processes.mjs';

/** {pid, firstLine, stop}, after it has printed its first line: that it is ready, or its address. */
export async function startBare(file, ...args) {
  const child = spawn(process.execPath, [fileURLToPath(new URL(file, import.meta.url)), ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const stop = stoppable(() => child.kill('SIGTERM'));
  const firstLine = await new Promise((resolve, reject) => {
    child.stdout.once('data', (text) => resolve(text.toString().trim()));
    child.once('exit', (code) => reject(new Error(`${file} ended with code ${code}`)));
  });
  return { pid: child.pid, firstLine, stop };
}
