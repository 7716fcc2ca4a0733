// Runs a tool that obtains something: its last words are the error when it fails.
import { spawn } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import path from 'node:path';

const LAST_WORDS = 1500;
const TIMEOUT_MS = 20 * 60_000;

/** Errors: when it cannot be started, fails, or takes more than twenty minutes. */
export function runTool(command, args, { environment = {}, onLine = () => undefined } = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, ...environment },
      // Not `timeout`, whose timer goes on where the program could not be started: nobody would end before it.
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    let output = '';
    for (const stream of [child.stdout, child.stderr])
      stream.setEncoding('utf8').on('data', (text) => {
        output = (output + text).slice(-LAST_WORDS);
        const line = text.trim().split('\n').at(-1);
        if (line !== undefined && line !== '') onLine(line);
      });
    child.once('error', (error) => reject(new Error(`cannot run ${command}: ${error.message}`)));
    child.once('close', (code, signal) => {
      if (code === 0) resolve(output);
      else reject(new Error(`${command} ${args[0]} failed (${signal ?? code}): ${output.trim()}`));
    });
  });
}

/** Where a program is; Debian keeps some outside of an ordinary user's PATH. */
export function findProgram(name, ...further) {
  const folders = [...(process.env.PATH ?? '').split(path.delimiter), ...further].filter(
    (folder) => folder !== '',
  );
  return folders.map((folder) => path.join(folder, name)).find(isExecutable);
}

function isExecutable(file) {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
