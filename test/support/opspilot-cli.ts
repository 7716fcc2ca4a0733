import { type ChildProcess, execFile, spawn } from 'node:child_process';
import path from 'node:path';

const ROOT = path.resolve(__dirname, '../..');
const TIMEOUT_MS = 300_000;

export interface CliResult {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs `npx opspilot …` as a person in the clone does, against the OpsPilot of the given home. */
export function opspilotCli(
  home: string,
  args: readonly string[],
  environment: Readonly<Record<string, string>> = {},
): Promise<CliResult> {
  return new Promise((resolve) => {
    const options = {
      cwd: ROOT,
      env: { ...process.env, OPSPILOT_HOME: home, ...environment },
      timeout: TIMEOUT_MS,
      maxBuffer: 50_000_000,
    };
    execFile(process.execPath, ['bin/opspilot.mjs', ...args], options, (error, stdout, stderr) => {
      const code = error === null ? 0 : typeof error.code === 'number' ? error.code : 1;
      resolve({ code, stdout, stderr });
    });
  });
}

/** As opspilotCli: what it prints. Errors: where it fails, with what it says of that. */
export async function opspilotOutput(
  home: string,
  args: readonly string[],
  environment: Readonly<Record<string, string>>,
): Promise<string> {
  const { code, stdout, stderr } = await opspilotCli(home, args, environment);
  if (code !== 0) throw new Error(`opspilot ${args[0]} failed: ${stderr}`);
  return stdout;
}

/** As opspilotCli, while it runs: for what happens to it meanwhile. `output` is where its standard output goes instead of here. */
export function startCli(
  home: string,
  args: readonly string[],
  options: { readonly environment?: Readonly<Record<string, string>>; readonly output?: number } = {},
): ChildProcess {
  return spawn(process.execPath, ['bin/opspilot.mjs', ...args], {
    cwd: ROOT,
    env: { ...process.env, OPSPILOT_HOME: home, ...options.environment },
    stdio: ['ignore', options.output ?? 'pipe', 'pipe'],
  });
}

/** What it says from now on, and its exit code; null where a signal ended it. */
export function endOfCli(
  command: ChildProcess,
): Promise<Omit<CliResult, 'code'> & { readonly code: number | null }> {
  const said = { stdout: '', stderr: '' };
  command.stdout?.on('data', (text) => (said.stdout += String(text)));
  command.stderr?.on('data', (text) => (said.stderr += String(text)));
  return new Promise((resolve) => command.once('close', (code) => resolve({ code, ...said })));
}
